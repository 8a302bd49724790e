use procession_test_server::Reply;

use super::ownership::{ACQUIRE, HOLDER, RELEASE, RELEASE_ANYBODYS, RENEW};
use crate::script_test::{Bench, texts};

const LONG: &str = "1000000";

/// Whoever holds it has all that a hold has; a free lock has nothing of it.
fn is_whole(bench: &mut Bench) {
    let fields = ["hold", "end", "since", "pid", "host"];
    let present = fields.map(|field| bench.field("h", field).is_some());
    assert!(present == [true; 5] || present == [false; 5], "{present:?}");
    assert!(bench.count("w") <= 1);
}

fn bench() -> Bench {
    Bench::repeating(is_whole)
}

fn acquire(bench: &mut Bench, hold: &str) -> Reply {
    bench.call(&ACQUIRE, &["h"], &[hold, LONG, "7", "host"])
}

fn release(bench: &mut Bench, hold: &str) -> Reply {
    bench.call(&RELEASE, &["h", "w"], &[hold])
}

fn expire(bench: &mut Bench) {
    bench.command("HSET", "h", &["end", "1"]);
}

#[test]
fn a_free_lock_is_taken_and_a_held_one_is_not() {
    let mut bench = bench();
    let taken = acquire(&mut bench, "a");
    assert_eq!(texts(&taken)[0], "1");
    assert_eq!(taken.items().len(), 4);
    assert_eq!(taken.items()[2..], [Reply::Nil, Reply::Nil]);
    let refused = texts(&acquire(&mut bench, "b"));
    assert_eq!(refused[0], "0");
    let left: u64 = refused[1].parse().unwrap();
    assert!((900_000..=1_000_000).contains(&left), "{left}");
    assert_eq!(bench.field("h", "hold").as_deref(), Some("a"));
}

#[test]
fn fences_rise_also_after_a_server_that_was_ahead() {
    let mut bench = bench();
    let first: u64 = texts(&acquire(&mut bench, "a"))[1].parse().unwrap();
    release(&mut bench, "a");
    let ahead = first + 1_000_000_000_000;
    bench.command("HSET", "h", &["fence", &ahead.to_string()]);
    let second: u64 = texts(&acquire(&mut bench, "b"))[1].parse().unwrap();
    assert_eq!(second, ahead + 1);
}

#[test]
fn who_takes_a_lock_over_is_told_once() {
    let mut bench = bench();
    acquire(&mut bench, "a");
    expire(&mut bench);
    assert_eq!(texts(&acquire(&mut bench, "b"))[2..], ["7", "host"]);
    release(&mut bench, "b");
    assert_eq!(texts(&acquire(&mut bench, "c")).len(), 2);
}

#[test]
fn only_the_present_hold_is_released() {
    let mut bench = bench();
    acquire(&mut bench, "a");
    assert_eq!(release(&mut bench, "b"), Reply::Integer(0));
    assert_eq!(bench.count("w"), 0);
    assert_eq!(release(&mut bench, "a"), Reply::Integer(1));
    assert_eq!(bench.count("w"), 1);
    assert_eq!(release(&mut bench, "a"), Reply::Integer(0));
    assert_eq!(texts(&acquire(&mut bench, "b"))[0], "1");
}

#[test]
fn a_late_release_is_right_if_nobody_was_inside() {
    let mut bench = bench();
    acquire(&mut bench, "a");
    expire(&mut bench);
    assert_eq!(release(&mut bench, "a"), Reply::Integer(1));
    assert_eq!(texts(&acquire(&mut bench, "b")).len(), 2);
}

#[test]
fn anybodys_hold_is_released_if_it_lives_or_if_it_is_dead() {
    let mut bench = bench();
    let anybodys = |alive: &str, bench: &mut Bench| {
        bench.call(&RELEASE_ANYBODYS, &["h", "w"], &[alive]) == Reply::Integer(1)
    };
    assert!(!anybodys("1", &mut bench) && !anybodys("0", &mut bench));
    acquire(&mut bench, "a");
    assert!(!anybodys("0", &mut bench));
    assert!(anybodys("1", &mut bench));
    acquire(&mut bench, "b");
    expire(&mut bench);
    assert!(!anybodys("1", &mut bench));
    assert!(anybodys("0", &mut bench));
    assert_eq!(texts(&acquire(&mut bench, "c")).len(), 2);
}

#[test]
fn only_the_present_hold_is_renewed() {
    let mut bench = bench();
    acquire(&mut bench, "a");
    expire(&mut bench);
    let renewed = bench.call(&RENEW, &["h"], &["a", LONG]);
    assert_eq!(renewed, Reply::Integer(1));
    assert_eq!(texts(&acquire(&mut bench, "b"))[0], "0");
    expire(&mut bench);
    acquire(&mut bench, "b");
    let renewed = bench.call(&RENEW, &["h"], &["a", LONG]);
    assert_eq!(renewed, Reply::Integer(0));
}

#[test]
fn the_holder_is_told_while_its_lease_lasts() {
    let mut bench = bench();
    assert_eq!(bench.call(&HOLDER, &["h"], &[]), Reply::Array(Vec::new()));
    acquire(&mut bench, "a");
    let holder = texts(&bench.call(&HOLDER, &["h"], &[]));
    assert_eq!(holder[..3], ["a", "7", "host"]);
    expire(&mut bench);
    assert_eq!(bench.call(&HOLDER, &["h"], &[]), Reply::Array(Vec::new()));
}
