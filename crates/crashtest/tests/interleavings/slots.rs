//! Slots of processes and threads: no two owners, none leaked, and nobody reaped who lives.

use std::sync::Arc;

use procession_arena::mem::interleaving::uninterrupted;
use procession_arena::{Arena, Error, Participant, ProcessId};
use procession_crashtest::enumerate::must;
use procession_crashtest::interleaving::monitor;
use procession_crashtest::interleaving::{Exploration, Model, Thread, Timeouts, perhaps_killed};
use procession_crashtest::world::World;

/// More than reserving a slot stores, so that it also may live.
const STORES: u64 = 60;

/// How many processes could still be started.
fn free_process_slots(me: &Participant) -> usize {
    let mut free = 0;
    loop {
        match me.reserve_process() {
            Err(Error::TooManyProcesses { .. }) => return free,
            outcome => must(outcome),
        };
        free += 1;
    }
}

/// A process that nobody started registers; a process of this name runs for certain.
fn register(arena: &Arc<Arena>) -> Participant {
    let process = must(arena.register_root());
    must(arena.register_simulated_thread(process))
}

fn thread<T>(
    world: &Arc<World>,
    operation: impl FnOnce(&World) -> T + Send + 'static,
) -> Thread<T> {
    let world = Arc::clone(world);
    Box::new(move || operation(&world))
}

/// Dies at once, in the sight of the kernel.
fn die(me: Participant) {
    must(me.abandon());
}

/// A parent reserves a slot for a child while a process that nobody started takes one.
#[test]
fn a_process_slot_is_not_leaked_when_two_want_it() {
    Exploration::new(Timeouts::WhenAllSleep).run(|model: &Model| {
        let world = Arc::new(World::of(monitor::KINDS, 16));
        let founder = world.process();
        let lives = model.run(vec![
            thread(&world, |world| {
                die(register(world.arena()));
                false
            }),
            thread(&world, |world| {
                let outcome = perhaps_killed(world.process(), STORES, |me| {
                    let child = must(me.reserve_process());
                    must(me.forget_process(child));
                });
                let lives = outcome.is_some();
                if let Some((me, ())) = outcome {
                    me.disown();
                }
                lives
            }),
        ]);
        must(founder.reap_dead());
        must(founder.reap_dead());
        let taken = 1 + lives.into_iter().filter(|lives| *lives).count();
        let free = usize::from(world.arena().max_processes()) - taken;
        assert_eq!(free_process_slots(&founder), free, "a slot has leaked");
    });
}

/// Two parents and one who was not started want slots: each has its own.
#[test]
fn no_process_slot_has_two_owners() {
    Exploration::new(Timeouts::WhenAllSleep).run(|model: &Model| {
        let world = Arc::new(World::of(monitor::KINDS, 16));
        let founder = world.process();
        let parent = |world: &World| {
            let me = world.process();
            let child = must(me.reserve_process());
            let own = me.process();
            me.disown();
            vec![own, child]
        };
        let mut all: Vec<ProcessId> = model
            .run(vec![
                thread(&world, parent),
                thread(&world, parent),
                thread(&world, |world| {
                    let me = register(world.arena());
                    let own = me.process();
                    me.disown();
                    vec![own]
                }),
            ])
            .concat();
        all.push(founder.process());
        let count = all.len();
        all.sort_by_key(|process| process.index);
        all.dedup();
        assert_eq!(all.len(), count, "a slot has two owners");
    });
}

/// A slot that is reserved for a child whose parent is reaped.
fn orphan(world: &World) -> ProcessId {
    let (placeholder, parent, reaper) = (world.process(), world.process(), world.process());
    die(placeholder);
    must(reaper.reap_dead());
    // Its slot comes before its parent's: whoever reaps the parent has passed it already.
    let child = must(parent.reserve_process());
    assert!(child.index < parent.process().index);
    die(parent);
    must(reaper.reap_dead());
    child
}

/// A child registers while others find that its parent was killed: it is refused, or it lives.
#[test]
fn a_child_that_registers_is_refused_or_lives() {
    Exploration::new(Timeouts::WhenAllSleep).run(|model: &Model| {
        let world = Arc::new(World::of(monitor::KINDS, 16));
        let child = orphan(&world);
        let reaper = |world: &World| {
            let me = world.process();
            must(me.reap_dead());
            must(me.reap_dead());
            true
        };
        model.run(vec![
            thread(&world, reaper),
            thread(&world, reaper),
            thread(&world, move |world| {
                if world.arena().register_child(child).is_err() {
                    return false;
                }
                let me = must(world.arena().register_simulated_thread(child));
                let watcher = world.process();
                must(watcher.reap_dead());
                assert_eq!(
                    world.arena().pid_of(child),
                    Some(std::process::id()),
                    "a living child was reaped"
                );
                assert_eq!(
                    must(world.arena().living_thread_of(child)),
                    Some(me.token()),
                    "a living thread was reaped"
                );
                true
            }),
        ]);
    });
}

/// Threads come and go in fewer slots than there were threads: each slot is one thread's.
#[test]
fn no_thread_slot_has_two_owners() {
    Exploration::new(Timeouts::WhenAllSleep).run(|model: &Model| {
        let world = Arc::new(World::of(monitor::KINDS, 5));
        let founder = world.process();
        let process = founder.process();
        let comes_and_goes = move |world: &World| {
            for round in 0..3 {
                let me = must(world.arena().register_simulated_thread(process));
                let mark = u64::from(me.token().bits()) << 8 | round;
                let intent = must(me.intent());
                intent.set_count(mark);
                assert_eq!(intent.count(), mark, "somebody else has the slot too");
                assert!(!must(world.arena().is_dead(me.token())));
            }
        };
        model.run(vec![
            thread(&world, comes_and_goes),
            thread(&world, comes_and_goes),
            thread(&world, comes_and_goes),
        ]);
        let free = (0..5).map_while(|_| world.arena().register_simulated_thread(process).ok());
        assert_eq!(free.collect::<Vec<_>>().len(), 4, "a slot has leaked");
    });
}

/// Two look for the dead while a process dies thread by thread and a newcomer takes a slot over.
#[test]
fn a_newcomer_in_a_dead_threads_slot_is_not_reaped() {
    let exploration = Exploration {
        depth: 7,
        ..Exploration::new(Timeouts::WhenAllSleep).times(4)
    };
    exploration.run(|model: &Model| {
        let world = Arc::new(World::of(monitor::KINDS, 12));
        let founder = world.process();
        let process = founder.process();
        let (one, other) = {
            let one = world.process();
            let other = world.thread_of(one.process());
            (one, other)
        };
        let last = other.token();
        other.disown();
        die(one);
        let reaper = |world: &World| {
            // It has reaped before, so that it is quick when it matters.
            let me = {
                let _at_once = uninterrupted();
                let me = world.process();
                let dead = world.process();
                let process = dead.process();
                die(dead);
                must(me.process_ended(process));
                me
            };
            must(me.reap_dead());
            let token = me.token();
            me.disown();
            Some(token)
        };
        let living = model.run(vec![
            thread(&world, reaper),
            thread(&world, reaper),
            thread(&world, move |world| {
                must(world.arena().end_simulated_thread(last));
                None
            }),
            thread(&world, move |world| {
                let me = must(world.arena().register_simulated_thread(process));
                let token = me.token();
                me.disown();
                Some(token)
            }),
        ]);
        for token in living.into_iter().flatten() {
            assert!(
                !must(world.arena().is_dead(token)),
                "a living thread was reaped"
            );
        }
    });
}
