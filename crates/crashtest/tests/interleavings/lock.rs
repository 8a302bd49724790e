//! The arena's lock: one owner at a time, and a dead one is succeeded. The monitor asserts who is inside.

use procession_arena::Participant;
use procession_crashtest::enumerate::must;
use procession_crashtest::interleaving::monitor::Monitor;
use procession_crashtest::interleaving::{Exploration, Model, Timeouts};

use crate::place::Place;

/// More than an operation on the lock stores, so that it also may live.
const STORES: u64 = 16;

fn add_two(monitor: &Monitor, me: &Participant) {
    for _ in 0..2 {
        must(monitor.at_work(me, || {
            monitor.enter(me)?.change(|count| count + 1);
            Ok(())
        }));
    }
}

/// Without a death no sleeper needs its slice: who releases wakes.
#[test]
fn one_at_a_time_and_nobody_is_forgotten() {
    Exploration::new(Timeouts::Never).run(|model: &Model| {
        let place = Place::new();
        let threads = (0..3).map(|_| place.thread(add_two)).collect();
        place.run(model, threads);
        assert_eq!(must(place.monitor.count(&place.founder)), 6);
        assert_eq!(must(place.monitor.recoveries(&place.founder)), 0);
    });
}

/// Whoever follows a dead owner recovers before it goes in; so does whoever follows a dead thief.
#[test]
fn a_dead_owner_is_succeeded_and_so_is_a_dead_thief() {
    Exploration::new(Timeouts::WhenAllSleep).run(|model: &Model| {
        let place = Place::new();
        let threads = vec![
            place.mortal(STORES, add_two),
            place.mortal(STORES, add_two),
            place.thread(add_two),
            place.thread(add_two),
        ];
        let finished = place.run(model, threads);
        let count = must(place.monitor.count(&place.founder));
        let least = 2 * finished.iter().filter(|finished| **finished).count() as u64;
        assert!((least..=8).contains(&count), "{count} of at least {least}");
    });
}

/// A sleep may end at any time, and then the owner still is the owner.
#[test]
fn a_sleeper_whose_time_is_over_does_not_go_in() {
    Exploration::new(Timeouts::AnyTime).run(|model: &Model| {
        let place = Place::new();
        let mut threads: Vec<_> = (0..2).map(|_| place.thread(add_two)).collect();
        threads.push(place.mortal(STORES, add_two));
        place.run(model, threads);
        assert!(must(place.monitor.count(&place.founder)) >= 4);
    });
}
