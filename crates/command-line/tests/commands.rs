//! What each command says after a known history, from real servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "../../cluster/tests/watchdog/mod.rs"]
mod watchdog;

use procession_arena::Wait;
use procession_cluster::queue::Queue;
use procession_cluster::{Cluster, acl_rule};
use procession_command_line::{commands, run_for_code};
use procession_objects::{OnLost, QueueConfig};
use procession_test_server::{Fsync, Server};
use serde_json::{Value, json};
use watchdog::watch;

/// The exit code, the output and the errors.
type Said = (u8, String, String);

fn ask(url: &str, line: &[&str]) -> Said {
    let arguments = [&["--url", url], line].concat();
    ask_without_server(&arguments)
}

fn ask_without_server(line: &[&str]) -> Said {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let arguments = line.iter().map(Into::into);
    let code = run_for_code("procession", arguments, &mut output, &mut errors);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (code, text(output), text(errors))
}

/// What a command that works says.
fn say(url: &str, line: &[&str]) -> String {
    let (code, output, errors) = ask(url, line);
    assert_eq!((code, errors.as_str()), (0, ""), "{line:?}: {output}");
    output
}

fn say_json(url: &str, line: &[&str]) -> Value {
    serde_json::from_str(&say(url, &[line, &["--json"]].concat())).unwrap()
}

/// What a command that fails complains of.
fn complain(url: &str, line: &[&str]) -> String {
    let (code, output, errors) = ask(url, line);
    assert_eq!((code, output.as_str()), (1, ""), "{line:?}: {errors}");
    errors
}

fn connect(url: &str) -> Cluster {
    Cluster::connect(&url.parse().unwrap()).unwrap()
}

/// A server with a plain queue of three messages, of which one was got; and a joinable one of four, of which one was lost twice with its consumers, one is
/// held, one is done, and one waits.
fn history() -> (Server, String, Queue) {
    let server = Server::start().unwrap();
    let url = format!("{}?namespace=shop", server.url());
    let cluster = connect(&url);
    let plain = Queue::create(&cluster, Some("plain"), &QueueConfig::default()).unwrap();
    for message in [b"one".as_slice(), b"two", b"\xff\0"] {
        plain.put(message, Wait::Forever).unwrap();
    }
    assert_eq!(plain.get(Wait::Never).unwrap().bytes, b"one");
    let config = QueueConfig {
        maxsize: Some(9),
        joinable: Some(OnLost::Redeliver { max_deliveries: 1 }),
    };
    let orders = Queue::create(&cluster, Some("orders"), &config).unwrap();
    orders.put(b"lost", Wait::Forever).unwrap();
    // Another address is as good as another process: when it lets go of its last handle, what it held is lost.
    let consumer = connect(&format!("{url}&patience=7"));
    let theirs = Queue::create(&consumer, Some("orders"), &config).unwrap();
    assert_eq!(theirs.get(Wait::Never).unwrap().bytes, b"lost");
    drop(theirs);
    for message in [b"done".as_slice(), b"held", b"waits"] {
        orders.put(message, Wait::Forever).unwrap();
    }
    assert_eq!(orders.get(Wait::Never).unwrap().bytes, b"done");
    orders.task_done().unwrap();
    assert_eq!(orders.get(Wait::Never).unwrap().bytes, b"held");
    Queue::create(&cluster, None, &config).unwrap();
    (server, url, orders)
}

/// The columns of the row that begins with a word.
fn row<'a>(text: &'a str, first: &str) -> Vec<&'a str> {
    let mut rows = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.find(|row| row.first() == Some(&first)).unwrap()
}

#[test]
fn queues_are_listed_with_what_is_in_them() {
    let _watchdog = watch();
    let (_server, url, _orders) = history();
    let text = say(&url, &["queues"]);
    assert_eq!(
        row(&text, "QUEUE"),
        [
            "QUEUE",
            "KIND",
            "READY",
            "HELD",
            "CONSUMERS",
            "DEAD",
            "PUT",
            "DONE",
            "LOST",
            "MAXSIZE"
        ]
    );
    assert_eq!(
        row(&text, "orders"),
        ["orders", "joinable", "1", "1", "1", "1", "4", "1", "1", "9"]
    );
    assert_eq!(
        row(&text, "plain"),
        ["plain", "plain", "2", "0", "0", "0", "3", "1", "0", "-"]
    );
    assert!(
        text.ends_with("and 1 without a name, which --all shows\n"),
        "{text}"
    );
    assert_eq!(say(&url, &["queues", "--all"]).lines().count(), 4);
    let told = say_json(&url, &["queues"]);
    assert_eq!(told.as_array().unwrap().len(), 2);
    let orders = &told[0];
    for (field, value) in [
        ("name", json!("orders")),
        ("kind", json!("joinable")),
        ("on_lost", json!("redeliver")),
        ("maxsize", json!(9)),
        ("ready", json!(1)),
        ("held", json!(1)),
        ("dead", json!(1)),
        ("is_closed", json!(false)),
    ] {
        assert_eq!(orders[field], value, "{field}");
    }
    let elsewhere = url.replace("shop", "bank");
    assert_eq!(
        say(&elsewhere, &["queues"]),
        "no queues in the namespace \"bank\"\n"
    );
    assert_eq!(say_json(&elsewhere, &["queues"]), json!([]));
}

#[test]
fn messages_are_shown_and_stay() {
    let _watchdog = watch();
    let (_server, url, _orders) = history();
    for _ in 0..2 {
        let text = say(&url, &["peek", "plain"]);
        assert_eq!(row(&text, "0"), ["0", "0", "3", "b\"two\""]);
        assert_eq!(row(&text, "1"), ["1", "0", "2", "b\"\\xff\\x00\""]);
    }
    assert_eq!(say(&url, &["peek", "plain", "-n", "1"]).lines().count(), 2);
    let told = say_json(&url, &["peek", "plain"]);
    assert_eq!(told[0]["text"], "two");
    assert_eq!(
        (&told[1]["text"], &told[1]["hex"], &told[1]["size"]),
        (&Value::Null, &json!("ff00"), &json!(2))
    );
}

#[test]
fn dead_letters_are_shown_and_put_back() {
    let _watchdog = watch();
    let (_server, url, orders) = history();
    let pid = std::process::id();
    let text = say(&url, &["dead", "orders"]);
    assert_eq!(text.lines().count(), 2);
    assert!(
        text.contains(&pid.to_string()) && text.contains("b\"lost\""),
        "{text}"
    );
    let told = say_json(&url, &["dead", "orders"]);
    assert_eq!(
        (&told[0]["pid"], &told[0]["text"], &told[0]["deliveries"]),
        (&json!(pid), &json!("lost"), &json!(1))
    );
    let said = say(&url, &["requeue-dead", "orders"]);
    assert_eq!(said, "1 dead letter(s) were put at the end of \"orders\"\n");
    assert_eq!(
        say(&url, &["dead", "orders"]),
        "the queue has no dead letters\n"
    );
    assert_eq!(orders.get(Wait::Never).unwrap().bytes, b"waits");
    assert_eq!(orders.get(Wait::Never).unwrap().bytes, b"lost");
    assert_eq!(
        say_json(&url, &["requeue-dead", "orders"]),
        json!({"queue": "orders", "requeued": 0})
    );
    orders.close().unwrap();
    let text = say(&url, &["queues"]);
    assert!(text.contains("joinable, closed"), "{text}");
}

#[test]
fn nothing_is_thrown_away_unless_it_is_confirmed() {
    let _watchdog = watch();
    let (_server, url, orders) = history();
    let complaint = complain(&url, &["purge", "orders"]);
    assert!(
        complaint.contains("1 message(s)") && complaint.contains("--yes"),
        "{complaint}"
    );
    assert_eq!(orders.len().unwrap(), 1);
    let said = say(&url, &["purge", "orders", "--yes"]);
    assert_eq!(
        said,
        "1 message(s) of \"orders\" were thrown away; 1 that consumers hold are theirs\n"
    );
    assert_eq!(orders.len().unwrap(), 0);
    orders.task_done().unwrap();
    let complaint = complain(&url, &["purge", "orders", "--dead"]);
    assert!(complaint.contains("1 message(s)"), "{complaint}");
    let told = say_json(&url, &["purge", "orders", "--dead", "--yes"]);
    assert_eq!(
        told,
        json!({"queue": "orders", "purged": 0, "discarded": 1})
    );
    assert_eq!(orders.dead_letters(9).unwrap(), []);
}

#[test]
fn what_is_not_there_is_said_not_to_be_and_what_is_instead() {
    let _watchdog = watch();
    let (_server, url, _orders) = history();
    for line in [
        ["peek", "order"].as_slice(),
        &["dead", "order"],
        &["requeue-dead", "order"],
        &["purge", "order", "--yes"],
    ] {
        let complaint = complain(&url, line);
        let expected = "no queue \"order\" in the namespace \"shop\"; there is orders, plain";
        assert!(complaint.contains(expected), "{complaint}");
    }
    let complaint = complain(&url, &["drain", "heron"]);
    assert!(
        complaint.contains("no worker host \"heron\"; there is none at all"),
        "{complaint}"
    );
}

#[test]
fn without_a_server_it_is_said_what_to_do() {
    let _watchdog = watch();
    let (code, _, errors) = ask("", &["queues"]);
    assert_eq!(code, 1);
    assert!(
        errors.contains("--url") && errors.contains("PROCESSION_URL"),
        "{errors}"
    );
    let server = Server::start().unwrap();
    server.kill().unwrap();
    let url = format!("{}?patience=0.1", server.url());
    for command in ["queues", "pools", "workers"] {
        let complaint = complain(&url, &[command]);
        assert!(
            complaint.contains("refused") && complaint.contains("try again"),
            "{complaint}"
        );
    }
    let (code, output, _) = ask(&url, &["doctor"]);
    assert_eq!(code, 1);
    assert!(
        output.starts_with("BROKEN") && output.contains("refused"),
        "{output}"
    );
    let complaint = complain("http://x/", &["queues"]);
    assert!(complaint.contains("redis://"), "{complaint}");
}

#[test]
fn a_user_who_may_not_look_is_told_which_rule_he_needs() {
    let _watchdog = watch();
    let (server, _, _orders) = history();
    let rule = acl_rule("shop", "worker")
        .unwrap()
        .replace("PASSWORD", "secret");
    server
        .command(&rule.split(' ').collect::<Vec<_>>())
        .unwrap()
        .accepted()
        .unwrap();
    let url = format!(
        "redis://worker:secret@127.0.0.1:{}/?namespace=shop",
        server.port()
    );
    let complaint = complain(&url, &["queues"]);
    assert!(complaint.contains("acl --operator"), "{complaint}");
    assert!(say(&url, &["peek", "plain"]).contains("two"));
    let printed = say(&url, &["acl", "--operator", "--user", "boss"]);
    let rule = printed
        .lines()
        .next()
        .unwrap()
        .replace("PASSWORD", "secret");
    server
        .command(&rule.split(' ').collect::<Vec<_>>())
        .unwrap()
        .accepted()
        .unwrap();
    let url = url.replace("worker:", "boss:");
    assert!(say(&url, &["queues"]).contains("orders"));
    assert_eq!(
        say(&url, &["workers"]),
        "no worker hosts in the namespace \"shop\"\n"
    );
}

#[test]
fn the_rule_needs_no_server_and_says_how_to_apply_it() {
    let printed = say(
        "redis://nowhere.invalid/?namespace=shop&insecure=1",
        &["acl", "--user", "worker"],
    );
    assert!(
        printed.starts_with("ACL SETUSER worker on >PASSWORD resetkeys ~pc:shop:* "),
        "{printed}"
    );
    assert!(
        printed.contains("redis-cli") && printed.contains("ACL SAVE"),
        "{printed}"
    );
    let told = say_json("redis://localhost/", &["acl"]);
    assert_eq!(
        (&told["namespace"], &told["user"]),
        (&json!("default"), &json!("procession"))
    );
    let rule = |url: &str| say_json(url, &["acl"])["rule"].to_string();
    assert!(!rule("redis://localhost/").contains("waitaof"));
    assert!(rule("redis://localhost/?durability=disk").contains(" +waitaof"));
    let complaint = complain("redis://localhost/", &["acl", "--user", "a b"]);
    assert!(complaint.contains("letters"), "{complaint}");
}

#[test]
fn a_good_server_and_a_bad_one_are_examined() {
    let _watchdog = watch();
    let good = Server::builder()
        .append_only(Fsync::EverySecond)
        .start()
        .unwrap();
    connect(&good.url());
    let text = say(&good.url(), &["doctor"]);
    for expected in [
        "scripts can be loaded and run",
        "append-only file",
        "laid out in form 1",
        " 0 broken",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let bad = Server::builder()
        .max_memory(100 << 20)
        .policy("allkeys-lru")
        .start()
        .unwrap();
    bad.command(&["SET", "pc:default:{layout}:v", "7"])
        .unwrap()
        .accepted()
        .unwrap();
    let (code, output, _) = ask_without_server(&["doctor", &bad.url(), "--json"]);
    assert_eq!(code, 1);
    let findings: Value = serde_json::from_str(&output).unwrap();
    let broken: Vec<&str> = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["verdict"] == "broken")
        .map(|finding| finding["remedy"].as_str().unwrap())
        .collect();
    assert_eq!(broken.len(), 2, "{broken:?}");
    assert!(
        broken[0].contains("noeviction") && broken[1].contains("another namespace"),
        "{broken:?}"
    );
    let (code, output, _) = ask(&format!("{}?durability=replica", good.url()), &["doctor"]);
    assert_eq!(code, 1);
    assert!(output.contains("durability=replica"), "{output}");
    let replica = Server::start().unwrap();
    replica.replica_of(&good).unwrap();
    let (code, output, _) = ask(&replica.url(), &["doctor"]);
    assert_eq!(code, 1);
    assert!(output.contains("it is a replica of 127.0.0.1"), "{output}");
}

#[test]
fn the_help_lists_all_commands_and_shows_no_password() {
    let (code, output, errors) = ask("redis://:hush@localhost/", &["--help"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    for (name, about) in commands() {
        assert!(
            output.contains(&name) && output.contains(&about),
            "{name}: {output}"
        );
    }
    assert!(!output.contains("hush"));
    let (code, _, errors) = ask("", &["peak"]);
    assert_eq!(code, 2);
    assert!(errors.contains("'peek'"), "{errors}");
    let (code, _, errors) = ask("", &[]);
    assert_eq!(code, 2);
    assert!(errors.contains("Usage: procession"), "{errors}");
}

#[test]
fn a_worker_host_is_said_to_be_the_users_own_program() {
    let (code, _, errors) = ask("", &["worker", "redis://localhost/", "--slots", "4"]);
    assert_eq!(code, 1);
    for expected in [
        "--procession-worker",
        "procession::init()",
        "python -m procession worker",
    ] {
        assert!(errors.contains(expected), "{expected}: {errors}");
    }
}
