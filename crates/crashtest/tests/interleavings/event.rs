//! Waiting: no wake-up is lost, whoever is killed.

use procession_crashtest::enumerate::must;
use procession_crashtest::interleaving::{Exploration, Model, Timeouts};

use crate::place::Place;

/// More than an operation stores, so that it also may live.
const STORES: u64 = 20;

fn each_notified(timeouts: Timeouts) {
    Exploration::new(timeouts).run(|model: &Model| {
        let place = Place::new();
        let threads = vec![
            place.thread(|monitor, me| must(monitor.take(me))),
            place.thread(|monitor, me| must(monitor.take(me))),
            place.thread(|monitor, me| must(monitor.add(me, 1))),
            place.thread(|monitor, me| must(monitor.add(me, 1))),
        ];
        place.run(model, threads);
        assert_eq!(must(place.monitor.count(&place.founder)), 0);
    });
}

#[test]
fn each_notification_meets_a_sleeper_or_one_who_looks() {
    each_notified(Timeouts::Never);
}

/// A sleep that ends by itself while the wake is on its way does not count as a lost wake-up.
#[test]
fn a_wake_on_its_way_is_not_lost() {
    each_notified(Timeouts::AnyTime);
}

/// The same with two threads and more orders: between the sleeper's looks at the word and at the notifier.
#[test]
fn a_notifier_that_is_just_done_was_not_silent() {
    Exploration::new(Timeouts::AnyTime)
        .times(4)
        .run(|model: &Model| {
            let place = Place::new();
            let threads = vec![
                place.thread(|monitor, me| must(monitor.take(me))),
                place.thread(|monitor, me| must(monitor.add(me, 1))),
            ];
            place.run(model, threads);
        });
}

/// Whoever arrives between a wake and the clearing of the flag keeps the flag.
#[test]
fn an_arrival_keeps_the_flag() {
    Exploration::new(Timeouts::Never)
        .times(20)
        .run(|model: &Model| {
            let place = Place::new();
            let threads = vec![
                place.thread(|monitor, me| must(monitor.grab(me))),
                place.thread(|monitor, me| must(monitor.grab(me))),
                place.thread(|monitor, me| {
                    must(monitor.give(me, 1));
                    must(monitor.give(me, 1));
                }),
            ];
            place.run(model, threads);
        });
}

#[test]
fn two_are_woken_at_once() {
    Exploration::new(Timeouts::Never).run(|model: &Model| {
        let place = Place::new();
        let threads = vec![
            place.thread(|monitor, me| must(monitor.take(me))),
            place.thread(|monitor, me| must(monitor.take(me))),
            place.thread(|monitor, me| must(monitor.add(me, 2))),
        ];
        place.run(model, threads);
        assert_eq!(must(place.monitor.count(&place.founder)), 0);
    });
}

/// Several takes and adds by the same threads: a flag is cleared while others arrive.
#[test]
fn sleepers_come_and_go() {
    Exploration::new(Timeouts::Never).run(|model: &Model| {
        let place = Place::new();
        let twice_take = |place: &Place| {
            place.thread(|monitor, me| {
                must(monitor.take(me));
                must(monitor.take(me));
            })
        };
        let threads = vec![
            twice_take(&place),
            twice_take(&place),
            place.thread(|monitor, me| {
                must(monitor.add(me, 1));
                must(monitor.add(me, 1));
                must(monitor.add(me, 2));
            }),
        ];
        place.run(model, threads);
        assert_eq!(must(place.monitor.count(&place.founder)), 0);
    });
}

fn with_deaths(timeouts: Timeouts) {
    Exploration::new(timeouts).run(|model: &Model| {
        let place = Place::new();
        let threads = vec![
            place.thread(|monitor, me| must(monitor.take(me))),
            place.mortal(STORES, |monitor, me| must(monitor.take(me))),
            place.mortal(STORES, |monitor, me| must(monitor.add(me, 1))),
            place.thread(|monitor, me| must(monitor.add(me, 2))),
        ];
        place.run(model, threads);
    });
}

/// A killed notifier's wake, and one that a killed sleeper used up, are made up for.
#[test]
fn the_dead_take_no_wake_with_them() {
    with_deaths(Timeouts::WhenAllSleep);
}

/// The same while sleeps end at any time: nothing of it counts as lost.
#[test]
fn what_the_dead_owed_is_not_lost() {
    with_deaths(Timeouts::AnyTime);
}

/// Who reaps the notifier owes the wake in its place, and is not late before it has reaped.
#[test]
fn what_a_dead_notifier_owed_its_reaper_owes() {
    Exploration::new(Timeouts::AnyTime).run(|model: &Model| {
        let place = Place::new();
        let threads = vec![
            place.thread(|monitor, me| must(monitor.take(me))),
            place.mortal(STORES, |monitor, me| must(monitor.add(me, 1))),
            place.thread(|monitor, me| {
                let _ = (0..8).any(|_| must(me.reap_dead()) > 0);
                must(monitor.add(me, 1));
            }),
        ];
        place.run(model, threads);
    });
}
