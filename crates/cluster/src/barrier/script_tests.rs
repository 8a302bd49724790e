use procession_test_server::Reply;

use super::STATE;
use super::arrival::RENEW;
use super::phase::{ARRIVE, FINISH, LOOK, RESET};
use crate::script_test::{Bench, texts};

const LONG: &str = "1000000";
const ALL: [&str; 4] = ["h", "z", "g", "p"];

/// Fewer wait than must come, nobody at a broken barrier, and who acts is among them.
fn is_sound(bench: &mut Bench) {
    let waiting = bench.members("z");
    let parties: usize = bench.field("h", "parties").unwrap().parse().unwrap();
    match bench.field("h", "actor") {
        Some(actor) => assert!(waiting.len() == parties && waiting.contains(&actor)),
        None => assert!(waiting.len() < parties),
    }
    let is_broken = bench.field("h", "broken").is_some();
    assert!(!is_broken || waiting.is_empty());
    assert!(bench.count("p") <= 64);
}

fn bench(parties: &str) -> Bench {
    let mut bench = Bench::repeating(is_sound);
    bench.command("HSET", "h", &["parties", parties]);
    bench
}

/// What came of arriving, the phase and the index.
fn arrive(bench: &mut Bench, waiter: &str, acts: &str) -> Vec<String> {
    let mut texts = texts(&bench.call(&ARRIVE, &ALL, &[waiter, LONG, acts, "0"]));
    texts.truncate(3);
    texts
}

fn look(bench: &mut Bench, phase: &str, waiter: &str) -> String {
    texts(&bench.call(&LOOK, &ALL, &[phase, waiter]))[0].clone()
}

fn finish(bench: &mut Bench, how: &str, phase: &str, waiter: &str) -> String {
    texts(&bench.call(&FINISH, &ALL, &[how, phase, waiter]))[0].clone()
}

fn state(bench: &mut Bench) -> Vec<String> {
    texts(&bench.call(&STATE, &["h", "z"], &[]))
}

#[test]
fn the_last_to_come_releases_all() {
    let mut bench = bench("3");
    assert_eq!(arrive(&mut bench, "a", "0"), ["waits", "0", "0"]);
    assert_eq!(arrive(&mut bench, "b", "0"), ["waits", "0", "1"]);
    assert_eq!(look(&mut bench, "0", "a"), "waits");
    assert_eq!(state(&mut bench), ["0", "2"]);
    assert_eq!(arrive(&mut bench, "c", "0"), ["released", "0", "2"]);
    assert_eq!(look(&mut bench, "0", "a"), "released");
    assert_eq!(arrive(&mut bench, "a", "0"), ["waits", "1", "0"]);
    assert_eq!(look(&mut bench, "0", "b"), "released");
}

#[test]
fn who_is_not_to_wait_comes_only_as_the_last() {
    let mut bench = bench("2");
    let never = |bench: &mut Bench| texts(&bench.call(&ARRIVE, &ALL, &["n", LONG, "0", "1"]));
    assert_eq!(never(&mut bench), ["would wait"]);
    assert_eq!(bench.count("z"), 0);
    arrive(&mut bench, "a", "0");
    assert_eq!(never(&mut bench)[0], "released");
}

#[test]
fn the_last_acts_before_the_others_go_on() {
    let mut bench = bench("2");
    arrive(&mut bench, "a", "1");
    assert_eq!(arrive(&mut bench, "b", "1"), ["acts", "0", "1"]);
    assert_eq!(look(&mut bench, "0", "a"), "waits");
    assert_eq!(state(&mut bench), ["0", "1"]);
    assert_eq!(arrive(&mut bench, "c", "0"), ["early", "0", "0"]);
    assert_eq!(finish(&mut bench, "release", "0", "a"), "broken");
    assert_eq!(finish(&mut bench, "release", "0", "b"), "released");
    assert_eq!(look(&mut bench, "0", "a"), "released");
    assert_eq!(look(&mut bench, "0", ""), "released");
    assert_eq!(finish(&mut bench, "release", "0", "b"), "released");
    assert_eq!(arrive(&mut bench, "c", "0"), ["waits", "1", "0"]);
}

#[test]
fn a_death_breaks() {
    for dead in ["a", "b"] {
        let mut bench = bench("3");
        arrive(&mut bench, "a", "0");
        arrive(&mut bench, "b", "0");
        bench.expire("z", dead);
        assert_eq!(state(&mut bench), ["1", "0"]);
        assert_eq!(arrive(&mut bench, "c", "0"), ["broken"]);
        assert_eq!(look(&mut bench, "0", "a"), "broken");
        assert_eq!(state(&mut bench), ["1", "0"]);
    }
}

#[test]
fn the_death_of_who_acts_or_of_a_waiter_then_breaks() {
    for dead in ["a", "b"] {
        let mut bench = bench("2");
        arrive(&mut bench, "a", "1");
        arrive(&mut bench, "b", "1");
        bench.expire("z", dead);
        assert_eq!(finish(&mut bench, "release", "0", "b"), "broken");
        assert_eq!(look(&mut bench, "0", "a"), "broken");
    }
}

#[test]
fn who_gives_up_breaks_its_own_phase_only() {
    let mut bench = bench("2");
    arrive(&mut bench, "a", "0");
    arrive(&mut bench, "b", "0");
    arrive(&mut bench, "c", "0");
    assert_eq!(finish(&mut bench, "give up", "0", "a"), "released");
    assert_eq!(look(&mut bench, "1", "c"), "waits");
    assert_eq!(finish(&mut bench, "give up", "1", "c"), "ended");
    assert_eq!(finish(&mut bench, "give up", "1", "d"), "broken");
    assert_eq!(arrive(&mut bench, "e", "0"), ["broken"]);
}

#[test]
fn abort_and_reset() {
    let mut bench = bench("2");
    let reset = |bench: &mut Bench, how| bench.call(&RESET, &ALL, &[how]);
    reset(&mut bench, "reset");
    assert_eq!(bench.field("h", "phase"), None, "nobody waits");
    arrive(&mut bench, "a", "0");
    reset(&mut bench, "reset");
    assert_eq!(look(&mut bench, "0", "a"), "broken");
    assert_eq!(arrive(&mut bench, "b", "0"), ["waits", "1", "0"]);
    reset(&mut bench, "abort");
    reset(&mut bench, "abort");
    assert_eq!(look(&mut bench, "1", "b"), "broken");
    assert_eq!(arrive(&mut bench, "c", "0"), ["broken"]);
    reset(&mut bench, "reset");
    assert_eq!(arrive(&mut bench, "c", "0"), ["waits", "2", "0"]);
}

#[test]
fn a_reset_that_is_made_again_late_does_nothing() {
    let mut bench = bench("2");
    for how in ["reset", "abort"] {
        bench.call(&RESET, &ALL, &[how]);
        bench.call(&RESET, &ALL, &["reset"]);
        let phase = arrive(&mut bench, how, "0")[1].clone();
        bench.call_again(2, &RESET, &ALL, &[how]);
        assert_eq!(look(&mut bench, &phase, how), "waits");
    }
}

#[test]
fn old_phases_are_taken_for_broken() {
    let mut bench = bench("2");
    arrive(&mut bench, "a", "0");
    arrive(&mut bench, "b", "0");
    for _ in 0..70 {
        bench.call(&RESET, &ALL, &["abort"]);
        bench.call(&RESET, &ALL, &["reset"]);
    }
    assert_eq!(bench.count("p"), 64);
    assert_eq!(look(&mut bench, "0", "a"), "broken");
    assert_eq!(look(&mut bench, "70", "a"), "broken");
    arrive(&mut bench, "a", "0");
    arrive(&mut bench, "b", "0");
    assert_eq!(look(&mut bench, "71", "a"), "released");
}

#[test]
fn whom_the_server_has_lost_breaks_the_phase() {
    let mut bench = bench("3");
    arrive(&mut bench, "a", "0");
    assert_eq!(look(&mut bench, "0", "b"), "broken");
    assert_eq!(look(&mut bench, "0", "a"), "broken");
    assert_eq!(look(&mut bench, "9", "a"), "broken");
}

#[test]
fn who_waits_is_renewed() {
    let mut bench = bench("2");
    arrive(&mut bench, "a", "0");
    bench.expire("z", "a");
    let renew = |bench: &mut Bench| bench.call(&RENEW, &["h", "z"], &["a", LONG]);
    assert_eq!(renew(&mut bench), Reply::Integer(1));
    assert_eq!(arrive(&mut bench, "b", "0")[0], "released");
    assert_eq!(renew(&mut bench), Reply::Integer(0));
}
