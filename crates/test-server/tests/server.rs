//! One server: it answers, dies and comes back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::thread;

use procession_test_server::{Connection, Fsync, Reply, Server};
use watchdog::watch;

fn set(server: &Server, key: &str, value: &str) {
    let reply = server.command(&["SET", key, value]).unwrap();
    assert_eq!(reply, Reply::Status("OK".into()));
}

fn get(server: &Server, key: &str) -> Option<String> {
    server.command(&["GET", key]).unwrap().text()
}

fn count(connection: &mut Connection) -> Reply {
    connection.command(&["INCR", "count"]).unwrap()
}

#[test]
fn a_server_answers_every_kind_of_reply() {
    let _watchdog = watch("a_server_answers_every_kind_of_reply");
    let server = Server::start().unwrap();
    set(&server, "text", "value");
    assert_eq!(get(&server, "text").as_deref(), Some("value"));
    assert_eq!(server.command(&["GET", "none"]).unwrap(), Reply::Nil);
    assert_eq!(
        server
            .command(&["EVAL", "return {1, {'two', false}}", "0"])
            .unwrap(),
        Reply::Array(vec![
            Reply::Integer(1),
            Reply::Array(vec![Reply::Bytes(b"two".to_vec()), Reply::Nil])
        ])
    );
    let refusal = server.command(&["LPUSH", "text", "x"]).unwrap();
    assert!(
        matches!(&refusal, Reply::Error(text) if text.starts_with("WRONGTYPE")),
        "{refusal:?}"
    );
    assert!(refusal.accepted().is_err());
}

#[test]
fn a_connection_keeps_its_order_and_its_place() {
    let _watchdog = watch("a_connection_keeps_its_order_and_its_place");
    let server = Server::start().unwrap();
    let mut connection = server.connect().unwrap();
    connection.send(&["INCR", "count"]).unwrap();
    connection.send(&["INCR", "count"]).unwrap();
    assert_eq!(connection.receive().unwrap(), Reply::Integer(1));
    assert_eq!(connection.receive().unwrap(), Reply::Integer(2));
    assert_eq!(count(&mut connection), Reply::Integer(3));
    server.kill().unwrap();
    assert!(connection.command(&["PING"]).is_err());
}

#[test]
fn an_append_only_file_outlives_the_server() {
    let _watchdog = watch("an_append_only_file_outlives_the_server");
    for fsync in [Fsync::EverySecond, Fsync::Always] {
        let server = Server::builder().append_only(fsync).start().unwrap();
        set(&server, "kept", "yes");
        let [port, pid] = [u32::from(server.port()), server.pid()];
        server.kill().unwrap();
        assert!(!server.is_running());
        assert!(server.command(&["PING"]).is_err());
        server.restart().unwrap();
        assert_eq!(get(&server, "kept").as_deref(), Some("yes"));
        assert_eq!(u32::from(server.port()), port);
        assert_ne!(server.pid(), pid);
    }
}

#[test]
fn without_a_file_a_restart_forgets() {
    let _watchdog = watch("without_a_file_a_restart_forgets");
    let server = Server::start().unwrap();
    set(&server, "kept", "no");
    server.restart().unwrap();
    assert_eq!(get(&server, "kept"), None);
}

#[test]
fn a_paused_server_goes_on_where_it_was() {
    let _watchdog = watch("a_paused_server_goes_on_where_it_was");
    let server = Server::start().unwrap();
    server.pause().unwrap();
    let mut connection = server.connect().unwrap();
    connection.send(&["INCR", "count"]).unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    assert!(stat.contains(") T "), "{stat}");
    server.resume().unwrap();
    assert_eq!(connection.receive().unwrap(), Reply::Integer(1));
    server.kill().unwrap();
    assert!(server.pause().is_err());
    assert!(server.resume().is_err());
}

#[test]
fn a_dropped_server_leaves_nothing() {
    let _watchdog = watch("a_dropped_server_leaves_nothing");
    let server = Server::start().unwrap();
    let directory = server.directory().to_owned();
    assert!(directory.is_dir());
    let [port, pid] = [u32::from(server.port()), server.pid()];
    server.pause().unwrap();
    drop(server);
    assert!(!directory.exists());
    assert!(!fs::exists(format!("/proc/{pid}")).unwrap());
    TcpListener::bind(("127.0.0.1", port as u16)).unwrap();
}

#[test]
fn a_password_is_asked_for_and_known() {
    let _watchdog = watch("a_password_is_asked_for_and_known");
    let server = Server::builder().password("s3cret").start().unwrap();
    set(&server, "key", "value");
    assert!(
        server.url().starts_with("redis://:s3cret@127.0.0.1:"),
        "{}",
        server.url()
    );
    let other = Server::builder().password("s3cret").start().unwrap();
    other.replica_of(&server).unwrap();
    assert_eq!(get(&other, "key").as_deref(), Some("value"));
}

#[test]
fn a_user_may_do_what_its_line_says() {
    let _watchdog = watch("a_user_may_do_what_its_line_says");
    let line = "alice on >secret ~pc:* +get";
    let server = Server::builder().user_acl_line(line).start().unwrap();
    let mut alice = server.connect().unwrap();
    alice
        .command(&["AUTH", "alice", "secret"])
        .unwrap()
        .accepted()
        .unwrap();
    assert_eq!(alice.command(&["GET", "pc:1"]).unwrap(), Reply::Nil);
    let refusal = alice.command(&["SET", "pc:1", "x"]).unwrap();
    assert!(
        matches!(&refusal, Reply::Error(text) if text.starts_with("NOPERM")),
        "{refusal:?}"
    );
}

#[test]
fn memory_can_be_limited() {
    let _watchdog = watch("memory_can_be_limited");
    let server = Server::builder()
        .max_memory(100_000_000)
        .policy("allkeys-lru")
        .argument("maxmemory-samples", "3")
        .start()
        .unwrap();
    assert_eq!(server.info("maxmemory").unwrap(), "100000000");
    assert_eq!(server.info("maxmemory_policy").unwrap(), "allkeys-lru");
    let samples = server
        .command(&["CONFIG", "GET", "maxmemory-samples"])
        .unwrap();
    assert_eq!(
        samples.items().last().and_then(Reply::text).as_deref(),
        Some("3")
    );
    assert!(server.info("no_such_field").is_err());
}

#[test]
fn a_replica_follows_also_after_a_restart() {
    let _watchdog = watch("a_replica_follows_also_after_a_restart");
    let [primary, replica] = [(); 2].map(|()| Server::start().unwrap());
    set(&primary, "key", "value");
    replica.replica_of(&primary).unwrap();
    assert_eq!(get(&replica, "key").as_deref(), Some("value"));
    replica.restart().unwrap();
    assert_eq!(replica.info("role").unwrap(), "slave");
}

#[test]
fn a_refused_setting_is_an_error_with_the_log() {
    let _watchdog = watch("a_refused_setting_is_an_error_with_the_log");
    let outcome = Server::builder().argument("no-such-setting", "1").start();
    let text = outcome.unwrap_err().to_string();
    assert!(text.contains("no-such-setting"), "{text}");
}

#[test]
fn a_taken_port_is_an_error_at_a_restart() {
    let _watchdog = watch("a_taken_port_is_an_error_at_a_restart");
    let server = Server::start().unwrap();
    server.kill().unwrap();
    let other = TcpListener::bind(("127.0.0.1", server.port())).unwrap();
    let error = server.restart().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");

    // Only the last start counts.
    drop(other);
    fs::write(server.directory().join("redis.conf"), "no-such-setting 1").unwrap();
    let error = server.restart().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other, "{error}");
}

#[test]
fn many_servers_start_at_once() {
    let _watchdog = watch("many_servers_start_at_once");
    let started = thread::scope(|scope| {
        let starting: Vec<_> = (0..12).map(|_| scope.spawn(Server::start)).collect();
        let joined = starting
            .into_iter()
            .map(|server| server.join().unwrap().unwrap());
        joined.collect::<Vec<Server>>()
    });
    for server in &started {
        assert_eq!(server.info("process_id").unwrap(), server.pid().to_string());
    }
}
