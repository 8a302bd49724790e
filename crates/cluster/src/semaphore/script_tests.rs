use procession_test_server::Reply;

use super::permits::RENEW;
use super::{ACQUIRE, LOOSEN, RELEASE, RELEASE_PERMIT, VALUE};
use crate::script_test::{Bench, texts};

const LONG: &str = "1000000";
const ALL: [&str; 4] = ["h", "z", "f", "w"];

/// Loose permits are taken ones, and no more are taken than there are.
fn is_sound(bench: &mut Bench) {
    let taken = bench.members("z");
    assert!(bench.members("f").iter().all(|loose| taken.contains(loose)));
    let number = |bench: &mut Bench, name| {
        let text = bench.field("h", name);
        text.map_or(0, |text| text.parse::<usize>().unwrap())
    };
    assert!(taken.len() <= number(bench, "permits") + number(bench, "extra"));
    assert!(bench.count("w") <= 1);
}

fn bench(rule: &str, permits: &str) -> Bench {
    let mut bench = Bench::repeating(is_sound);
    bench.command("HSET", "h", &["rule", rule, "permits", permits]);
    bench
}

fn acquire(bench: &mut Bench, permit: &str, loose: &str) -> bool {
    bench.call(&ACQUIRE, &ALL, &[permit, LONG, loose]) == Reply::Integer(1)
}

fn value(bench: &mut Bench) -> Reply {
    bench.call(&VALUE, &["h", "z"], &[])
}

fn release(bench: &mut Bench, arguments: &[&str]) -> Vec<String> {
    texts(&bench.call(&RELEASE, &ALL, arguments))
}

#[test]
fn as_many_are_taken_as_there_are() {
    let mut bench = bench("plain", "2");
    assert!(acquire(&mut bench, "a", "0"));
    assert_eq!(bench.count("w"), 1, "another one can go on");
    assert!(acquire(&mut bench, "b", "1"));
    assert!(!acquire(&mut bench, "c", "0"));
    assert_eq!(value(&mut bench), Reply::Integer(0));
    assert_eq!(bench.members("f"), ["b"]);
}

#[test]
fn the_permits_of_the_dead_come_back() {
    let mut bench = bench("bounded", "1");
    assert!(acquire(&mut bench, "a", "1"));
    bench.expire("z", "a");
    assert_eq!(value(&mut bench), Reply::Integer(1));
    assert!(acquire(&mut bench, "b", "0"));
    assert_eq!(bench.members("z"), ["b"]);
    assert_eq!(bench.count("f"), 0);
}

#[test]
fn a_permit_is_given_back_once() {
    let mut bench = bench("plain", "1");
    acquire(&mut bench, "a", "1");
    let give_back = |bench: &mut Bench| bench.call(&RELEASE_PERMIT, &ALL, &["a"]);
    assert_eq!(give_back(&mut bench), Reply::Integer(1));
    assert_eq!(give_back(&mut bench), Reply::Integer(0));
    assert_eq!(value(&mut bench), Reply::Integer(1));
}

#[test]
fn a_plain_release_takes_own_ones_then_loose_ones_then_makes_new_ones() {
    let mut bench = bench("plain", "3");
    for (permit, loose) in [("guarded", "0"), ("others", "1"), ("own", "1")] {
        assert!(acquire(&mut bench, permit, loose));
    }
    bench.command("DEL", "w", &[]);
    assert_eq!(
        release(&mut bench, &["1", "own", "others", "stale"]),
        ["1", "own", "stale"]
    );
    assert_eq!(bench.members("z"), ["guarded", "others"]);
    assert_eq!(bench.count("w"), 1);
    assert_eq!(release(&mut bench, &["3"]), ["1"]);
    assert_eq!(bench.members("z"), ["guarded"]);
    assert_eq!(bench.field("h", "extra").as_deref(), Some("2"));
    assert_eq!(value(&mut bench), Reply::Integer(4));
    assert_eq!(release(&mut bench, &["4294967295"]), ["many"]);
    assert_eq!(value(&mut bench), Reply::Integer(4));
}

#[test]
fn a_bounded_release_takes_loose_ones_only() {
    let mut bench = bench("bounded", "2");
    acquire(&mut bench, "guarded", "0");
    assert_eq!(release(&mut bench, &["1"]), ["often"]);
    acquire(&mut bench, "loose", "1");
    assert_eq!(release(&mut bench, &["2"]), ["often"]);
    assert_eq!(bench.count("z"), 2);
    assert_eq!(release(&mut bench, &["1"]), ["1"]);
    assert_eq!(bench.members("z"), ["guarded"]);
}

#[test]
fn an_attributed_release_takes_own_ones_only() {
    let mut bench = bench("attributed", "2");
    acquire(&mut bench, "own", "1");
    acquire(&mut bench, "others", "1");
    assert_eq!(release(&mut bench, &["1"]), ["not held"]);
    assert_eq!(release(&mut bench, &["2", "own"]), ["not held"]);
    assert_eq!(bench.count("z"), 2);
    assert_eq!(release(&mut bench, &["1", "own"]), ["1", "own"]);
    assert_eq!(bench.members("z"), ["others"]);
}

#[test]
fn what_was_forgotten_is_loose() {
    let mut bench = bench("bounded", "1");
    acquire(&mut bench, "a", "0");
    let loosen = |bench: &mut Bench| bench.call(&LOOSEN, &["h", "z", "f"], &["a"]);
    assert_eq!(loosen(&mut bench), Reply::Integer(1));
    assert_eq!(loosen(&mut bench), Reply::Integer(1));
    assert_eq!(release(&mut bench, &["1"]), ["1"]);
    assert_eq!(loosen(&mut bench), Reply::Integer(0));
    assert_eq!(bench.count("f"), 0);
}

#[test]
fn renewing_tells_which_are_gone() {
    let mut bench = bench("plain", "2");
    acquire(&mut bench, "a", "0");
    bench.expire("z", "a");
    let gone = bench.call(&RENEW, &["h", "z"], &[LONG, "a", "b"]);
    assert_eq!(texts(&gone), ["b"]);
    assert_eq!(value(&mut bench), Reply::Integer(1));
}
