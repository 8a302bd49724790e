//! Dicts as one process with many threads sees them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use procession_arena::{Arena, ArenaConfig, Error, Handle, Participant, ProcessId};
use procession_objects::{
    Change, Dict, DictConfig, Expect, Item, KINDS, Queue, QueueConfig, Reading, Snapshot,
};

/// An arena of at most `memory` bytes, and the process that the test is.
fn session(memory: u64) -> (Arc<Arena>, ProcessId) {
    let config = ArenaConfig {
        memory_cap: memory,
        max_processes: 4,
        max_threads: 32,
    };
    let arena = Arena::create(&config, KINDS).unwrap();
    let process = arena.register_root().unwrap();
    (arena, process)
}

fn small_session() -> (Arc<Arena>, ProcessId, Participant) {
    let (arena, process) = session(64 << 20);
    let me = arena.register_thread(process).unwrap();
    (arena, process, me)
}

fn create(me: &Participant) -> Dict {
    Dict::create(me, &DictConfig::default()).unwrap()
}

fn get(dict: &Dict, me: &Participant, key: &[u8]) -> Option<Vec<u8>> {
    let mut reading = Reading::default();
    dict.get(me, key, &mut reading)
        .unwrap()
        .then_some(reading.bytes)
}

fn entries(dict: &Dict, me: &Participant) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut snapshot = Snapshot::default();
    dict.snapshot(me, &mut snapshot).unwrap();
    snapshot
        .iter()
        .map(|entry| (entry.key.to_vec(), entry.value.to_vec()))
        .collect()
}

/// Ends the dict's last hold and checks that nothing is left of it.
fn end(dict: &Dict, me: &Participant) {
    me.verify().unwrap();
    dict.detach(me).unwrap();
    let left = me.verify().unwrap();
    assert_eq!((left.blocks, left.objects), (0, 0), "something is left");
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

#[test]
fn an_entry_comes_changes_and_goes() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    assert_eq!(get(&dict, &me, b"a"), None);
    assert!(!dict.insert(&me, b"a", b"1", &[]).unwrap());
    assert!(dict.insert(&me, b"a", b"2", &[]).unwrap());
    assert_eq!(get(&dict, &me, b"a"), Some(b"2".to_vec()));
    assert!(dict.contains(&me, b"a").unwrap());
    assert_eq!(dict.len(&me).unwrap(), 1);
    let mut old = Reading::default();
    assert!(
        dict.remove(&me, b"a", Expect::Anything, Some(&mut old))
            .unwrap()
    );
    assert_eq!(old.bytes, b"2");
    assert!(
        !dict
            .remove(&me, b"a", Expect::Anything, Some(&mut old))
            .unwrap()
    );
    assert_eq!(old, Reading::default());
    assert!(dict.is_empty(&me).unwrap());
    end(&dict, &me);
}

#[test]
fn empty_keys_and_values_are_like_others() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    dict.insert(&me, b"", b"", &[]).unwrap();
    assert_eq!(get(&dict, &me, b""), Some(Vec::new()));
    assert_eq!(entries(&dict, &me), [(Vec::new(), Vec::new())]);
    end(&dict, &me);
}

#[test]
fn keys_that_differ_in_their_last_byte_are_different() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    for length in [1, 7, 8, 9, 63, 64, 65, 128, 1000] {
        let mut key = vec![b'k'; length];
        dict.insert(&me, &key, b"this", &[]).unwrap();
        key[length - 1] = b'l';
        assert_eq!(get(&dict, &me, &key), None);
        dict.insert(&me, &key, b"that", &[]).unwrap();
        key[length - 1] = b'k';
        assert_eq!(get(&dict, &me, &key), Some(b"this".to_vec()));
    }
    end(&dict, &me);
}

#[test]
fn values_may_be_of_any_size() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    for length in [0, 1, 4096, 4097, 40_000, 5_000_000] {
        let value: Vec<u8> = (0..length).map(|place: u32| place as u8).collect();
        dict.insert(&me, b"key", &value, &[]).unwrap();
        assert!(get(&dict, &me, b"key") == Some(value));
    }
    end(&dict, &me);
}

#[test]
fn a_change_is_refused_unless_the_entry_is_as_expected() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    let mut reading = Reading::default();
    let set = |value: &[u8], expect| dict.set(&me, b"k", value, &[], expect, None).unwrap();
    assert_eq!(set(b"0", Expect::Present), Change::Refused);
    assert_eq!(set(b"1", Expect::Absent), Change::Inserted);
    assert_eq!(set(b"2", Expect::Absent), Change::Refused);
    let first = dict.get_stamped(&me, b"k", &mut reading).unwrap().unwrap();
    assert_eq!(set(b"3", Expect::Exactly(first)), Change::Replaced);
    assert_eq!(set(b"4", Expect::Exactly(first)), Change::Refused);
    assert_eq!(set(b"3", Expect::Present), Change::Replaced);
    assert_eq!(get(&dict, &me, b"k"), Some(b"3".to_vec()));
    assert!(
        !dict
            .remove(&me, b"k", Expect::Exactly(first), None)
            .unwrap()
    );
    let now = dict.get_stamped(&me, b"k", &mut reading).unwrap().unwrap();
    assert!(dict.remove(&me, b"k", Expect::Exactly(now), None).unwrap());
    assert_eq!(set(b"5", Expect::Exactly(now)), Change::Refused);
    assert_eq!(set(b"", Expect::Unmarked(b'm')), Change::Inserted);
    assert_eq!(set(b"marked", Expect::Unmarked(b'm')), Change::Replaced);
    assert_eq!(set(b"6", Expect::Unmarked(b'm')), Change::Refused);
    assert_eq!(set(b"6", Expect::Unmarked(b'n')), Change::Replaced);
    end(&dict, &me);
}

#[test]
fn the_value_that_is_replaced_can_be_had() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    let mut old = Reading::default();
    old.bytes.push(7);
    let insert = |value: &[u8], old: &mut Reading| {
        dict.set(&me, b"k", value, &[], Expect::Anything, Some(old))
            .unwrap()
    };
    assert_eq!(insert(b"1", &mut old), Change::Inserted);
    assert!(old.bytes.is_empty());
    assert_eq!(insert(b"2", &mut old), Change::Replaced);
    assert_eq!(old.bytes, b"1");
    end(&dict, &me);
}

#[test]
fn order_is_that_of_insertion() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    for key in [b"c", b"a", b"d", b"b"] {
        dict.insert(&me, key, b"", &[]).unwrap();
    }
    dict.insert(&me, b"a", b"again", &[]).unwrap();
    dict.remove(&me, b"c", Expect::Anything, None).unwrap();
    dict.insert(&me, b"c", b"", &[]).unwrap();
    let keys: Vec<_> = entries(&dict, &me)
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(keys, [b"a", b"d", b"b", b"c"]);
    let (mut key, mut value) = (Vec::new(), Reading::default());
    for expected in [b"c", b"b", b"d", b"a"] {
        assert!(dict.pop_item(&me, &mut key, &mut value).unwrap());
        assert_eq!(key, expected);
    }
    assert!(!dict.pop_item(&me, &mut key, &mut value).unwrap());
    assert!(key.is_empty() && value.bytes.is_empty());
    end(&dict, &me);
}

#[test]
fn does_what_a_list_of_pairs_would_do() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    let mut model: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut random = Random(1);
    for round in 0..20_000_u64 {
        let key = random.below(40).to_string().into_bytes();
        let place = model.iter().position(|(there, _)| *there == key);
        let value = round.to_le_bytes().repeat(random.below(4) as usize);
        match random.below(100) {
            0..50 => {
                assert_eq!(
                    dict.insert(&me, &key, &value, &[]).unwrap(),
                    place.is_some()
                );
                put(&mut model, key, value);
            }
            50..85 => {
                let removed = dict.remove(&me, &key, Expect::Anything, None).unwrap();
                assert_eq!(removed, place.is_some());
                if let Some(place) = place {
                    model.remove(place);
                }
            }
            85..93 => {
                let (mut last, mut reading) = (Vec::new(), Reading::default());
                let popped = dict.pop_item(&me, &mut last, &mut reading).unwrap();
                assert_eq!(popped.then_some((last, reading.bytes)), model.pop());
            }
            93..99 => {
                let others: Vec<_> = (0..random.below(30))
                    .map(|_| random.below(60).to_string().into_bytes())
                    .collect();
                let items: Vec<_> = others
                    .iter()
                    .map(|key| Item {
                        key,
                        value: &value,
                        handles: &[],
                    })
                    .collect();
                dict.extend(&me, &items).unwrap();
                for key in others {
                    put(&mut model, key, value.clone());
                }
            }
            _ => {
                dict.clear(&me).unwrap();
                model.clear();
            }
        }
        assert_eq!(dict.len(&me).unwrap(), model.len() as u64);
        if round % 16 == 0 {
            assert_eq!(entries(&dict, &me), model, "after round {round}");
            for (key, value) in &model {
                assert_eq!(get(&dict, &me, key).as_ref(), Some(value));
            }
        }
    }
    end(&dict, &me);
}

fn put(model: &mut Vec<(Vec<u8>, Vec<u8>)>, key: Vec<u8>, value: Vec<u8>) {
    match model.iter_mut().find(|(there, _)| *there == key) {
        Some((_, old)) => *old = value,
        None => model.push((key, value)),
    }
}

#[test]
fn a_queue_of_keys_does_not_make_the_dict_grow() {
    let (arena, _, me) = small_session();
    let dict = create(&me);
    let used = |number: u64| {
        let key = number.to_le_bytes();
        dict.insert(&me, &key, &key, &[]).unwrap();
        if number >= 10 {
            let first = (number - 10).to_le_bytes();
            assert!(dict.remove(&me, &first, Expect::Present, None).unwrap());
        }
    };
    (0..100_000).for_each(used);
    assert_eq!(dict.len(&me).unwrap(), 10);
    // And a stack of ever new ones.
    let (mut key, mut value) = (Vec::new(), Reading::default());
    for number in 1_000_000..1_100_000_u64 {
        dict.insert(&me, &number.to_le_bytes(), b"", &[]).unwrap();
        assert!(dict.pop_item(&me, &mut key, &mut value).unwrap());
        assert_eq!(key, number.to_le_bytes());
    }
    assert!(me.verify().unwrap().blocks < 20);
    assert_eq!(arena.rescued_wakes().unwrap(), 0);
    end(&dict, &me);
}

#[test]
fn many_entries() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    for number in 0..100_000_u64 {
        dict.insert(&me, &number.to_le_bytes(), &number.to_be_bytes(), &[])
            .unwrap();
    }
    for number in 0..100_000_u64 {
        let value = get(&dict, &me, &number.to_le_bytes());
        assert_eq!(value, Some(number.to_be_bytes().to_vec()));
    }
    dict.clear(&me).unwrap();
    assert!(dict.is_empty(&me).unwrap());
    assert_eq!(me.verify().unwrap().blocks, 1, "only the header is left");
    end(&dict, &me);
}

#[test]
fn extend_changes_nothing_if_memory_ends_in_its_middle() {
    let (arena, process) = session(4 << 20);
    let me = arena.register_thread(process).unwrap();
    let dict = create(&me);
    dict.insert(&me, b"0", b"before", &[]).unwrap();
    let before = me.verify().unwrap();
    let keys: Vec<_> = (0..100).map(|number: u32| number.to_string()).collect();
    let value = vec![7; 100_000];
    let items: Vec<_> = keys
        .iter()
        .map(|key| Item {
            key: key.as_bytes(),
            value: &value,
            handles: &[],
        })
        .collect();
    let refused = dict.extend(&me, &items);
    assert!(
        matches!(refused, Err(Error::OutOfMemory { .. })),
        "{refused:?}"
    );
    assert_eq!(entries(&dict, &me), [(b"0".to_vec(), b"before".to_vec())]);
    assert_eq!(me.verify().unwrap(), before);
    dict.extend(&me, &items[..10]).unwrap();
    assert_eq!(dict.len(&me).unwrap(), 10);
    end(&dict, &me);
}

#[test]
fn a_dict_that_fills_all_memory_can_be_cleared() {
    let (arena, process) = session(4 << 20);
    let me = arena.register_thread(process).unwrap();
    let dict = create(&me);
    let mut inserted = 0_u64;
    let refused = loop {
        match dict.insert(&me, &inserted.to_le_bytes(), &[1; 500], &[]) {
            Ok(_) => inserted += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::OutOfMemory { .. }), "{refused:?}");
    assert_eq!(dict.len(&me).unwrap(), inserted);
    assert!(
        dict.remove(&me, &0_u64.to_le_bytes(), Expect::Present, None)
            .unwrap()
    );
    dict.clear(&me).unwrap();
    dict.insert(&me, b"a", b"b", &[]).unwrap();
    end(&dict, &me);
}

#[test]
fn a_handle_in_a_value_keeps_its_object_alive() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    let nested = create(&me);
    nested.insert(&me, b"inside", b"1", &[]).unwrap();
    let handle = nested.handle();
    dict.insert(&me, b"nested", b"", &[handle]).unwrap();
    nested.detach(&me).unwrap();
    let mut reading = Reading::default();
    assert!(dict.get(&me, b"nested", &mut reading).unwrap());
    assert_eq!(reading.handles, [handle]);
    let again = Dict::attach(&me, handle, None).unwrap();
    assert_eq!(get(&again, &me, b"inside"), Some(b"1".to_vec()));
    again.detach(&me).unwrap();
    me.detach(handle).unwrap();
    // Whoever gets the value that is replaced holds what it carries.
    let old = Some(&mut reading);
    dict.set(&me, b"nested", b"", &[], Expect::Present, old)
        .unwrap();
    assert_eq!(reading.handles, [handle]);
    assert!(me.arena().object(handle).is_ok());
    me.detach(handle).unwrap();
    assert_gone(&me, handle);
    end(&dict, &me);
}

#[test]
fn an_object_goes_with_the_last_entry_that_carries_it() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    type Ending = fn(&Dict, &Participant);
    let endings: [Ending; 5] = [
        |dict, me| assert!(dict.remove(me, b"n", Expect::Anything, None).unwrap()),
        |dict, me| assert!(dict.insert(me, b"n", b"", &[]).unwrap()),
        |dict, me| dict.clear(me).unwrap(),
        |dict, me| {
            let (key, value) = (&b"n"[..], &b"other"[..]);
            let handles = &[];
            dict.extend(
                me,
                &[Item {
                    key,
                    value,
                    handles,
                }],
            )
            .unwrap();
        },
        |dict, me| {
            let mut reading = Reading::default();
            dict.pop_item(me, &mut Vec::new(), &mut reading).unwrap();
            reading
                .handles
                .iter()
                .for_each(|handle| me.detach(*handle).unwrap());
        },
    ];
    for ending in endings {
        let nested = create(&me);
        dict.clear(&me).unwrap();
        dict.insert(&me, b"n", b"", &[nested.handle()]).unwrap();
        nested.detach(&me).unwrap();
        assert!(me.arena().object(nested.handle()).is_ok());
        ending(&dict, &me);
        assert_gone(&me, nested.handle());
    }
    let gone = Handle {
        index: 200,
        generation: 7,
    };
    let refused = dict.insert(&me, b"n", b"", &[gone]);
    assert!(
        matches!(refused, Err(Error::StaleHandle { .. })),
        "{refused:?}"
    );
    end(&dict, &me);
}

#[test]
fn what_a_dict_carries_goes_with_it() {
    let (_arena, _, me) = small_session();
    let dict = create(&me);
    let queue = Queue::create(&me, &QueueConfig::default()).unwrap();
    dict.insert(&me, b"q", b"", &[queue.handle()]).unwrap();
    queue.detach(&me).unwrap();
    assert!(me.arena().object(queue.handle()).is_ok());
    end(&dict, &me);
}

fn assert_gone(me: &Participant, handle: Handle) {
    let found = me.arena().object(handle);
    assert!(matches!(found, Err(Error::StaleHandle { .. })), "{found:?}");
}

#[test]
fn a_handle_of_something_else_is_refused() {
    let (_arena, _, me) = small_session();
    let queue = Queue::create(&me, &QueueConfig::default()).unwrap();
    let refused = Dict::attach(&me, queue.handle(), None).unwrap_err();
    assert!(
        refused.to_string().contains("is a queue, not a dict"),
        "{refused}"
    );
    queue.detach(&me).unwrap();
    let gone = Dict::attach(&me, queue.handle(), None);
    assert!(matches!(gone, Err(Error::StaleHandle { .. })), "{gone:?}");
    let config = DictConfig {
        contents: Some("text to numbers"),
        capacity: 0,
    };
    let dict = Dict::create(&me, &config).unwrap();
    let other = Dict::attach(&me, dict.handle(), Some("numbers to text")).unwrap_err();
    let message = other.to_string();
    assert!(message.contains("a dict of text to numbers"), "{message}");
    assert!(message.contains("a dict of numbers to text"), "{message}");
    for fitting in [Some("text to numbers"), None] {
        Dict::attach(&me, dict.handle(), fitting)
            .unwrap()
            .detach(&me)
            .unwrap();
    }
    end(&dict, &me);
}

/// A value that shows whether it is whole: its length and all its bytes follow from two numbers.
fn pattern(key: u64, version: u64) -> Vec<u8> {
    // Small ones mostly, and some that are copied without a look at the version.
    let length = match version % 7 {
        0 => 5000 + version % 3000,
        // Takes long enough to copy for a block to be used again meanwhile.
        1..=3 => 3500 + version % 500,
        _ => 16 + version % 60,
    };
    let mut bytes = key.to_le_bytes().to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend((16..length).map(|place| (place ^ version ^ key) as u8));
    bytes
}

fn assert_whole(key: u64, value: &[u8]) -> u64 {
    let number = |from: usize| u64::from_le_bytes(value[from..from + 8].try_into().unwrap());
    assert_eq!(number(0), key, "the value of another key");
    let version = number(8);
    assert!(value == pattern(key, version), "a torn value");
    version
}

#[test]
fn readers_see_whole_values_while_writers_do_everything() {
    const KEYS: u64 = 12;
    const ROUNDS: u64 = 30_000;
    let (arena, process, me) = small_session();
    let dict = create(&me);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let me = arena.register_thread(process).unwrap();
                let mut reading = Reading::default();
                let mut random = Random(5);
                while !over.load(Ordering::Relaxed) {
                    let key = random.below(KEYS);
                    if dict.get(&me, &key.to_le_bytes(), &mut reading).unwrap() {
                        assert_whole(key, &reading.bytes);
                    }
                }
            });
        }
        let writers: Vec<_> = (0..2)
            .map(|number| {
                let (arena, dict) = (&arena, &dict);
                scope.spawn(move || {
                    let me = arena.register_thread(process).unwrap();
                    let mut random = Random(number);
                    for round in 0..ROUNDS {
                        write_somewhere(dict, &me, &mut random, KEYS, round);
                    }
                })
            })
            .collect();
        let outcomes: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        over.store(true, Ordering::Relaxed);
        outcomes.into_iter().for_each(|outcome| outcome.unwrap());
    });
    assert_eq!(arena.rescued_wakes().unwrap(), 0);
    end(&dict, &me);
}

/// As fast as a thread can, so that blocks are used again while somebody still copies them.
#[test]
fn a_value_is_whole_however_fast_it_is_replaced() {
    const ROUNDS: usize = 300_000;
    let (arena, process, me) = small_session();
    let dict = create(&me);
    let values: Vec<_> = (0..8_u8).map(|byte| vec![byte; 4000]).collect();
    dict.insert(&me, b"key", &values[0], &[]).unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let me = arena.register_thread(process).unwrap();
            let mut reading = Reading::default();
            while !over.load(Ordering::Relaxed) {
                assert!(dict.get(&me, b"key", &mut reading).unwrap());
                let first = usize::from(reading.bytes[0]);
                assert!(reading.bytes == values[first], "a torn value");
            }
        });
        for round in 0..ROUNDS {
            dict.insert(&me, b"key", &values[round % 8], &[]).unwrap();
        }
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    end(&dict, &me);
}

fn write_somewhere(dict: &Dict, me: &Participant, random: &mut Random, keys: u64, round: u64) {
    let key = random.below(keys);
    match random.below(1000) {
        0 => dict.clear(me).unwrap(),
        1..300 => {
            dict.remove(me, &key.to_le_bytes(), Expect::Anything, None)
                .unwrap();
        }
        300..310 => {
            let keys: Vec<_> = (key..key + 20).map(|key| key % keys).collect();
            let pairs: Vec<_> = keys
                .iter()
                .map(|key| (key.to_le_bytes(), pattern(*key, round)))
                .collect();
            let items: Vec<_> = pairs
                .iter()
                .map(|(key, value)| Item {
                    key,
                    value,
                    handles: &[],
                })
                .collect();
            dict.extend(me, &items).unwrap();
        }
        310..330 => {
            let (mut last, mut reading) = (Vec::new(), Reading::default());
            if dict.pop_item(me, &mut last, &mut reading).unwrap() {
                let last = u64::from_le_bytes(last.try_into().unwrap());
                assert_whole(last, &reading.bytes);
            }
        }
        _ => {
            let mut old = Reading::default();
            let value = pattern(key, round);
            let change = dict.set(
                me,
                &key.to_le_bytes(),
                &value,
                &[],
                Expect::Anything,
                Some(&mut old),
            );
            if change.unwrap() == Change::Replaced {
                assert_whole(key, &old.bytes);
            }
        }
    }
}

#[test]
fn a_snapshot_is_of_one_moment() {
    const ROUNDS: u64 = 10_000;
    let (arena, process, me) = small_session();
    let dict = create(&me);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let me = arena.register_thread(process).unwrap();
            let mut snapshot = Snapshot::default();
            let mut latest = 0;
            while !over.load(Ordering::Relaxed) {
                dict.snapshot(&me, &mut snapshot).unwrap();
                // All were set by the same call, and numbers came and went in order.
                let versions: Vec<_> = snapshot
                    .iter()
                    .filter(|entry| entry.key.len() == 8)
                    .map(|entry| {
                        let key = u64::from_le_bytes(entry.key.try_into().unwrap());
                        assert_whole(key, entry.value)
                    })
                    .collect();
                assert!(versions.iter().all(|version| *version == versions[0]));
                assert!(versions.is_empty() || versions.len() == 5, "{versions:?}");
                if let Some(version) = versions.first() {
                    assert!(*version >= latest, "time went backwards");
                    latest = *version;
                }
            }
        });
        for round in 0..ROUNDS {
            let pairs: Vec<_> = (0..5_u64)
                .map(|key| (key.to_le_bytes(), pattern(key, round)))
                .collect();
            let items: Vec<_> = pairs
                .iter()
                .map(|(key, value)| Item {
                    key,
                    value,
                    handles: &[],
                })
                .collect();
            dict.extend(&me, &items).unwrap();
            // Makes the table grow now and then.
            dict.insert(&me, &[round as u8, 1], b"", &[]).unwrap();
            if round % 100 == 99 {
                dict.clear(&me).unwrap();
            }
        }
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    end(&dict, &me);
}

#[test]
fn no_optimistic_change_is_lost() {
    const THREADS: u64 = 3;
    const ROUNDS: u64 = 3_000;
    let (arena, process, me) = small_session();
    let dict = create(&me);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let me = arena.register_thread(process).unwrap();
                (0..ROUNDS).for_each(|_| add_one(&dict, &me));
            });
        }
    });
    let sum = get(&dict, &me, b"sum").unwrap();
    assert_eq!(sum, (THREADS * ROUNDS).to_le_bytes());
    end(&dict, &me);
}

fn add_one(dict: &Dict, me: &Participant) {
    let mut reading = Reading::default();
    loop {
        let stamp = dict.get_stamped(me, b"sum", &mut reading).unwrap();
        let (sum, expect) = match stamp {
            Some(stamp) => (
                u64::from_le_bytes(reading.bytes[..].try_into().unwrap()),
                Expect::Exactly(stamp),
            ),
            None => (0, Expect::Absent),
        };
        let new = (sum + 1).to_le_bytes();
        if dict.set(me, b"sum", &new, &[], expect, None).unwrap() != Change::Refused {
            return;
        }
    }
}
