//! What living processes do after a death and before anybody has looked for the dead.

use procession_arena::mem::simulation::{self, Run};
use procession_arena::{Participant, Wait};
use procession_crashtest::enumerate::must;
use procession_crashtest::world::World;
use procession_objects::{Message, OnLost, Queue, QueueConfig};

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
