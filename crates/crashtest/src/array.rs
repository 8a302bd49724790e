//! Operations of arrays, cut short.

use procession_arena::Participant;
use procession_objects::{Initial, SharedArray};

use crate::enumerate::{Scenario, must};
use crate::world::World;

/// Elements of the array.
const LENGTH: u64 = 4;
/// What is in every byte before the operation, after it, and after the successor's use.
const BEFORE: u8 = 1;
const AFTER: u8 = 7;
const SUCCESSORS: u8 = 9;

/// An operation on an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Writes the first element by one instruction.
    Store,
    /// Replaces the first element by one instruction.
    CompareExchange,
    /// Calculates with the first element.
    FetchUpdate,
    /// Writes all elements but the last.
    Write,
    /// Makes all elements but the last the same.
    Fill,
    /// Creates another array of so many elements and gives it up again.
    CreateAndDetach(u64),
    /// Gives up the array; nobody else holds it.
    Detach,
}

/// An array of elements of some size, and what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct ArrayScenario {
    /// Bytes of each element.
    pub element_size: usize,
    /// What the victim does.
    pub operation: Operation,
}

/// The array, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    array: SharedArray,
    /// Holds the array until the end; `None` if the victim has the last hold.
    holder: Option<Participant>,
}

impl ArrayScenario {
    fn element(self, byte: u8) -> Vec<u8> {
        vec![byte; self.element_size]
    }

    fn number(self, byte: u8) -> u64 {
        let mut bytes = [0; 8];
        bytes[..self.element_size].fill(byte);
        u64::from_ne_bytes(bytes)
    }

    fn create(self, me: &Participant, length: u64) -> SharedArray {
        let element = self.element(BEFORE);
        must(SharedArray::create(
            me,
            Initial::Repeated(&element, length),
            Some("bytes"),
        ))
    }
}

impl Scenario for ArrayScenario {
    type Shared = Shared;
    /// All bytes; none if nobody holds the array any more.
    type Observed = Vec<u8>;

    fn name(&self) -> String {
        format!(
            "{:?} with elements of {} bytes",
            self.operation, self.element_size
        )
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        let array = self.create(victim, LENGTH);
        let holder = (self.operation != Operation::Detach).then(|| {
            let holder = world.process();
            must(SharedArray::attach(&holder, array.handle(), Some("bytes")));
            holder
        });
        Shared { array, holder }
    }

    fn operate(&self, Shared { array, .. }: &Shared, victim: &Participant) {
        match self.operation {
            Operation::Store => must(array.cell(victim, 0)).store(self.number(AFTER)),
            Operation::CompareExchange => {
                let (old, new) = (self.number(BEFORE), self.number(AFTER));
                let _ = must(array.cell(victim, 0)).compare_exchange(old, new);
            }
            Operation::FetchUpdate => {
                let new = self.number(AFTER);
                let _ = must(array.cell(victim, 0)).fetch_update(|_| Some(new));
            }
            Operation::Write => {
                let elements = self.element(AFTER).repeat(LENGTH as usize - 1);
                must(array.write_from(victim, 0, &elements));
            }
            Operation::Fill => must(array.fill(victim, 0, LENGTH - 1, &self.element(AFTER))),
            Operation::CreateAndDetach(length) => {
                let other = self.create(victim, length);
                must(other.fill(victim, 0, length, &self.element(AFTER)));
                must(other.detach(victim));
            }
            Operation::Detach => must(array.detach(victim)),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.holder.is_some() {
            let element = self.element(SUCCESSORS);
            must(shared.array.write_from(user, LENGTH - 1, &element));
        }
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Vec<u8> {
        if shared.holder.is_none() {
            return Vec::new();
        }
        let mut bytes = vec![0; LENGTH as usize * self.element_size];
        must(shared.array.read_into(survivor, 0, &mut bytes));
        bytes
    }

    fn allows(&self, observed: &Vec<u8>, used: bool) -> bool {
        if self.operation == Operation::Detach {
            return observed.is_empty();
        }
        let changed = match self.operation {
            Operation::Store | Operation::CompareExchange | Operation::FetchUpdate => 1,
            Operation::Write | Operation::Fill => LENGTH as usize - 1,
            Operation::CreateAndDetach(_) | Operation::Detach => 0,
        };
        let last = if used { SUCCESSORS } else { BEFORE };
        let elements: Vec<_> = observed.chunks(self.element_size).collect();
        elements.len() == LENGTH as usize
            && elements.iter().enumerate().all(|(index, found)| {
                let is = |byte| *found == self.element(byte);
                match index {
                    3 => is(last),
                    index if index < changed => is(BEFORE) || is(AFTER),
                    _ => is(BEFORE),
                }
            })
    }

    fn finish(&self, shared: Shared, survivor: &Participant) {
        if let Some(holder) = shared.holder {
            must(shared.array.detach(&holder));
        }
        must(survivor.reap_dead());
    }
}
