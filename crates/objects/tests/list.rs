//! Lists as one process with many threads sees them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use procession_arena::{Arena, ArenaConfig, Error, Handle, Participant, ProcessId};
use procession_objects::{
    Element, Expect, KINDS, List, ListConfig, Queue, QueueConfig, Reading, Snapshot,
};

/// An arena of at most `memory` bytes, and the process that the test is.
fn session(memory: u64) -> (Arc<Arena>, ProcessId, Participant) {
    let config = ArenaConfig {
        memory_cap: memory,
        max_processes: 4,
        max_threads: 32,
    };
    let arena = Arena::create(&config, KINDS).unwrap();
    let process = arena.register_root().unwrap();
    let me = arena.register_thread(process).unwrap();
    (arena, process, me)
}

/// A list whose chunks hold four elements, so that small tests have many of them.
fn create(me: &Participant) -> List {
    let config = ListConfig {
        chunk_bits: 2,
        ..ListConfig::default()
    };
    List::create(me, &config).unwrap()
}

fn element(bytes: &[u8]) -> Element<'_> {
    Element {
        bytes,
        handles: &[],
    }
}

fn carrying<'a>(bytes: &'a [u8], handles: &'a [Handle]) -> Element<'a> {
    Element { bytes, handles }
}

fn elements(list: &List, me: &Participant) -> Vec<Vec<u8>> {
    let mut snapshot = Snapshot::default();
    list.snapshot(me, &mut snapshot).unwrap();
    snapshot.iter().map(|its| its.value.to_vec()).collect()
}

/// The same, one by one.
fn elements_by_index(list: &List, me: &Participant) -> Vec<Vec<u8>> {
    let mut reading = Reading::default();
    (0..list.len(me).unwrap())
        .map(|index| {
            assert!(list.get(me, index, &mut reading).unwrap());
            reading.bytes.clone()
        })
        .collect()
}

/// Ends the list's last hold and checks that nothing is left of it.
fn end(list: &List, me: &Participant) {
    me.verify().unwrap();
    list.detach(me).unwrap();
    let left = me.verify().unwrap();
    assert_eq!((left.blocks, left.objects), (0, 0), "something is left");
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// Thousands of operations of all sorts do what they do to a `Vec`.
#[test]
fn a_list_does_what_a_vector_does() {
    let (_arena, _, me) = session(64 << 20);
    let list = create(&me);
    let mut model: Vec<Vec<u8>> = Vec::new();
    let mut random = Random(7);
    let mut reading = Reading::default();
    for step in 0..6000u32 {
        let size = if step % 50 == 0 {
            9000
        } else {
            random.below(40)
        };
        let mut bytes = step.to_le_bytes().to_vec();
        bytes.resize(4 + size, step as u8);
        let index = random.below(model.len() + 1);
        let other = random.below(model.len());
        // Grows for a while and shrinks for a while.
        match (random.below(20), step % 1500 < 900) {
            (0..=3, _) | (4..=7, true) => {
                list.push(&me, element(&bytes)).unwrap();
                model.push(bytes);
            }
            (4..=7, false) => {
                assert_eq!(list.pop(&me, &mut reading).unwrap(), !model.is_empty());
                assert_eq!(model.pop().unwrap_or_default(), reading.bytes);
            }
            (8..=10, _) => {
                list.insert(&me, index as u64, element(&bytes)).unwrap();
                model.insert(index, bytes);
            }
            (11..=13, _) if index < model.len() => {
                list.remove(&me, index as u64, &mut reading).unwrap();
                assert_eq!(model.remove(index), reading.bytes);
            }
            (14, _) if index < model.len() => {
                let anything = Expect::Anything;
                assert!(
                    list.set(&me, index as u64, element(&bytes), anything)
                        .unwrap()
                );
                model[index] = bytes;
            }
            (15, _) => {
                let end = (index + random.below(9)).min(model.len());
                let new = vec![bytes; random.below(9)];
                let elements: Vec<_> = new.iter().map(|bytes| element(bytes)).collect();
                list.splice(&me, index as u64..end as u64, &elements)
                    .unwrap();
                model.splice(index..end, new);
            }
            (16, _) => {
                let new = vec![bytes; random.below(12)];
                let elements: Vec<_> = new.iter().map(|bytes| element(bytes)).collect();
                list.extend(&me, &elements).unwrap();
                model.extend(new);
            }
            (17, _) => {
                list.reverse(&me).unwrap();
                model.reverse();
            }
            (18, _) if index < model.len() => {
                list.swap(&me, index as u64, other as u64).unwrap();
                model.swap(index, other);
            }
            (19, false) => {
                list.truncate(&me, index as u64).unwrap();
                model.truncate(index);
            }
            _ => {}
        }
        if step % 40 == 0 {
            assert_eq!(elements(&list, &me), model, "after step {step}");
            assert_eq!(elements_by_index(&list, &me), model, "after step {step}");
            me.verify().unwrap();
        }
    }
    end(&list, &me);
}

#[test]
fn a_large_list_with_chunks_of_the_usual_size() {
    let (_arena, _, me) = session(256 << 20);
    let list = List::create(&me, &ListConfig::default()).unwrap();
    for number in 0..20_000u64 {
        list.push(&me, element(&number.to_le_bytes())).unwrap();
    }
    for number in 0..500u64 {
        list.insert(&me, number * 2, element(&[])).unwrap();
    }
    let mut reading = Reading::default();
    for index in (0..20_500).rev().step_by(7) {
        assert!(list.get(&me, index, &mut reading).unwrap());
        let expected = match index {
            0..1000 if index % 2 == 0 => Vec::new(),
            0..1000 => (index / 2).to_le_bytes().to_vec(),
            _ => (index - 500).to_le_bytes().to_vec(),
        };
        assert_eq!(reading.bytes, expected, "at {index}");
    }
    list.clear(&me).unwrap();
    assert!(list.is_empty(&me).unwrap());
    end(&list, &me);
}

#[test]
fn positions_beyond_the_end_are_errors_and_change_nothing() {
    let (_arena, _, me) = session(16 << 20);
    let list = create(&me);
    list.push(&me, element(b"one")).unwrap();
    let mut reading = Reading::default();
    assert!(!list.get(&me, 1, &mut reading).unwrap());
    assert_eq!(list.get_stamped(&me, 1, &mut reading).unwrap(), None);
    let outcomes = [
        list.set(&me, 1, element(b"x"), Expect::Anything).map(drop),
        list.insert(&me, 2, element(b"x")),
        list.remove(&me, 1, &mut reading),
        list.splice(&me, 2..3, &[]),
        list.swap(&me, 0, 1),
    ];
    for outcome in outcomes {
        assert!(
            matches!(outcome, Err(Error::IndexOutOfRange { length: 1, .. })),
            "{outcome:?}"
        );
    }
    assert_eq!(elements(&list, &me), [b"one"]);
    list.clear(&me).unwrap();
    assert!(!list.pop(&me, &mut reading).unwrap());
    assert!(!list.get_last(&me, &mut reading).unwrap());
    end(&list, &me);
}

#[test]
fn a_change_is_made_only_to_what_was_read() {
    let (_arena, _, me) = session(16 << 20);
    let list = create(&me);
    for byte in [3u8, 1, 2] {
        list.push(&me, element(&[byte])).unwrap();
    }
    let mut reading = Reading::default();
    let stamp = list.get_stamped(&me, 0, &mut reading).unwrap().unwrap();
    let this = Expect::Exactly(stamp);
    assert!(list.set(&me, 0, element(&[3]), this).unwrap());
    assert!(!list.set(&me, 0, element(&[4]), this).unwrap());
    assert!(!list.set(&me, 0, element(&[4]), Expect::Absent).unwrap());

    let mut snapshot = Snapshot::default();
    list.snapshot(&me, &mut snapshot).unwrap();
    list.push(&me, element(&[0])).unwrap();
    assert!(!list.rearrange(&me, &snapshot, &[1, 2, 0]).unwrap());
    // Of the same length, and of the same value even, but not the same.
    list.snapshot(&me, &mut snapshot).unwrap();
    assert!(list.set(&me, 0, element(&[3]), Expect::Anything).unwrap());
    assert!(!list.rearrange(&me, &snapshot, &[1, 2, 0, 3]).unwrap());
    list.snapshot(&me, &mut snapshot).unwrap();
    assert!(list.rearrange(&me, &snapshot, &[3, 1, 2, 2, 9]).unwrap());
    assert_eq!(elements(&list, &me), [[0], [1], [2]]);
    end(&list, &me);
}

#[test]
fn a_range_can_be_found_from_the_length() {
    let (_arena, _, me) = session(1 << 22);
    let list = create(&me);
    list.extend(&me, &[element(b"a"), element(b"b"), element(b"c")])
        .unwrap();
    let mut first = Reading::default();
    let last_two = |length: u64| length.checked_sub(2).map(|start| start..length);
    assert!(
        list.splice_where(&me, last_two, &[element(b"x")], Some(&mut first))
            .unwrap()
    );
    assert_eq!(first.bytes, b"b");
    assert_eq!(elements(&list, &me), [b"a", b"x"]);
    let last_three = |length: u64| length.checked_sub(3).map(|start| start..length);
    assert!(!list.splice_where(&me, last_three, &[], None).unwrap());
    end(&list, &me);
}

#[test]
fn contents_and_kinds_are_checked_when_a_list_is_attached() {
    let (_arena, _, me) = session(16 << 20);
    let config = ListConfig {
        contents: Some("u32"),
        ..ListConfig::default()
    };
    let list = List::create(&me, &config).unwrap();
    let error = List::attach(&me, list.handle(), Some("String")).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("is a list of u32, not a list of String"),
        "{error}"
    );
    let same = List::attach(&me, list.handle(), Some("u32")).unwrap();
    same.detach(&me).unwrap();
    let queue = Queue::create(&me, &QueueConfig::default()).unwrap();
    let error = List::attach(&me, queue.handle(), None).unwrap_err();
    assert!(matches!(error, Error::WrongKind { .. }), "{error}");
    queue.detach(&me).unwrap();
    end(&list, &me);
}

/// A queue in a list in a list lives as long as the outer one, and no longer.
#[test]
fn what_an_element_carries_lives_as_long_as_the_element() {
    let (_arena, _, me) = session(16 << 20);
    let outer = create(&me);
    let inner = create(&me);
    let queue = Queue::create(&me, &QueueConfig::default()).unwrap();
    inner.push(&me, carrying(b"q", &[queue.handle()])).unwrap();
    outer
        .extend(&me, &[element(b"-"), carrying(b"l", &[inner.handle()])])
        .unwrap();
    queue.detach(&me).unwrap();
    inner.detach(&me).unwrap();
    assert_eq!(me.verify().unwrap().objects, 3);

    let mut reading = Reading::default();
    assert!(outer.get(&me, 1, &mut reading).unwrap());
    let inner = List::attach(&me, reading.handles[0], None).unwrap();
    me.detach(reading.handles[0]).unwrap();
    // Whoever takes it out holds it.
    assert!(inner.pop(&me, &mut reading).unwrap());
    assert_eq!(me.verify().unwrap().objects, 3);
    inner
        .insert(&me, 0, carrying(b"q", &reading.handles))
        .unwrap();
    me.detach(reading.handles[0]).unwrap();
    inner.detach(&me).unwrap();
    assert_eq!(me.verify().unwrap().objects, 3);

    outer
        .set(&me, 1, element(b"nothing"), Expect::Present)
        .unwrap();
    assert_eq!(me.verify().unwrap().objects, 1);
    end(&outer, &me);
}

/// Fills the memory up, and tries everything that would need more.
#[test]
fn without_memory_nothing_changes_and_removing_still_works() {
    let (_arena, _, me) = session(4 << 20);
    let list = create(&me);
    let large = vec![7; 20_000];
    let error = loop {
        if let Err(error) = list.push(&me, element(&large)) {
            break error;
        }
    };
    assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
    let before = elements(&list, &me);
    // Some of the parts fit, all of them do not.
    let many: Vec<_> = [&b"small"[..], b"small", &large, &large]
        .map(element)
        .to_vec();
    let outcomes = [
        list.extend(&me, &many),
        list.splice(&me, 1..3, &many),
        list.insert(&me, 1, element(&large)),
        list.set(&me, 1, element(&large), Expect::Anything)
            .map(drop),
    ];
    for outcome in outcomes {
        assert!(
            matches!(outcome, Err(Error::OutOfMemory { .. })),
            "{outcome:?}"
        );
        assert!(elements(&list, &me) == before);
        me.verify().unwrap();
    }
    let mut reading = Reading::default();
    assert!(list.pop(&me, &mut reading).unwrap());
    list.truncate(&me, 3).unwrap();
    list.extend(&me, &many).unwrap();
    assert_eq!(list.len(&me).unwrap(), 7);
    end(&list, &me);
}

/// Every element is its list's generation; a snapshot never mixes two, whoever reads one gets all
/// of its bytes, and the length is always that of a whole generation.
#[test]
fn readers_see_no_half_made_change() {
    let (arena, process, me) = session(64 << 20);
    let list = create(&me);
    let generation = |number: u8| vec![vec![number; 6000]; 10];
    let replace = |list: &List, me: &Participant, number: u8| {
        let new = generation(number);
        let elements: Vec<_> = new.iter().map(|bytes| element(bytes)).collect();
        list.splice(me, 0..10, &elements).unwrap();
    };
    replace(&list, &me, 0);
    let handle = list.handle();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let me = arena.register_thread(process).unwrap();
                let list = List::attach(&me, handle, None).unwrap();
                let (mut snapshot, mut reading) = (Snapshot::default(), Reading::default());
                while !done.load(Ordering::Relaxed) {
                    list.snapshot(&me, &mut snapshot).unwrap();
                    assert_eq!(snapshot.len(), 10);
                    let first = snapshot.get(0).unwrap().value[0];
                    assert!(snapshot.iter().all(|its| its.value == [first; 6000]));
                    assert!(list.get(&me, 7, &mut reading).unwrap());
                    assert!(reading.bytes == vec![reading.bytes[0]; 6000]);
                    assert_eq!(list.len(&me).unwrap(), 10);
                }
                list.detach(&me).unwrap();
            });
        }
        for number in 0..200 {
            replace(&list, &me, number);
        }
        done.store(true, Ordering::Relaxed);
    });
    end(&list, &me);
}

/// Many threads push, pop and insert; nothing is lost and nothing is there twice.
#[test]
fn threads_share_a_list() {
    const EACH: u32 = 2000;
    let (arena, process, me) = session(64 << 20);
    let list = create(&me);
    let handle = list.handle();
    let taken: Vec<u32> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let arena = &arena;
                scope.spawn(move || {
                    let me = arena.register_thread(process).unwrap();
                    let list = List::attach(&me, handle, None).unwrap();
                    let (mut taken, mut reading) = (Vec::new(), Reading::default());
                    for number in worker * EACH..(worker + 1) * EACH {
                        let bytes = number.to_le_bytes();
                        match number % 3 {
                            0 => list.insert(&me, 0, element(&bytes)).unwrap(),
                            _ => list.push(&me, element(&bytes)).unwrap(),
                        }
                        if number % 2 == 0 && list.pop(&me, &mut reading).unwrap() {
                            taken.push(number_of(&reading.bytes));
                        }
                    }
                    list.detach(&me).unwrap();
                    taken
                })
            })
            .collect();
        let taken = workers.into_iter().map(|worker| worker.join().unwrap());
        taken.flatten().collect()
    });
    let mut all: Vec<_> = elements(&list, &me)
        .iter()
        .map(|its| number_of(its))
        .collect();
    all.extend(taken);
    all.sort_unstable();
    assert!(all.into_iter().eq(0..4 * EACH));
    end(&list, &me);
}

fn number_of(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().unwrap())
}
