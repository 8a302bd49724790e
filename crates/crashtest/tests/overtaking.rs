//! What living processes do after a death and before anybody has looked for the dead.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use procession_arena::mem::simulation::{self, Run};
use procession_arena::{FIRST_OF_KIND, Participant, Transit, Wait};
use procession_crashtest::enumerate::must;
use procession_crashtest::world::World;
use procession_objects::{Lock, Message, OnLost, Queue, QueueConfig};

/// Two of these fill the first segment but for a few bytes.
const FILLS_SEGMENT: usize = 2_000;

fn put(queue: &Queue, producer: &Participant, value: u8) {
    must(queue.put(producer, &[value; FILLS_SEGMENT], &[], Wait::Never));
}

fn take_all(queue: &Queue, consumer: &Participant) -> Vec<u8> {
    let mut message = Message::default();
    let mut values = Vec::new();
    while let Ok(()) = queue.get(consumer, &mut message, Wait::Never) {
        assert_eq!(message.bytes.len(), FILLS_SEGMENT);
        values.push(message.bytes[0]);
        assert_eq!(message.bytes, [message.bytes[0]; FILLS_SEGMENT]);
    }
    values
}

/// A producer is killed while it moves on to the next segment; a consumer empties the old one, and
/// its memory becomes another queue's, before the next producer takes the lock over.
#[test]
fn a_consumer_frees_the_segment_that_a_killed_producer_was_leaving() {
    let mut deaths = 0;
    for store in 0.. {
        let world = World::new();
        let (producer, consumer, victim) = (world.process(), world.process(), world.process());
        let queue = must(Queue::create(&producer, &QueueConfig::default()));
        must(Queue::attach(&victim, queue.handle()));
        put(&queue, &producer, 1);
        put(&queue, &producer, 2);
        if simulation::run(store, || put(&queue, &victim, 3)) != Run::Killed {
            break;
        }
        deaths += 1;
        must(victim.abandon());

        let taken = take_all(&queue, &consumer);
        assert!(
            taken == [1, 2] || taken == [1, 2, 3],
            "store {store}: {taken:?}"
        );
        let other = must(Queue::create(&producer, &QueueConfig::default()));
        put(&other, &producer, 4);
        put(&queue, &producer, 5);
        put(&queue, &producer, 6);
        put(&queue, &producer, 7);
        assert_eq!(take_all(&queue, &consumer), [5, 6, 7], "store {store}");
        assert_eq!(take_all(&other, &consumer), [4], "store {store}");

        must(producer.reap_dead());
        must(producer.verify());
        must(queue.detach(&producer));
        must(other.detach(&producer));
        let left = must(producer.verify());
        assert_eq!((left.blocks, left.objects), (0, 0), "store {store}");
    }
    assert!(deaths > 10);
}

/// The objects whose handles a held message carries go when the message is marked as done.
#[test]
fn what_a_redeliverable_message_carried_goes_with_it() {
    let world = World::new();
    let me = world.process();
    let joinable = Some(OnLost::Redeliver { max_deliveries: 3 });
    let config = QueueConfig {
        maxsize: None,
        joinable,
    };
    let queue = must(Queue::create(&me, &config));
    let carried = must(Queue::create(&me, &QueueConfig::default()));
    must(queue.put(&me, b"take it", &[carried.handle()], Wait::Never));
    must(carried.detach(&me));
    let mut message = Message::default();
    must(queue.get(&me, &mut message, Wait::Never));
    assert_eq!(message.handles, [carried.handle()]);
    must(me.detach(message.handles[0]));
    assert_eq!(must(me.verify()).objects, 2);
    must(queue.task_done(&me));
    assert_eq!(must(me.verify()).objects, 1);
}

/// A dead thread's intent is settled, and still names its target when the next one looks at it; just
/// then the slot is about to become a new thread's, which has a block in transit at once.
#[test]
fn a_slot_stays_what_it_is_while_its_intent_is_looked_at() {
    let world = World::new();
    let (me, victim) = (world.process(), world.process());
    let queue = must(Queue::create(&me, &QueueConfig::default()));
    must(Queue::attach(&victim, queue.handle()));
    must(victim.begin(FIRST_OF_KIND, queue.handle()));
    must(victim.abandon());

    let (reaped, is_reaped) = mpsc::channel();
    let mut looks = 0;
    thread::scope(|scope| {
        must(me.for_each_dead_intent(|intent, target, _| {
            looks += 1;
            assert_eq!(target.object, queue.handle());
            let (reaped, arena, process) = (reaped.clone(), world.arena(), me.process());
            scope.spawn(move || {
                let reaper = must(arena.register_simulated_thread(process));
                must(reaper.reap_dead());
                let newcomer = must(arena.register_simulated_thread(process));
                must(newcomer.begin(FIRST_OF_KIND, target.object));
                must(newcomer.allocate(64, Transit::Payload));
                let _ = reaped.send(());
                must(newcomer.release(Transit::Payload));
            });
            // It does come, if it is let; that it has not come after a while proves no more.
            let came = is_reaped.recv_timeout(Duration::from_millis(200)).is_ok();
            assert!(!came, "it is another thread's: {:?}", intent.target());
            Ok(())
        }));
    });
    assert_eq!(looks, 1);
    assert!(is_reaped.recv().is_ok(), "in the end it is reaped");
    must(me.verify());
}

/// A process is killed with a lock; somebody who reaps it is killed in turn, at any store. At no moment the
/// process counts as one that lives, although its pid is still there: the lock is taken over, and the
/// death is told.
#[test]
fn a_process_that_is_being_reaped_does_not_come_to_life_again() {
    let mut deaths = 0;
    for store in 0.. {
        let world = World::new();
        let (keeper, reaper) = (world.process(), world.process());
        // A real pid, that of this test, which goes on.
        let process = must(world.arena().register_root());
        let victim = world.thread_of(process);
        let lock = must(Lock::create(&keeper));
        must(Lock::attach(&victim, lock.handle()));
        must(lock.acquire(&victim, Wait::Never));
        must(victim.abandon());
        assert!(must(world.arena().has_ended(process)));

        let killed = simulation::run(store, || must(reaper.reap_dead())) == Run::Killed;
        assert!(
            must(world.arena().has_ended(process)),
            "killed before store {store} of the reaping"
        );
        let taken = must(lock.acquire(&keeper, Wait::Never));
        assert_eq!(taken.abandoned_by, Some(std::process::id()));
        match killed {
            true => must(reaper.abandon()),
            false => break,
        }
        deaths += 1;
    }
    assert!(deaths > 0);
}
