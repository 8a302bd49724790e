//! Objects whose last holders let go while others look into them: none is left over.

use std::sync::Arc;

use procession_arena::mem::interleaving::uninterrupted;
use procession_arena::{Handle, Participant, Wait};
use procession_crashtest::enumerate::must;
use procession_crashtest::interleaving::{Exploration, Model, Thread, Timeouts};
use procession_crashtest::world::World;
use procession_objects::{Message, Queue};

/// A session with queues whose handles have been sent, so that only a look can tell whether they are reachable.
struct Shelf {
    world: Arc<World>,
    founder: Participant,
    letters: Queue,
}

impl Shelf {
    fn new() -> Shelf {
        let world = Arc::new(World::new());
        let founder = world.process();
        let letters = must(Queue::create(&founder, &Default::default()));
        Shelf {
            world,
            founder,
            letters,
        }
    }

    /// A queue that nothing but so many messages leads to.
    fn send(&self, times: usize) -> Handle {
        let queue = must(Queue::create(&self.founder, &Default::default()));
        self.post(queue, times)
    }

    /// So many queues, each in a message of its own.
    fn send_each_once(&self, count: usize) {
        for _ in 0..count {
            self.send(1);
        }
    }

    fn post(&self, queue: Queue, times: usize) -> Handle {
        let handle = queue.handle();
        for _ in 0..times {
            must(self.letters.put(&self.founder, b"", &[handle], Wait::Never));
        }
        must(queue.detach(&self.founder));
        handle
    }

    /// A thread that holds what was sent first, and lets go of it.
    fn lets_go(&self) -> Thread<()> {
        let (world, letters) = (Arc::clone(&self.world), self.letters.handle());
        Box::new(move || {
            let (me, handle) = {
                let _at_once = uninterrupted();
                let (me, letters) = arrive(&world, letters);
                let handle = take(&letters, &me);
                must(letters.detach(&me));
                (me, handle)
            };
            must(me.detach(handle));
        })
    }

    /// A thread that takes what was sent first out of its message, and lets go of it.
    fn receives(&self) -> Thread<()> {
        let (world, letters) = (Arc::clone(&self.world), self.letters.handle());
        Box::new(move || {
            let (me, letters) = arrive(&world, letters);
            let handle = take(&letters, &me);
            must(me.detach(handle));
            must(letters.detach(&me));
        })
    }

    fn objects(&self) -> usize {
        must(self.founder.verify()).objects
    }
}

fn arrive(world: &World, letters: Handle) -> (Participant, Queue) {
    let _at_once = uninterrupted();
    let me = world.process();
    let letters = must(Queue::attach(&me, letters));
    (me, letters)
}

fn take(letters: &Queue, me: &Participant) -> Handle {
    let mut message = Message::default();
    must(letters.get(me, &mut message, Wait::Never));
    message.handles[0]
}

/// Runs the threads in many orders; nobody is reaped, and nothing is left.
fn nothing_is_left(threads: fn(&Shelf) -> Vec<Thread<()>>) {
    Exploration::new(Timeouts::Never)
        .times(2)
        .run(move |model: &Model| {
            let shelf = Shelf::new();
            let before = shelf.objects();
            let threads = threads(&shelf);
            model.run(threads);
            assert_eq!(shelf.objects(), before);
        });
}

#[test]
fn three_that_let_go_at_the_same_time() {
    nothing_is_left(|shelf| {
        shelf.send_each_once(3);
        vec![shelf.lets_go(), shelf.lets_go(), shelf.lets_go()]
    });
}

#[test]
fn a_receiver_that_lets_go_during_a_look() {
    nothing_is_left(|shelf| {
        shelf.send_each_once(3);
        vec![shelf.receives(), shelf.lets_go(), shelf.lets_go()]
    });
}

#[test]
fn two_holders_of_one_object() {
    nothing_is_left(|shelf| {
        shelf.send(2);
        shelf.send(1);
        vec![shelf.lets_go(), shelf.lets_go(), shelf.lets_go()]
    });
}

/// What leads to an object goes while others look into it.
#[test]
fn a_chain_whose_head_is_let_go_of() {
    nothing_is_left(|shelf| {
        let me = &shelf.founder;
        let outer = must(Queue::create(me, &Default::default()));
        let inner = must(Queue::create(me, &Default::default()));
        must(outer.put(me, b"", &[inner.handle()], Wait::Never));
        must(inner.detach(me));
        shelf.post(outer, 1);
        shelf.send_each_once(2);
        vec![shelf.lets_go(), shelf.lets_go(), shelf.lets_go()]
    });
}

/// The keeper learns that it is the only one left, whoever looks at the same time.
#[test]
fn what_is_left_to_its_keeper_while_others_look() {
    Exploration::new(Timeouts::Never)
        .times(2)
        .run(|model: &Model| {
            let shelf = Shelf::new();
            let kept = shelf.send(1);
            shelf.send_each_once(2);
            let queue = must(Queue::attach(&shelf.founder, kept));
            must(shelf.founder.keep(kept));
            model.run(vec![shelf.lets_go(), shelf.lets_go(), shelf.receives()]);
            assert!(must(queue.is_closed(&shelf.founder)));
        });
}

/// Two objects of one keeper, which messages still lead to: whoever looks whether they are left comes to an end.
#[test]
fn looks_into_kept_objects_do_not_set_each_other_off() {
    Exploration::new(Timeouts::Never).run(|model: &Model| {
        let shelf = Shelf::new();
        let kept = [shelf.send(2), shelf.send(2)].map(|handle| {
            let queue = must(Queue::attach(&shelf.founder, handle));
            must(shelf.founder.keep(handle));
            queue
        });
        model.run((0..4).map(|_| shelf.lets_go()).collect());
        for queue in kept {
            assert!(must(queue.is_closed(&shelf.founder)));
        }
    });
}
