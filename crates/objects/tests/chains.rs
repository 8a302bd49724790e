//! Objects that refer to each other in chains.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;

use procession_arena::{Arena, ArenaConfig, Handle, Participant};
use procession_objects::{Dict, DictConfig, Element, KINDS, List, ListConfig, Value};

/// Far more objects than calls fit on the stack below.
const LENGTH: usize = 500;
const STACK: usize = 256 << 10;

fn value(me: &Participant, next: &[Handle]) -> Handle {
    Value::create_record(me, b"value", next, None)
        .unwrap()
        .handle()
}

fn dict(me: &Participant, next: &[Handle]) -> Handle {
    let dict = Dict::create(me, &DictConfig::default()).unwrap();
    dict.insert(me, b"next", b"dict", next).unwrap();
    dict.handle()
}

fn list(me: &Participant, next: &[Handle]) -> Handle {
    let list = List::create(me, &ListConfig::default()).unwrap();
    let element = Element {
        bytes: b"list",
        handles: next,
    };
    list.push(me, element).unwrap();
    list.handle()
}

#[test]
fn a_chain_of_objects_ends_with_its_first_one_however_long_it_is() {
    for create in [value, dict, list] {
        let config = ArenaConfig {
            memory_cap: 64 << 20,
            max_processes: 4,
            max_threads: 8,
        };
        let arena = Arena::create(&config, KINDS).unwrap();
        let process = arena.register_root().unwrap();
        let end_it_all = || {
            let me = arena.register_thread(process).unwrap();
            let mut first = create(&me, &[]);
            for _ in 0..LENGTH {
                let next = first;
                first = create(&me, &[next]);
                me.detach(next).unwrap();
            }
            me.detach(first).unwrap();
            let left = me.verify().unwrap();
            assert_eq!((left.blocks, left.objects), (0, 0), "something is left");
        };
        thread::scope(|scope| {
            let small = thread::Builder::new().stack_size(STACK);
            let worker = small.spawn_scoped(scope, end_it_all).unwrap();
            worker.join().unwrap();
        });
    }
}
