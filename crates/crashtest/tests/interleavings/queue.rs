//! Queues between a few threads: what is put is taken, once, in order, and nobody sleeps too long.

use std::sync::Arc;

use procession_arena::mem::interleaving::uninterrupted;
use procession_arena::{Error, Handle, Participant, Wait};
use procession_crashtest::enumerate::must;
use procession_crashtest::interleaving::{Exploration, Model, Thread, Timeouts, perhaps_killed};
use procession_crashtest::world::World;
use procession_objects::{Message, Queue, QueueConfig};

/// More than an operation stores, so that it also may live.
const STORES: u64 = 40;

/// A session with a queue.
struct Line {
    world: Arc<World>,
    queue: Queue,
    founder: Participant,
}

impl Line {
    fn new(maxsize: Option<u64>) -> Line {
        let world = Arc::new(World::new());
        let founder = world.process();
        let config = QueueConfig {
            maxsize,
            joinable: None,
        };
        let queue = must(Queue::create(&founder, &config));
        Line {
            world,
            queue,
            founder,
        }
    }

    /// A thread of a process of its own; returns the items that it took.
    fn thread(
        &self,
        operation: impl FnOnce(&Queue, &Participant) -> Vec<u8> + Send + 'static,
    ) -> Thread<Option<Vec<u8>>> {
        let (world, handle) = (Arc::clone(&self.world), self.queue.handle());
        Box::new(move || {
            let (queue, me) = arrive(&world, handle);
            Some(operation(&queue, &me))
        })
    }

    /// The same, which may be killed; `None` if it was.
    fn mortal(
        &self,
        operation: impl FnOnce(&Queue, &Participant) -> Vec<u8> + Send + 'static,
    ) -> Thread<Option<Vec<u8>>> {
        let (world, handle) = (Arc::clone(&self.world), self.queue.handle());
        Box::new(move || {
            let (queue, me) = arrive(&world, handle);
            let outcome = perhaps_killed(me, STORES, |me| operation(&queue, me));
            outcome.map(|(_, taken)| taken)
        })
    }

    fn run(&self, model: &Model, threads: Vec<Thread<Option<Vec<u8>>>>) -> Vec<Option<Vec<u8>>> {
        let taken = model.run(threads);
        must(self.founder.reap_dead());
        must(self.founder.verify());
        let rescued = must(self.world.arena().rescued_wakes());
        assert_eq!(rescued, 0, "a wake was lost");
        taken
    }
}

fn arrive(world: &World, handle: Handle) -> (Queue, Participant) {
    let _at_once = uninterrupted();
    let me = world.process();
    let queue = must(Queue::attach(&me, handle));
    (queue, me)
}

fn put(items: &'static [u8]) -> impl FnOnce(&Queue, &Participant) -> Vec<u8> + Send {
    move |queue, me| {
        for item in items {
            must(queue.put(me, &[*item], &[], Wait::Forever));
        }
        Vec::new()
    }
}

fn get(count: usize) -> impl FnOnce(&Queue, &Participant) -> Vec<u8> + Send {
    move |queue, me| {
        let mut message = Message::default();
        let mut taken = Vec::new();
        for _ in 0..count {
            must(queue.get(me, &mut message, Wait::Forever));
            taken.extend_from_slice(&message.bytes);
        }
        taken
    }
}

fn get_until_closed(queue: &Queue, me: &Participant) -> Vec<u8> {
    let mut message = Message::default();
    let mut taken = Vec::new();
    loop {
        match queue.get(me, &mut message, Wait::Forever) {
            Err(Error::Closed) => return taken,
            outcome => must(outcome),
        }
        taken.extend_from_slice(&message.bytes);
    }
}

/// Each producer's items in their order.
fn in_order(taken: &[u8]) -> bool {
    let of = |producer: u8| taken.iter().filter(move |item| **item / 10 == producer);
    of(1).is_sorted() && of(2).is_sorted()
}

fn everything_is_taken_once(maxsize: Option<u64>, timeouts: Timeouts) {
    Exploration::new(timeouts).run(move |model: &Model| {
        let line = Line::new(maxsize);
        let taken = line.run(
            model,
            vec![
                line.thread(put(&[10, 11])),
                line.thread(put(&[20])),
                line.thread(get(1)),
                line.thread(get(2)),
            ],
        );
        let taken: Vec<_> = taken.into_iter().flatten().collect();
        assert!(taken.iter().all(|taken| in_order(taken)), "{taken:?}");
        let mut all = taken.concat();
        all.sort_unstable();
        assert_eq!(all, [10, 11, 20]);
    });
}

#[test]
fn what_is_put_is_taken_once() {
    everything_is_taken_once(None, Timeouts::Never);
}

#[test]
fn who_waits_for_room_is_woken() {
    everything_is_taken_once(Some(1), Timeouts::Never);
}

#[test]
fn sleeps_that_end_by_themselves_lose_nothing() {
    everything_is_taken_once(Some(1), Timeouts::AnyTime);
}

/// Whoever closes wakes everybody, and nothing that was put before is lost.
#[test]
fn a_close_reaches_everybody() {
    Exploration::new(Timeouts::Never).run(|model: &Model| {
        let line = Line::new(None);
        let taken = line.run(
            model,
            vec![
                line.thread(|queue, me| {
                    must(queue.put(me, &[10], &[], Wait::Forever));
                    must(queue.close(me));
                    Vec::new()
                }),
                line.thread(get_until_closed),
                line.thread(get_until_closed),
            ],
        );
        let taken: Vec<_> = taken.into_iter().flatten().flatten().collect();
        assert_eq!(taken, [10]);
    });
}

fn somebody_is_killed(timeouts: Timeouts) {
    Exploration::new(timeouts).run(move |model: &Model| {
        // Room for what is left if everybody but one consumer lives.
        let line = Line::new(Some(2));
        let taken = line.run(
            model,
            vec![
                line.mortal(put(&[10])),
                line.mortal(get(1)),
                line.thread(get(1)),
                line.thread(put(&[20, 21])),
            ],
        );
        let all: Vec<_> = taken.into_iter().flatten().flatten().collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len(), "an item was taken twice: {all:?}");
    });
}

/// A living consumer and a living producer come to their ends although others are killed.
#[test]
fn the_dead_hold_nobody_up() {
    somebody_is_killed(Timeouts::WhenAllSleep);
}

#[test]
fn the_dead_and_sleeps_that_end_by_themselves() {
    somebody_is_killed(Timeouts::AnyTime);
}
