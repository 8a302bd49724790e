//! Looking at what lies on a server, and at the server itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not every test needs all of it")]
mod hosts;
mod watchdog;

use std::time::Duration;

use hosts::{Gate, Host, REVERSE, WAIT, next, poll, pool, pool_called, submit};
use procession_arena::Wait;
use procession_cluster::inspect::{self, drain, examine, objects, pools, wait_until_gone};
use procession_cluster::queue::Queue;
use procession_cluster::{Cluster, ClusterError, Kind, acl_rule, acl_rule_for_operators};
use procession_engine::pool::TaskOptions;
use procession_objects::{OnLost, QueueConfig};
use procession_test_server::{Server, ServerCluster};
use watchdog::watch;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn host_process() {
    hosts::become_host();
}

fn connect(url: &str) -> Cluster {
    Cluster::connect(&url.parse().unwrap()).unwrap()
}

fn start() -> (Server, String, Cluster) {
    let server = Server::start().unwrap();
    let url = format!("{}?lease=1", server.url());
    let cluster = connect(&url);
    (server, url, cluster)
}

fn named(cluster: &Cluster, name: &str) -> Queue {
    Queue::create(cluster, Some(name), &QueueConfig::default()).unwrap()
}

fn names(cluster: &Cluster) -> Vec<String> {
    let found = objects(cluster, Kind::Queue).unwrap();
    found.into_iter().map(|found| found.name).collect()
}

#[test]
fn objects_are_found_on_all_nodes_and_only_those_of_the_namespace_and_the_kind() {
    let _watchdog = watch();
    let servers = ServerCluster::start().unwrap();
    let url = |namespace: &str| format!("{}?namespace={namespace}", servers.url());
    let cluster = connect(&url("shop"));
    // More than are looked at for one answer of a node.
    let mut expected: Vec<String> = (0..3300).map(|number| format!("q{number}")).collect();
    for name in &expected {
        named(&cluster, name);
    }
    expected.sort();
    named(&connect(&url("shop2")), "other");
    procession_cluster::event::Event::create(&cluster, Some("event")).unwrap();
    assert_eq!(names(&cluster), expected);
}

#[test]
fn names_that_cannot_stand_in_keys_are_found_and_understood() {
    let _watchdog = watch();
    let (_server, _, cluster) = start();
    named(&cluster, "the kitchen's")
        .put(b"dumpling", Wait::Forever)
        .unwrap();
    let anonymous = Queue::create(&cluster, None, &QueueConfig::default()).unwrap();
    let found = objects(&cluster, Kind::Queue).unwrap();
    assert_eq!(found.iter().filter(|found| found.is_anonymous()).count(), 1);
    for name in found
        .iter()
        .map(|found| found.name.as_str())
        .chain(["the kitchen's"])
    {
        let queue = Queue::look_at(&cluster, name).unwrap();
        assert_eq!(
            queue.len().unwrap() == 0,
            name == anonymous.object().name(),
            "{name}"
        );
    }
    let nothing = Queue::look_at(&cluster, "nothing").err();
    assert!(
        matches!(nothing, Some(ClusterError::Gone { .. })),
        "{nothing:?}"
    );
}

#[test]
fn looking_at_a_queue_does_not_make_a_consumer_and_does_not_keep_it() {
    let _watchdog = watch();
    let (server, _, cluster) = start();
    let config = QueueConfig {
        joinable: Some(OnLost::Report),
        ..QueueConfig::default()
    };
    let queue = Queue::create(&cluster, None, &config).unwrap();
    let name = queue.object().name().to_owned();
    let census = || {
        server
            .command(&[
                "ZRANGE",
                "pc:default:{anonymous:objects}:z",
                "0",
                "-1",
                "WITHSCORES",
            ])
            .unwrap()
    };
    let before = census();
    let other = connect(&format!("{}?lease=1&patience=7", server.url()));
    let looked = Queue::look_at(&other, &name).unwrap();
    assert_eq!(looked.statistics().unwrap().consumers, 0);
    drop(looked);
    assert_eq!(census(), before);
}

#[test]
fn pools_tell_who_serves_them_and_what_they_have_to_do() {
    let _watchdog = watch();
    let (server, url, cluster) = start();
    let mut host = Host::start(
        &url,
        2,
        &["--name=heron", "--pool=default", "--pool=render"],
    );
    let pool = pool(&cluster);
    let other = pool_called(&cluster, "render");
    // First, since afterwards no slot is free.
    next(&submit(
        &other,
        &REVERSE,
        TaskOptions::default(),
        [b"ab".to_vec()],
    ))
    .unwrap();
    let gates = ["one", "two", "three"].map(|name| Gate::new(server.directory(), name));
    let job = submit(
        &pool,
        &WAIT,
        TaskOptions::default(),
        gates.iter().map(Gate::argument),
    );
    gates[0].wait_for(1);
    gates[1].wait_for(1);
    let found = pools(&cluster).unwrap();
    let [default, render] = found.as_slice() else {
        unreachable!("{found:?}")
    };
    assert_eq!(
        (default.name.as_str(), render.name.as_str()),
        ("default", "render")
    );
    assert_eq!(
        (default.clients, default.unfinished, default.counts.puts),
        (1, 3, 3)
    );
    assert_eq!((render.unfinished, render.counts.dones), (0, 1));
    let waiting: u64 = default.waiting.iter().map(|waiting| waiting.tasks).sum();
    let [heron] = default.hosts.as_slice() else {
        unreachable!("{default:?}")
    };
    assert_eq!(
        (heron.name.as_str(), heron.pid, heron.slots),
        ("heron", host.pid(), 2)
    );
    assert!(!heron.is_silent && !heron.is_draining);
    assert!(
        heron.tasks.len() >= 2 && heron.tasks.len() as u64 + waiting == 3,
        "{default:?}"
    );
    assert_eq!((heron.tasks[0].number, heron.tasks[0].attempt), (1, 1));

    // It is told to stop, and says so as long as it has something to do.
    assert!(drain(&cluster, "crane").unwrap().is_empty());
    let told = drain(&cluster, "heron").unwrap();
    assert_eq!(
        told.iter().map(|told| told.pid).collect::<Vec<_>>(),
        [host.pid()]
    );
    poll("it says that it drains", || {
        let pools = pools(&cluster).unwrap();
        pools[0].hosts.iter().all(|host| host.is_draining)
    });
    assert_eq!(
        wait_until_gone(&cluster, &told, Duration::ZERO).unwrap(),
        told
    );
    gates.iter().for_each(Gate::open);
    assert_eq!(wait_until_gone(&cluster, &told, PATIENCE).unwrap(), []);
    assert!(host.wait().success());
    drop(job);
}

#[test]
fn one_agent_of_several_on_a_host_can_be_told_to_stop() {
    let _watchdog = watch();
    let (_server, url, cluster) = start();
    let mut first = Host::start(&url, 1, &["--name=heron"]);
    let second = Host::start(&url, 1, &["--name=heron"]);
    let hosts = || {
        pools(&cluster)
            .unwrap()
            .into_iter()
            .flat_map(|pool| pool.hosts)
            .collect::<Vec<_>>()
    };
    poll("both are there", || hosts().len() == 2);
    let told = drain(&cluster, &format!("heron/{}", first.pid())).unwrap();
    assert_eq!(wait_until_gone(&cluster, &told, PATIENCE).unwrap(), []);
    assert!(first.wait().success());
    assert_eq!(
        hosts().iter().map(|host| host.pid).collect::<Vec<_>>(),
        [second.pid()]
    );
}

#[test]
fn a_host_that_was_killed_is_said_to_be_silent_until_somebody_removes_it() {
    let _watchdog = watch();
    let (_server, url, cluster) = start();
    let host = Host::start(&url, 1, &[]);
    let hosts = || {
        pools(&cluster)
            .unwrap()
            .into_iter()
            .flat_map(|pool| pool.hosts)
            .collect::<Vec<_>>()
    };
    poll("it is there", || hosts().len() == 1);
    drop(host);
    poll("it is silent", || hosts()[0].is_silent);
}

#[test]
fn an_examination_tells_what_the_user_may_not_do() {
    let _watchdog = watch();
    let server = Server::start().unwrap();
    let worker = acl_rule("shop", "worker").unwrap().replace(" +hset ", " ");
    let operator = acl_rule_for_operators("shop", "operator").unwrap();
    for rule in [worker, operator] {
        let rule = rule.replace("PASSWORD", "secret");
        server
            .command(&rule.split(' ').collect::<Vec<_>>())
            .unwrap()
            .accepted()
            .unwrap();
    }
    let denied = |user: &str, namespace: &str| {
        let url = format!(
            "redis://{user}127.0.0.1:{}/?namespace={namespace}",
            server.port()
        );
        let examined = examine(&url.parse().unwrap()).unwrap();
        let [(_, Ok(node))] = examined.nodes.as_slice() else {
            unreachable!("{examined:?}")
        };
        let denied = node.denied.as_ref().unwrap();
        assert!(denied.iter().all(|denied| denied.is_known), "{denied:?}");
        let (operators, all): (Vec<_>, Vec<_>) = denied
            .iter()
            .cloned()
            .partition(|denied| denied.is_for_operators);
        let names = |denied: Vec<inspect::Denied>| {
            denied
                .into_iter()
                .map(|denied| denied.command)
                .collect::<Vec<_>>()
        };
        (names(all), names(operators))
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(denied("", "shop"), (none.clone(), none.clone()));
    assert_eq!(denied("operator:secret@", "shop"), (none.clone(), none));
    let (all, operators) = denied("worker:secret@", "shop");
    assert_eq!(
        (all, operators),
        (
            vec!["hset".to_owned()],
            vec!["config|get".to_owned(), "scan".to_owned()]
        )
    );
    let (all, _) = denied("operator:secret@", "bank");
    assert!(
        all.contains(&"get".to_owned()) && all.contains(&"xread".to_owned()),
        "{all:?}"
    );
}

#[test]
fn an_examination_tells_what_the_server_is_like() {
    let _watchdog = watch();
    let server = Server::builder()
        .max_memory(100 << 20)
        .policy("allkeys-lru")
        .start()
        .unwrap();
    server
        .command(&["SET", "pc:default:{layout}:v", "7"])
        .unwrap()
        .accepted()
        .unwrap();
    let examined = examine(&server.url().parse().unwrap()).unwrap();
    assert_eq!(examined.unserved_slots, Ok(0));
    assert_eq!(examined.layout, Ok(Some("7".to_owned())));
    assert_eq!((examined.known_layout, examined.has_key), ("1", false));
    let [(_, Ok(node))] = examined.nodes.as_slice() else {
        unreachable!("{examined:?}")
    };
    assert_eq!(node.info["maxmemory_policy"], "allkeys-lru");
    assert_eq!(node.settings["save"], "");
    // It is the same clock.
    assert!(node.stopwatch.ahead.abs() < 1000, "{:?}", node.stopwatch);
    assert!(node.stopwatch.median <= node.stopwatch.longest);
}

#[test]
fn an_examination_tells_which_slots_nobody_keeps() {
    let _watchdog = watch();
    let server = Server::builder()
        .argument("cluster-enabled", "yes")
        .argument("cluster-require-full-coverage", "no")
        .start()
        .unwrap();
    let examined = |first: &str, last: &str| {
        let slots = ["CLUSTER", "ADDSLOTSRANGE", first, last];
        server.command(&slots).unwrap().accepted().unwrap();
        let found = examine(&server.url().parse().unwrap()).unwrap();
        found.unserved_slots
    };
    assert_eq!(examined("0", "16000"), Ok(383));
    assert_eq!(examined("16001", "16383"), Ok(0));
}
