//! Waiting for one certain thread: its death is known without any slice.

use procession_arena::Participant;
use procession_crashtest::enumerate::must;
use procession_crashtest::interleaving::monitor::Monitor;
use procession_crashtest::interleaving::{Exploration, Model, Timeouts};

use crate::place::Place;

/// More than holding stores, so that a thread also may live.
const STORES: u64 = 9;

fn hold_and_let_go(monitor: &Monitor, me: &Participant) {
    must(monitor.wait_to_hold(me));
    must(monitor.let_go(me));
}

/// The holder is killed, or ends without letting go. The kernel wakes one of those who sleep on its life
/// word, and that one wakes the rest. No sleep ends by itself here, so the slices cannot help.
#[test]
fn whoever_waits_for_a_holder_who_dies_is_woken() {
    Exploration::new(Timeouts::Never).run(|model: &Model| {
        let place = Place::new();
        let threads = vec![
            place.mortal(STORES, |monitor, me| {
                must(monitor.hold(me));
                must(monitor.at_work(me, || {
                    monitor.enter(me)?.change(|count| count + 1);
                    Ok(())
                }));
            }),
            place.thread(|monitor, me| must(monitor.wait_until_free(me))),
            place.thread(|monitor, me| must(monitor.wait_until_free(me))),
        ];
        place.run(model, threads);
    });
}

/// Holders follow each other, and some die: whoever watched the wrong one finds out after a slice.
#[test]
fn successors_of_dead_holders_follow_each_other() {
    Exploration::new(Timeouts::WhenAllSleep).run(|model: &Model| {
        let place = Place::new();
        let threads = vec![
            place.mortal(2 * STORES, hold_and_let_go),
            place.mortal(2 * STORES, hold_and_let_go),
            place.thread(hold_and_let_go),
            place.thread(hold_and_let_go),
        ];
        place.run(model, threads);
    });
}

/// While everybody lives a change of holders needs no slice either.
#[test]
fn living_holders_follow_each_other() {
    Exploration::new(Timeouts::Never).run(|model: &Model| {
        let place = Place::new();
        let threads = (0..3).map(|_| place.thread(hold_and_let_go)).collect();
        place.run(model, threads);
    });
}
