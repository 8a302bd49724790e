//! A pool's worker at its desk, and an owner who stops it or finds it dead: each task has one end, and what the desk
//! says of it is true.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use procession_arena::mem::interleaving::uninterrupted;
use procession_arena::{Error, Handle, Participant, Wait};
use procession_crashtest::enumerate::must;
use procession_crashtest::interleaving::{Exploration, Model, Thread, Timeouts, perhaps_killed};
use procession_crashtest::world::World;
use procession_objects::{Activity, Desk, Message, Queue};

/// Tasks, numbered from 1.
const TASKS: u64 = 3;

/// More than the worker stores, so that it also may live.
const STORES: u64 = 150;

/// What the owner has, and how often each task was run.
struct Office {
    world: Arc<World>,
    owner: Participant,
    inbox: Queue,
    reports: Queue,
    desk: Desk,
    runs: Arc<[AtomicU32; TASKS as usize]>,
}

/// A worker's, or another thread's, hold on the same objects.
struct Paths {
    inbox: Queue,
    reports: Queue,
    desk: Desk,
}

impl Office {
    fn new() -> Office {
        let world = Arc::new(World::new());
        let owner = world.process();
        let inbox = must(Queue::create(&owner, &Default::default()));
        for number in 1..=TASKS {
            must(inbox.put(&owner, &number.to_le_bytes(), &[], Wait::Never));
        }
        Office {
            reports: must(Queue::create(&owner, &Default::default())),
            desk: must(Desk::create(&owner)),
            world,
            owner,
            inbox,
            runs: Arc::default(),
        }
    }

    fn handles(&self) -> [Handle; 3] {
        [
            self.inbox.handle(),
            self.reports.handle(),
            self.desk.handle(),
        ]
    }

    /// Does the steps A to E for all tasks, unless it is stopped or killed.
    fn worker(&self) -> Thread<Vec<u64>> {
        let (world, handles, runs) = (
            Arc::clone(&self.world),
            self.handles(),
            Arc::clone(&self.runs),
        );
        Box::new(move || {
            let (me, paths) = arrive(&world, handles);
            perhaps_killed(me, STORES, |me| work(me, &paths, runs.as_slice()));
            Vec::new()
        })
    }

    /// Takes back what is not begun, and stops the worker if it is at task `number`; returns what it took back, and `number`
    /// if the worker was stopped.
    fn stopper(&self, number: u64) -> Thread<Vec<u64>> {
        let (world, handles) = (Arc::clone(&self.world), self.handles());
        Box::new(move || {
            let (me, paths) = arrive(&world, handles);
            let mut ended = take_all(&paths.inbox, &me);
            if !ended.contains(&number) && must(paths.desk.stop(&me, number)) {
                ended.push(number);
            }
            ended
        })
    }

    /// Takes reports while the worker makes them; they are back in the queue when it is done.
    fn reader(&self) -> Thread<Vec<u64>> {
        let (world, handles) = (Arc::clone(&self.world), self.handles());
        Box::new(move || {
            let (me, paths) = arrive(&world, handles);
            for number in take_all(&paths.reports, &me) {
                must(
                    paths
                        .reports
                        .put(&me, &number.to_le_bytes(), &[], Wait::Forever),
                );
            }
            Vec::new()
        })
    }

    fn runs_of(&self, number: u64) -> u32 {
        self.runs[number as usize - 1].load(Ordering::Relaxed)
    }

    /// Settles what the worker left, as the pool does; `ended` has been decided by the owner already.
    fn settle(&self, ended: &[u64]) {
        let me = &self.owner;
        must(me.reap_dead());
        let reported = take_all(&self.reports, me);
        let unbegun = take_all(&self.inbox, me);
        let mark = must(self.desk.mark(me));
        for number in 1..=TASKS {
            let runs = self.runs_of(number);
            let is_reported = reported.contains(&number);
            if ended.contains(&number) {
                assert!(
                    !is_reported,
                    "{number} was ended by its owner, and reported"
                );
            } else if is_reported {
                assert_eq!(runs, 1, "{number} is reported");
                // A worker stopped between two tasks has finished the first of them.
                assert!(mark.has_finished(number) || mark.activity == Activity::Doomed);
            } else if mark.has_begun(number) {
                assert!(runs <= 1, "{number} was run twice");
                assert!(
                    !mark.has_finished(number) || runs == 1,
                    "{number} has finished"
                );
                assert!(!unbegun.contains(&number));
            } else {
                assert_eq!(
                    runs, 0,
                    "{number} counts as not begun, and would be run again"
                );
            }
        }
        must(me.verify());
    }
}

fn arrive(world: &World, [inbox, reports, desk]: [Handle; 3]) -> (Participant, Paths) {
    let _at_once = uninterrupted();
    let me = world.process();
    let paths = Paths {
        inbox: must(Queue::attach(&me, inbox)),
        reports: must(Queue::attach(&me, reports)),
        desk: must(Desk::attach(&me, desk)),
    };
    (me, paths)
}

fn work(me: &Participant, paths: &Paths, runs: &[AtomicU32]) {
    let mut last = 0;
    while let Some(number) = take(&paths.inbox, me) {
        if !must(paths.desk.begin(me, last, number, number)) {
            return;
        }
        last = number;
        runs[number as usize - 1].fetch_add(1, Ordering::Relaxed);
        if !must(paths.desk.finish(me, number)) {
            return;
        }
        must(
            paths
                .reports
                .put(me, &number.to_le_bytes(), &[], Wait::Forever),
        );
    }
}

fn take(queue: &Queue, me: &Participant) -> Option<u64> {
    let mut message = Message::default();
    match queue.get(me, &mut message, Wait::Never) {
        Err(Error::Empty) => None,
        outcome => {
            must(outcome);
            message.bytes.first_chunk().copied().map(u64::from_le_bytes)
        }
    }
}

fn take_all(queue: &Queue, me: &Participant) -> Vec<u64> {
    std::iter::from_fn(|| take(queue, me)).collect()
}

#[test]
fn a_worker_that_is_killed_tells_what_it_was_at() {
    Exploration::new(Timeouts::WhenAllSleep).run(|model: &Model| {
        let office = Office::new();
        model.run(vec![office.worker(), office.reader()]);
        office.settle(&[]);
    });
}

/// Whatever the worker is at when its owner stops it, and whether or not it is killed before.
fn a_worker_is_stopped(number: u64) {
    Exploration::new(Timeouts::WhenAllSleep).run(move |model: &Model| {
        let office = Office::new();
        let ended = model
            .run(vec![office.worker(), office.stopper(number)])
            .concat();
        if let Some(stopped) = ended
            .iter()
            .find(|ended| **ended == number && office.runs_of(number) > 0)
        {
            for later in stopped + 1..=TASKS {
                assert_eq!(
                    office.runs_of(later),
                    0,
                    "{later} was begun by a worker that was stopped"
                );
            }
        }
        office.settle(&ended);
    });
}

#[test]
fn a_worker_stopped_for_its_first_task() {
    a_worker_is_stopped(1);
}

#[test]
fn a_worker_stopped_for_a_later_task() {
    a_worker_is_stopped(2);
}
