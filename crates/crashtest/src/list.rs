//! Operations of lists, cut short.

use std::ops::Range;

use procession_arena::{Handle, Participant};
use procession_objects::{
    Element, Expect, List, ListConfig, Queue, QueueConfig, Reading, Snapshot,
};

use crate::enumerate::{Scenario, must};
use crate::world::World;

/// The element that a successor adds before anybody has looked for the dead.
const SUCCESSORS: u32 = 1000;
/// The first of those that the operation adds.
const ADDED: u32 = 100;

/// An operation on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Adds an element of that many bytes.
    Push(usize),
    /// Takes the last element.
    Pop,
    /// Replaces an element.
    Set(u64, usize),
    /// Puts an element before another one.
    Insert(u64, usize),
    /// Takes an element.
    Remove(u64),
    /// Adds elements of those many bytes.
    Extend(Vec<usize>),
    /// Replaces a run of elements.
    Splice(Range<u64>, Vec<usize>),
    /// Cuts the end off.
    Truncate(u64),
    /// Turns the order round.
    Reverse,
    /// Exchanges two elements.
    Swap(u64, u64),
    /// Keeps these, in this order.
    Rearrange(Vec<usize>),
    /// Creates another list and gives it up again.
    CreateAndDetach,
    /// Gives up the list, whose last hold it is.
    Detach,
}

/// A list in some state, and what happens to it.
#[derive(Clone, Debug)]
pub struct ListScenario {
    /// Elements in a chunk at most, as a power of two.
    pub chunk_bits: u32,
    /// Sizes in bytes of the elements that are in it.
    pub items: Vec<usize>,
    /// Whether each element carries the handle of a queue that nothing else leads to.
    pub carrying: bool,
    /// What the victim does.
    pub operation: Operation,
}

/// The list, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    list: List,
    /// Filled the list and holds it until the end; `None` if the victim has the last hold.
    producer: Option<Participant>,
    /// For the elements that the victim adds.
    queues: Vec<Queue>,
}

impl ListScenario {
    /// Sizes of the elements that the operation adds.
    fn added(&self) -> Vec<usize> {
        match &self.operation {
            Operation::Push(size) | Operation::Set(_, size) | Operation::Insert(_, size) => {
                vec![*size]
            }
            Operation::Extend(sizes) | Operation::Splice(_, sizes) => sizes.clone(),
            _ => Vec::new(),
        }
    }

    /// The numbers of the elements after the operation.
    fn afterwards(&self) -> Vec<u32> {
        let mut ids: Vec<_> = (0..self.items.len() as u32).collect();
        let added = ADDED..ADDED + self.added().len() as u32;
        match &self.operation {
            Operation::Push(_) | Operation::Extend(_) => ids.extend(added),
            Operation::Pop => drop(ids.pop()),
            Operation::Set(index, _) => {
                ids.splice(*index as usize..*index as usize + 1, added);
            }
            Operation::Insert(index, _) => {
                ids.splice(*index as usize..*index as usize, added);
            }
            Operation::Remove(index) => drop(ids.remove(*index as usize)),
            Operation::Splice(range, _) => {
                ids.splice(range.start as usize..range.end as usize, added);
            }
            Operation::Truncate(length) => ids.truncate(*length as usize),
            Operation::Reverse => ids.reverse(),
            Operation::Swap(one, other) => ids.swap(*one as usize, *other as usize),
            Operation::Rearrange(order) => ids = order.iter().map(|id| *id as u32).collect(),
            Operation::CreateAndDetach | Operation::Detach => {}
        }
        ids
    }

    fn queues(&self, me: &Participant, count: usize) -> Vec<Queue> {
        let count = if self.carrying { count } else { 0 };
        let queue = || must(Queue::create(me, &QueueConfig::default()));
        (0..count).map(|_| queue()).collect()
    }
}

impl Scenario for ListScenario {
    type Shared = Shared;
    type Observed = Vec<u32>;

    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        let config = ListConfig {
            chunk_bits: self.chunk_bits,
            ..ListConfig::default()
        };
        // Somebody else makes and fills it, so that what the victim frees is not its own.
        let producer = world.process();
        let list = must(List::create(&producer, &config));
        must(List::attach(victim, list.handle(), None));
        for (id, size) in self.items.iter().enumerate() {
            let queues = self.queues(&producer, 1);
            let handles: Vec<_> = queues.iter().map(Queue::handle).collect();
            let bytes = item(id as u32, *size);
            must(list.push(&producer, element(&bytes, &handles)));
            queues
                .iter()
                .for_each(|queue| must(queue.detach(&producer)));
        }
        let producer = match self.operation {
            Operation::Detach => {
                must(list.detach(&producer));
                None
            }
            _ => Some(producer),
        };
        Shared {
            list,
            producer,
            queues: self.queues(victim, self.added().len()),
        }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let list = &shared.list;
        let bytes: Vec<_> = (ADDED..)
            .zip(self.added())
            .map(|(id, size)| item(id, size))
            .collect();
        let handles: Vec<_> = shared.queues.iter().map(Queue::handle).collect();
        let elements: Vec<_> = bytes
            .iter()
            .enumerate()
            .map(|(number, bytes)| {
                let handles = handles.get(number..=number).unwrap_or_default();
                element(bytes, handles)
            })
            .collect();
        let mut reading = Reading::default();
        match &self.operation {
            Operation::Push(_) => must(list.push(victim, elements[0])),
            Operation::Pop => drop(must(list.pop(victim, &mut reading))),
            Operation::Set(index, _) => {
                assert!(must(list.set(
                    victim,
                    *index,
                    elements[0],
                    Expect::Anything
                )));
            }
            Operation::Insert(index, _) => must(list.insert(victim, *index, elements[0])),
            Operation::Remove(index) => must(list.remove(victim, *index, &mut reading)),
            Operation::Extend(_) => must(list.extend(victim, &elements)),
            Operation::Splice(range, _) => must(list.splice(victim, range.clone(), &elements)),
            Operation::Truncate(length) => must(list.truncate(victim, *length)),
            Operation::Reverse => must(list.reverse(victim)),
            Operation::Swap(one, other) => must(list.swap(victim, *one, *other)),
            Operation::Rearrange(order) => {
                let mut snapshot = Snapshot::default();
                must(list.snapshot(victim, &mut snapshot));
                assert!(must(list.rearrange(victim, &snapshot, order)));
            }
            Operation::CreateAndDetach => {
                let other = must(List::create(victim, &ListConfig::default()));
                must(other.push(victim, element(b"something", &[list.handle()])));
                must(other.push(victim, element(&[1; 5000], &[])));
                must(other.detach(victim));
            }
            Operation::Detach => must(list.detach(victim)),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.producer.is_none() {
            return;
        }
        // Reads do without the lock, and must neither wait nor err.
        read_all(&shared.list, user);
        must(shared.list.push(user, element(&item(SUCCESSORS, 24), &[])));
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Vec<u32> {
        if shared.producer.is_none() {
            return Vec::new();
        }
        let list = &shared.list;
        let found = read_all(list, survivor);
        let mut reading = Reading::default();
        for (index, id) in (0..).zip(&found) {
            assert!(must(list.get(survivor, index, &mut reading)));
            assert_eq!(identify(&reading.bytes), *id, "the element at {index}");
            assert_eq!(
                reading.handles.len(),
                usize::from(self.carrying && *id != SUCCESSORS)
            );
            for handle in &reading.handles {
                must(Queue::attach(survivor, *handle));
                must(survivor.detach(*handle));
                must(survivor.detach(*handle));
            }
        }
        must(list.insert(survivor, 0, element(&item(7, 30), &[])));
        must(list.push(survivor, element(&item(8, 30), &[])));
        must(list.pop(survivor, &mut reading));
        assert_eq!(identify(&reading.bytes), 8, "the list after its recovery");
        must(list.remove(survivor, 0, &mut reading));
        assert_eq!(identify(&reading.bytes), 7, "the list after its recovery");
        assert_eq!(read_all(list, survivor), found);
        found.into_iter().filter(|id| *id != SUCCESSORS).collect()
    }

    fn allows(&self, observed: &Vec<u32>, _used: bool) -> bool {
        if self.operation == Operation::Detach {
            return observed.is_empty();
        }
        let before: Vec<_> = (0..self.items.len() as u32).collect();
        *observed == before || *observed == self.afterwards()
    }

    fn finish(&self, shared: Shared, survivor: &Participant) {
        if let Some(producer) = shared.producer {
            must(shared.list.detach(&producer));
        }
        must(survivor.reap_dead());
    }
}

/// The numbers of all elements, as they were at one moment.
fn read_all(list: &List, me: &Participant) -> Vec<u32> {
    let mut snapshot = Snapshot::default();
    must(list.snapshot(me, &mut snapshot));
    let ids = snapshot.iter().map(|entry| identify(entry.value)).collect();
    for handle in snapshot.iter().flat_map(|entry| entry.handles) {
        must(me.detach(*handle));
    }
    assert_eq!(must(list.len(me)), snapshot.len() as u64);
    ids
}

fn element<'a>(bytes: &'a [u8], handles: &'a [Handle]) -> Element<'a> {
    Element { bytes, handles }
}

/// An element of `size` bytes, at least four, all of which follow from its number.
fn item(id: u32, size: usize) -> Vec<u8> {
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend((4..size).map(|place| (place as u32).wrapping_mul(id + 1) as u8));
    bytes
}

/// The number of an element whose every byte is as it was put.
fn identify(bytes: &[u8]) -> u32 {
    let (number, _) = bytes
        .split_first_chunk::<4>()
        .unwrap_or_else(|| panic!("a short element"));
    let id = u32::from_le_bytes(*number);
    assert!(bytes == item(id, bytes.len()), "element {id} is damaged");
    id
}
