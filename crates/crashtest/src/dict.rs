//! Operations of dicts, cut short.

use procession_arena::{Error, Handle, Participant, Transit};
use procession_objects::{Dict, DictConfig, Expect, Item, Reading, Snapshot};

use crate::enumerate::{Scenario, must};
use crate::world::World;

/// The key that a successor removes before anybody has looked for the dead.
const SUCCESSORS: &str = "successor's";
/// Keys that are set after all.
const LATER: u32 = 2;
/// Bytes of small values. There are few blocks of that size in a page, and each of them is looked
/// at after the death of the page's owner.
pub const SMALL: usize = 3_000;
/// Bytes of their records.
const RECORD: u64 = SMALL as u64 + 32;
/// Bytes of the first table, and of the next one.
const TABLE: u64 = 288;
const LARGER_TABLE: u64 = 544;
/// A description makes the header larger, for the same reason.
const WITH_LARGE_HEADER: DictConfig<'_> = DictConfig {
    contents: Some(match str::from_utf8(&[b'x'; 480]) {
        Ok(text) => text,
        Err(_) => "",
    }),
    capacity: 0,
};
/// Bytes of a draft.
const DRAFT: u64 = 152;
/// The key under which a handle stands.
const NESTED: &str = "nested";

/// An operation on a dict. Values are given by their lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Sets one key.
    Insert(&'static str, usize),
    /// Sets one key only if it is not there.
    InsertNew(&'static str, usize),
    /// Replaces the very version that is there.
    CompareExchange(&'static str, usize),
    /// Removes one key.
    Remove(&'static str),
    /// Removes the last entry.
    PopItem,
    /// Sets several keys at once.
    Extend(Vec<(&'static str, usize)>),
    /// Removes everything.
    Clear,
    /// Sets a key to a value that carries the handle of another dict, which only the entry keeps.
    InsertHandle,
    /// Removes the entry that carries it.
    RemoveHandle,
    /// Reads.
    Read,
    /// Creates another dict and gives it up again.
    CreateAndDetach,
    /// Gives up the dict; the last hold of it.
    Detach,
}

/// A dict in some state, and what happens to it.
#[derive(Clone, Debug)]
pub struct DictScenario {
    /// Keys and lengths of values, in order of insertion.
    pub entries: Vec<(String, usize)>,
    /// Keys that are removed again.
    pub removed: Vec<String>,
    /// What the victim does.
    pub operation: Operation,
}

/// Keys and values, in order.
pub type Entries = Vec<(String, Vec<u8>)>;

/// The dict, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    dict: Dict,
    /// Filled the dict and holds it until the end; `None` if the victim has the last hold.
    filler: Option<Participant>,
    /// What the entry `NESTED` carries.
    nested: Option<Handle>,
}

impl DictScenario {
    fn before(&self) -> Entries {
        let mut entries = Entries::new();
        for (key, length) in &self.entries {
            set(&mut entries, key, value(*length, 0));
        }
        entries.retain(|(key, _)| !self.removed.contains(key));
        if self.has_nested() {
            set(&mut entries, NESTED, value(SMALL, 0));
        }
        entries
    }

    /// What is there after the operation.
    fn after(&self) -> Entries {
        let mut entries = self.before();
        match &self.operation {
            Operation::Insert(key, length) => set(&mut entries, key, value(*length, 1)),
            Operation::InsertNew(key, length) => {
                if !entries.iter().any(|(there, _)| there == key) {
                    set(&mut entries, key, value(*length, 1));
                }
            }
            Operation::CompareExchange(key, length) => {
                if entries.iter().any(|(there, _)| there == key) {
                    set(&mut entries, key, value(*length, 1));
                }
            }
            Operation::Remove(key) => entries.retain(|(there, _)| there != key),
            Operation::RemoveHandle => entries.retain(|(there, _)| there != NESTED),
            Operation::PopItem => drop(entries.pop()),
            Operation::Extend(items) => {
                for (key, length) in items {
                    set(&mut entries, key, value(*length, 1));
                }
            }
            Operation::Clear => entries.clear(),
            Operation::InsertHandle => set(&mut entries, NESTED, value(SMALL, 0)),
            Operation::Read | Operation::CreateAndDetach | Operation::Detach => {}
        }
        entries
    }

    /// Whether an entry carries a handle from the beginning.
    fn has_nested(&self) -> bool {
        matches!(self.operation, Operation::RemoveHandle)
    }
}

impl Scenario for DictScenario {
    type Shared = Shared;
    type Observed = Entries;

    fn name(&self) -> String {
        let DictScenario {
            entries,
            removed,
            operation,
        } = self;
        format!("{operation:?} with {entries:?} without {removed:?}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        // Somebody else makes and fills it, so that what the victim frees is not its own.
        let filler = world.process();
        let dict = must(Dict::create(&filler, &DictConfig::default()));
        must(Dict::attach(victim, dict.handle(), None));
        must(dict.insert(&filler, SUCCESSORS.as_bytes(), &value(SMALL, 0), &[]));
        for (key, length) in &self.entries {
            must(dict.insert(&filler, key.as_bytes(), &value(*length, 0), &[]));
        }
        for key in &self.removed {
            assert!(must(dict.remove(
                &filler,
                key.as_bytes(),
                Expect::Anything,
                None
            )));
        }
        acquire_pages(victim);
        let mut nested = None;
        if self.has_nested() {
            nested = Some(put_nested(&dict, &filler));
        }
        let filler = match self.operation {
            Operation::Detach => {
                must(dict.detach(&filler));
                None
            }
            _ => Some(filler),
        };
        Shared {
            dict,
            filler,
            nested,
        }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let dict = &shared.dict;
        let mut reading = Reading::default();
        match &self.operation {
            Operation::Insert(key, length) => {
                must(dict.insert(victim, key.as_bytes(), &value(*length, 1), &[]));
            }
            Operation::InsertNew(key, length) => {
                let bytes = value(*length, 1);
                must(dict.set(victim, key.as_bytes(), &bytes, &[], Expect::Absent, None));
            }
            Operation::CompareExchange(key, length) => {
                let key = key.as_bytes();
                if let Some(stamp) = must(dict.get_stamped(victim, key, &mut reading)) {
                    let (bytes, old) = (value(*length, 1), Some(&mut reading));
                    must(dict.set(victim, key, &bytes, &[], Expect::Exactly(stamp), old));
                }
            }
            Operation::Remove(key) => {
                let old = Some(&mut reading);
                must(dict.remove(victim, key.as_bytes(), Expect::Present, old));
            }
            Operation::PopItem => {
                must(dict.pop_item(victim, &mut Vec::new(), &mut reading));
            }
            Operation::Extend(items) => {
                let values: Vec<_> = items.iter().map(|(_, length)| value(*length, 1)).collect();
                let items: Vec<_> = items
                    .iter()
                    .zip(&values)
                    .map(|((key, _), value)| Item {
                        key: key.as_bytes(),
                        value,
                        handles: &[],
                    })
                    .collect();
                must(dict.extend(victim, &items));
            }
            Operation::Clear => must(dict.clear(victim)),
            Operation::InsertHandle => {
                put_nested(dict, victim);
            }
            Operation::RemoveHandle => {
                must(dict.remove(victim, NESTED.as_bytes(), Expect::Anything, None));
            }
            Operation::Read => {
                must(dict.snapshot(victim, &mut Snapshot::default()));
                must(dict.get(victim, b"a", &mut reading));
            }
            Operation::CreateAndDetach => {
                let other = must(Dict::create(victim, &WITH_LARGE_HEADER));
                must(other.insert(victim, b"a", &value(SMALL, 1), &[dict.handle()]));
                must(other.insert(victim, b"b", &value(40_000, 1), &[]));
                must(other.detach(victim));
            }
            Operation::Detach => must(dict.detach(victim)),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.filler.is_none() {
            return;
        }
        // First without the lock, or so it thinks.
        read_all(&shared.dict, user);
        must(
            shared
                .dict
                .remove(user, SUCCESSORS.as_bytes(), Expect::Anything, None),
        );
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Entries {
        if shared.filler.is_none() {
            return Entries::new();
        }
        let dict = &shared.dict;
        must(Dict::attach(survivor, dict.handle(), None));
        let mut observed = read_all(dict, survivor);
        if self.operation == Operation::Clear {
            // Header, records, and the table if there is one: what was cleared is freed by now.
            let blocks = must(survivor.verify()).blocks;
            assert!(blocks <= observed.len() + 2, "{blocks} blocks");
        }
        if let Some(nested) = shared.nested
            && !observed.iter().any(|(key, _)| key == NESTED)
        {
            // Nothing leads to it any more.
            let gone = Dict::attach(survivor, nested, None);
            assert!(matches!(gone, Err(Error::StaleHandle { .. })), "{gone:?}");
        }
        let successors = dict.remove(survivor, SUCCESSORS.as_bytes(), Expect::Anything, None);
        observed.retain(|(key, _)| key != SUCCESSORS);
        must(successors);
        // It still works: every entry can be set, which does not move it; new keys, growth, removal from the end.
        for (key, value) in observed.iter().filter(|(key, _)| key != NESTED) {
            must(dict.insert(survivor, key.as_bytes(), value, &[]));
        }
        for number in 0..LATER {
            must(dict.insert(
                survivor,
                format!("later {number}").as_bytes(),
                &value(SMALL, 0),
                &[],
            ));
        }
        let (mut key, mut reading) = (Vec::new(), Reading::default());
        for number in (0..LATER).rev() {
            assert!(must(dict.pop_item(survivor, &mut key, &mut reading)));
            assert_eq!(key, format!("later {number}").as_bytes());
        }
        assert_eq!(read_all(dict, survivor), observed, "after its recovery");
        must(dict.detach(survivor));
        observed
    }

    fn allows(&self, observed: &Entries, _used: bool) -> bool {
        if self.operation == Operation::Detach {
            return observed.is_empty();
        }
        *observed == self.before() || *observed == self.after()
    }

    fn finish(&self, shared: Shared, survivor: &Participant) {
        if let Some(filler) = shared.filler {
            must(shared.dict.detach(&filler));
        }
        must(survivor.reap_dead());
    }
}

/// Has the thread get pages for blocks of the sizes that it will need: that the heap survives
/// deaths in the middle of that is shown elsewhere, and takes many stores.
fn acquire_pages(me: &Participant) {
    for length in [TABLE, LARGER_TABLE, DRAFT, RECORD] {
        must(me.allocate(length, Transit::Payload));
        must(me.release(Transit::Payload));
    }
}

/// Puts a dict into the dict, and leaves it to that.
fn put_nested(dict: &Dict, me: &Participant) -> Handle {
    let nested = must(Dict::create(me, &WITH_LARGE_HEADER));
    must(nested.insert(me, b"inside", &value(SMALL, 0), &[]));
    let handle = nested.handle();
    must(dict.insert(me, NESTED.as_bytes(), &value(SMALL, 0), &[handle]));
    must(nested.detach(me));
    handle
}

/// All entries, read in every way there is.
fn read_all(dict: &Dict, me: &Participant) -> Entries {
    let mut snapshot = Snapshot::default();
    must(dict.snapshot(me, &mut snapshot));
    assert_eq!(
        must(dict.len(me)),
        snapshot.len() as u64,
        "the length that the dict gave"
    );
    let mut reading = Reading::default();
    let mut entries = Entries::new();
    for entry in snapshot.iter() {
        assert!(must(dict.contains(me, entry.key)));
        assert!(
            must(dict.get(me, entry.key, &mut reading)),
            "a key without a value"
        );
        assert_eq!(reading.bytes, entry.value, "two ways to read a value");
        for handle in reading
            .handles
            .drain(..)
            .chain(entry.handles.iter().copied())
        {
            let nested = must(Dict::attach(me, handle, None));
            assert!(must(nested.get(me, b"inside", &mut Reading::default())));
            must(nested.detach(me));
            must(me.detach(handle));
        }
        let key = String::from_utf8_lossy(entry.key).into_owned();
        entries.push((key, entry.value.to_vec()));
    }
    assert!(!must(dict.contains(me, b"never there")));
    entries
}

fn set(entries: &mut Entries, key: &str, value: Vec<u8>) {
    match entries.iter_mut().find(|(there, _)| there == key) {
        Some((_, old)) => *old = value,
        None => entries.push((key.to_owned(), value)),
    }
}

/// A value of `length` bytes that says which version it is.
fn value(length: usize, version: u8) -> Vec<u8> {
    (0..length)
        .map(|place| (place as u8).wrapping_mul(version + 3))
        .collect()
}
