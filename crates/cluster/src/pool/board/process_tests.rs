//! The scripts for processes alone: state before, call, answer, state after. Each recorded call is made twice.

use procession_test_server::Reply;

use super::attendance::REMOVE_CLIENT;
use super::processes::{SIGNAL, TELL};
use crate::script_test::{Bench, texts};

const TASK: &str = "2147483647-0000000000000001-batch";
const FAR: &str = "9999999999999";

/// A process that waits to be begun.
fn waiting() -> Bench {
    let mut bench = Bench::new(|_| ());
    bench.command("HSET", "m", &[TASK, "task"]);
    bench.command("ZADD", "r:code", &["0", TASK]);
    bench.command("ZADD", "k", &[FAR, "client"]);
    bench
}

/// A process that a host has.
fn held() -> Bench {
    let mut bench = waiting();
    bench.command("ZREM", "r:code", &[TASK]);
    bench.command("HSET", "l:host", &[TASK, "1"]);
    bench
}

fn tell(bench: &mut Bench) -> Reply {
    bench.call(
        &TELL,
        &["l:host", "k", "rep:client"],
        &[TASK, "client", "7", "notice", "1000"],
    )
}

fn signal(bench: &mut Bench, number: &str) -> Reply {
    bench.call(&SIGNAL, &["h", "m", "r:code", "a", "x"], &[TASK, number])
}

/// The fields of all entries of a stream.
fn entries(bench: &mut Bench, part: &str) -> Vec<Vec<String>> {
    let Reply::Array(entries) = bench.command("XRANGE", part, &["-", "+"]) else {
        panic!("a stream");
    };
    entries
        .iter()
        .map(|entry| texts(entry).split_off(1))
        .collect()
}

#[test]
fn a_client_is_told_that_its_process_has_begun() {
    let mut bench = held();
    assert_eq!(tell(&mut bench), Reply::Integer(1));
    assert_eq!(
        entries(&mut bench, "rep:client"),
        [["n", "7", "b", "notice"]]
    );
    let Reply::Integer(left) = bench.command("PTTL", "rep:client", &[]) else {
        panic!("a time");
    };
    assert!((1..=1000).contains(&left), "{left}");
}

#[test]
fn who_does_not_have_a_process_tells_nothing_of_it() {
    let mut bench = waiting();
    assert_eq!(tell(&mut bench), Reply::Integer(0));
    assert_eq!(bench.count("rep:client"), 0);
}

#[test]
fn a_client_that_has_gone_is_told_nothing() {
    let mut bench = held();
    bench.command("ZREM", "k", &["client"]);
    assert_eq!(tell(&mut bench), Reply::Integer(-1));
    assert_eq!(bench.count("rep:client"), 0);
}

#[test]
fn a_signal_goes_to_the_host_that_has_the_process() {
    let mut bench = held();
    assert_eq!(signal(&mut bench, "15"), Reply::Integer(1));
    assert_eq!(entries(&mut bench, "x"), [["to", TASK, "signal", "15"]]);
    assert_eq!(bench.field("m", TASK).as_deref(), Some("task"));
}

#[test]
fn a_process_that_waits_is_never_begun_after_a_signal() {
    let mut bench = waiting();
    assert_eq!(signal(&mut bench, "15"), Reply::Integer(2));
    assert_eq!(
        ["m", "a", "r:code", "x"].map(|part| bench.count(part)),
        [0; 4]
    );
    let cancelled = bench.command("HGET", "h", &["cancelled"]);
    assert_eq!(texts(&cancelled), ["1"]);
}

#[test]
fn a_process_that_was_lost_with_its_host_has_not_ended_by_a_signal() {
    let mut bench = waiting();
    bench.command("HSET", "a", &[TASK, "1 heron"]);
    assert_eq!(signal(&mut bench, "15"), Reply::Integer(0));
    assert_eq!(["r:code", "x"].map(|part| bench.count(part)), [1, 0]);
    assert_eq!(bench.field("m", TASK).as_deref(), Some("task"));
}

#[test]
fn asking_whether_it_has_begun_does_nothing_to_one_that_waits() {
    let mut bench = waiting();
    assert_eq!(signal(&mut bench, "0"), Reply::Integer(0));
    assert_eq!(["r:code", "x"].map(|part| bench.count(part)), [1, 0]);
    let mut bench = held();
    assert_eq!(signal(&mut bench, "0"), Reply::Integer(1));
    assert_eq!(entries(&mut bench, "x"), [["to", TASK, "signal", "0"]]);
}

#[test]
fn a_signal_to_a_process_that_has_ended_changes_nothing() {
    let mut bench = held();
    bench.command("HDEL", "m", &[TASK]);
    assert_eq!(signal(&mut bench, "15"), Reply::Integer(0));
    assert_eq!(bench.count("x"), 0);
}

#[test]
fn hosts_hear_once_that_a_client_has_gone() {
    let mut bench = Bench::new(|_| ());
    bench.command("ZADD", "k", &[FAR, "client"]);
    bench.command("HSET", "h", &["last", "12"]);
    let parts = ["k", "rep:client", "x", "h"];
    let leave = ["client", "1", "1"];
    assert_eq!(
        bench.call(&REMOVE_CLIENT, &parts, &leave),
        Reply::Integer(1)
    );
    assert_eq!(
        bench.call(&REMOVE_CLIENT, &parts, &leave),
        Reply::Integer(0)
    );
    assert_eq!(entries(&mut bench, "x"), [["gone", "client", "last", "12"]]);
}

#[test]
fn hosts_of_tasks_do_not_hear_of_clients() {
    let mut bench = Bench::new(|_| ());
    bench.command("ZADD", "k", &["1", "client"]);
    let parts = ["k", "rep:client", "x", "h"];
    let removed = bench.call(&REMOVE_CLIENT, &parts, &["client", "0", "0"]);
    assert_eq!(removed, Reply::Integer(1));
    assert_eq!(bench.count("x"), 0);
}

#[test]
fn hosts_do_not_hear_of_a_client_that_lives() {
    let mut bench = Bench::new(|_| ());
    bench.command("ZADD", "k", &[FAR, "client"]);
    let parts = ["k", "rep:client", "x", "h"];
    let removed = bench.call(&REMOVE_CLIENT, &parts, &["client", "0", "1"]);
    assert_eq!(removed, Reply::Integer(0));
    assert_eq!(["k", "x"].map(|part| bench.count(part)), [1, 0]);
}
