//! What commands say of worker hosts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not every test needs all of it")]
#[path = "../../cluster/tests/hosts/mod.rs"]
mod hosts;
#[path = "../../cluster/tests/watchdog/mod.rs"]
mod watchdog;

use std::thread;

use hosts::{Gate, Host, WAIT, poll, pool, submit};
use procession_cluster::{Cluster, acl_rule_for_operators};
use procession_command_line::run_for_code;
use procession_engine::pool::TaskOptions;
use procession_test_server::{Reply, Server};
use serde_json::{Value, json};
use watchdog::watch;

#[test]
fn host_process() {
    hosts::become_host();
}

/// The exit code and the output.
fn ask(url: &str, line: &[&str]) -> (u8, String) {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let arguments = [&["--url", url], line].concat();
    let arguments = arguments.iter().map(Into::into);
    let code = run_for_code("procession", arguments, &mut output, &mut errors);
    assert!(errors.is_empty(), "{}", String::from_utf8_lossy(&errors));
    (code, String::from_utf8(output).unwrap())
}

fn ask_json(url: &str, line: &[&str]) -> Value {
    let (_, output) = ask(url, &[line, &["--json"]].concat());
    serde_json::from_str(&output).unwrap()
}

#[test]
fn hosts_are_shown_with_what_they_carry_out_and_can_be_drained() {
    let _watchdog = watch();
    let server = Server::start().unwrap();
    let url = format!("{}?lease=1", server.url());
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    let rule = acl_rule_for_operators("default", "boss")
        .unwrap()
        .replace("PASSWORD", "secret");
    let rule: Vec<&str> = rule.split(' ').collect();
    server.command(&rule).unwrap().accepted().unwrap();
    let mut host = Host::start(&url, 1, &["--name=heron"]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, TaskOptions::default(), [gate.argument()]);
    gate.wait_for(1);
    // Who runs the server need not be allowed everything.
    let url = url.replace("redis://", "redis://boss:secret@");

    let pid = host.pid().to_string();
    let (_, text) = ask(&url, &["workers", "--tasks"]);
    let row: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        row[..6],
        ["heron", pid.as_str(), "default", "serving", "1", "#1"],
        "{text}"
    );
    let told = ask_json(&url, &["workers"]);
    assert_eq!(
        (
            &told[0]["host"],
            &told[0]["slots"],
            &told[0]["tasks"][0]["attempt"]
        ),
        (&json!("heron"), &json!(1), &json!(1))
    );
    let told = &ask_json(&url, &["pools"])[0];
    for (field, value) in [
        ("name", json!("default")),
        ("hosts", json!(1)),
        ("slots", json!(1)),
        ("clients", json!(1)),
        ("running", json!(1)),
        ("unserved", json!([])),
    ] {
        assert_eq!(told[field], value, "{field}");
    }

    // Too little time, since nobody opens the gate.
    let (code, text) = ask(&url, &["drain", "heron", "--wait", "0"]);
    assert_eq!(code, 1);
    assert!(text.contains("has not yet ended"), "{text}");
    poll("it says that it drains", || {
        ask(&url, &["workers"]).1.contains("draining")
    });
    let waits = submit(&pool, &WAIT, TaskOptions::default(), [gate.argument()]);
    poll("the next task waits for another host", || {
        let (_, text) = ask(&url, &["pools"]);
        text.contains("1 task(s) wait for a host that runs")
    });
    let (code, text) = ask(&url, &["drain", "heron"]);
    assert_eq!(code, 0);
    assert_eq!(
        text,
        format!(
            "heron (pid {pid}) was told to end when its 1 task(s) are done; it takes no more\n"
        )
    );
    let entries = || {
        server
            .command(&["XLEN", "pc:default:{pool:default}:x"])
            .unwrap()
    };
    assert_eq!(entries(), Reply::Integer(2));
    thread::scope(|scope| {
        let drain = scope.spawn(|| ask_json(&url, &["drain", &format!("heron/{pid}"), "--wait"]));
        poll("it is told", || entries() == Reply::Integer(3));
        gate.open();
        assert_eq!(drain.join().unwrap()[0]["is_gone"], json!(true));
    });
    assert!(host.wait().success());
    drop((job, waits));
}
