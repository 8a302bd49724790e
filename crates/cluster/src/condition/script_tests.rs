use procession_test_server::Reply;

use super::line::{LEAVE, LOOK, NOTIFY, PARTS};
use super::waiting::{ENTER, FINISH, RENEW};
use crate::script_test::{Bench, texts};

const LONG: &str = "1000000";

/// Who waits has a lease, and is either in line or notified.
fn is_sound(bench: &mut Bench) {
    let (line, ends, notified) = (bench.members("o"), bench.members("e"), bench.members("g"));
    assert!(line.iter().all(|waiter| ends.contains(waiter)));
    assert!(notified.iter().all(|waiter| ends.contains(waiter)));
    assert!(line.iter().all(|waiter| !notified.contains(waiter)));
    assert_eq!(ends.len(), line.len() + notified.len());
}

/// With these in line.
fn bench(waiters: &[&str]) -> Bench {
    let mut bench = Bench::repeating(is_sound);
    for (position, waiter) in waiters.iter().enumerate() {
        let ticket = bench.call(&ENTER, &["h", "o", "e"], &[waiter, LONG]);
        assert_eq!(ticket, Reply::Integer(position as i64 + 1));
    }
    bench
}

fn notify(bench: &mut Bench, count: &str, upto: &str) -> Vec<String> {
    texts(&bench.call(&NOTIFY, PARTS, &[count, upto]))
}

fn is_notified(bench: &mut Bench, waiter: &str, ticket: &str) -> bool {
    texts(&bench.call(&LOOK, PARTS, &[waiter, ticket]))[0] == "1"
}

#[test]
fn the_first_in_line_are_notified() {
    let mut bench = bench(&["a", "b", "c"]);
    assert_eq!(notify(&mut bench, "2", ""), ["2", "3"]);
    assert_eq!(bench.members("g"), ["a", "b"]);
    assert!(is_notified(&mut bench, "a", "1"));
    assert!(!is_notified(&mut bench, "c", "3"));
    assert_eq!(
        [bench.count("n1"), bench.count("n2"), bench.count("n3")],
        [1, 1, 0]
    );
    assert_eq!(notify(&mut bench, "2", ""), ["1", "3"]);
    assert_eq!(notify(&mut bench, "2", ""), ["0", "3"]);
}

#[test]
fn who_comes_later_is_not_meant() {
    let mut bench = bench(&["a", "b"]);
    assert_eq!(notify(&mut bench, "9", "1"), ["1", "1"]);
    assert_eq!(bench.members("o"), ["b"]);
}

#[test]
fn the_dead_do_not_swallow_a_notification() {
    let mut bench = bench(&["a", "b"]);
    bench.expire("e", "a");
    assert_eq!(notify(&mut bench, "1", ""), ["1", "2"]);
    assert_eq!(bench.members("g"), ["b"]);
    assert_eq!(bench.members("e"), ["b"]);
}

/// More than are taken out of line at a time.
#[test]
fn not_even_many_dead_swallow_a_notification() {
    let waiters: Vec<String> = (100..=200).map(|number| number.to_string()).collect();
    let mut names: Vec<&str> = waiters.iter().map(String::as_str).collect();
    names.push("living");
    let mut bench = bench(&names);
    for waiter in &waiters {
        bench.expire("e", waiter);
    }
    assert_eq!(notify(&mut bench, "1", ""), ["1", "102"]);
    assert_eq!(bench.members("g"), ["living"]);
}

#[test]
fn a_notification_is_passed_on_once() {
    let mut bench = bench(&["a", "b", "c"]);
    notify(&mut bench, "1", "");
    bench.expire("e", "a");
    assert!(!is_notified(&mut bench, "c", "3"));
    assert_eq!(bench.members("g"), ["b"]);
    assert!(is_notified(&mut bench, "b", "2"));
    assert_eq!(bench.members("o"), ["c"]);
    // The one that was taken for dead returns, and looks.
    assert!(is_notified(&mut bench, "a", "1"));
}

#[test]
fn who_leaves_is_told_if_it_was_notified_before() {
    let mut bench = bench(&["a", "b"]);
    notify(&mut bench, "1", "");
    let leave = |bench: &mut Bench, waiter| bench.call(&LEAVE, PARTS, &[waiter]);
    assert_eq!(leave(&mut bench, "a"), Reply::Integer(1));
    assert_eq!(bench.members("g"), ["a"]);
    assert_eq!(leave(&mut bench, "b"), Reply::Integer(0));
    assert_eq!(notify(&mut bench, "1", ""), ["0", "2"]);
}

#[test]
fn who_has_returned_is_forgotten() {
    let mut bench = bench(&["a"]);
    notify(&mut bench, "1", "");
    bench.call(&FINISH, &["h", "e", "g"], &["a"]);
    assert_eq!(bench.count("e") + bench.count("g") + bench.count("o"), 0);
    let renewed = bench.call(&RENEW, &["h", "e"], &["a", LONG]);
    assert_eq!(renewed, Reply::Integer(0));
}

#[test]
fn a_waiter_is_renewed() {
    let mut bench = bench(&["a"]);
    bench.expire("e", "a");
    let renewed = bench.call(&RENEW, &["h", "e"], &["a", LONG]);
    assert_eq!(renewed, Reply::Integer(1));
    assert_eq!(notify(&mut bench, "1", ""), ["1", "1"]);
}
