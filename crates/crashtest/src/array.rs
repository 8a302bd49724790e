//! Operations of arrays, cut short.

use std::cell::Cell;

use procession_arena::{Participant, Wait};
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
    /// Takes the lock, writes all elements but the last one by one, and releases it.
    ChangeTogether,
    /// Creates another array of so many elements and gives it up again.
    CreateAndDetach(u64),
    /// Gives up the array; nobody else holds it.
    Detach,
}

/// What became of the array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// All bytes; none if nobody holds the array any more.
    bytes: Vec<u8>,
    /// Whether somebody was told that a holder of the lock had died.
    told: bool,
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
    /// How often successors were told of a death.
    told: Cell<u32>,
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

impl Shared {
    /// Takes the lock, which nobody alive holds, and releases it.
    fn take_turn(&self, me: &Participant) {
        let taken = must(self.array.acquire(me, Wait::Never));
        if taken.abandoned_by.is_some() {
            self.told.set(self.told.get() + 1);
        }
        assert!(must(self.array.release_hold(me, taken.hold)));
    }
}

impl Scenario for ArrayScenario {
    type Shared = Shared;
    type Observed = Observed;

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
        Shared {
            array,
            holder,
            told: Cell::new(0),
        }
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
            Operation::ChangeTogether => {
                let taken = must(array.acquire(victim, Wait::Never));
                for index in 0..LENGTH - 1 {
                    must(array.write_from(victim, index, &self.element(AFTER)));
                }
                assert!(must(array.release_hold(victim, taken.hold)));
            }
            Operation::CreateAndDetach(length) => {
                let other = self.create(victim, length);
                must(other.fill(victim, 0, length, &self.element(AFTER)));
                must(other.detach(victim));
            }
            Operation::Detach => must(array.detach(victim)),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.holder.is_none() {
            return;
        }
        if self.operation == Operation::ChangeTogether {
            shared.take_turn(user);
        }
        let element = self.element(SUCCESSORS);
        must(shared.array.write_from(user, LENGTH - 1, &element));
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Observed {
        let mut observed = Observed {
            bytes: Vec::new(),
            told: false,
        };
        if shared.holder.is_none() {
            return observed;
        }
        shared.take_turn(survivor);
        assert_eq!(must(shared.array.holder(survivor)), None);
        observed.told = shared.told.get() > 0;
        observed.bytes = vec![0; LENGTH as usize * self.element_size];
        must(shared.array.read_into(survivor, 0, &mut observed.bytes));
        observed
    }

    fn allows(&self, observed: &Observed, used: bool) -> bool {
        if self.operation == Operation::Detach {
            return observed.bytes.is_empty();
        }
        let changed = match self.operation {
            Operation::Store | Operation::CompareExchange | Operation::FetchUpdate => 1,
            Operation::Write | Operation::Fill | Operation::ChangeTogether => LENGTH as usize - 1,
            Operation::CreateAndDetach(_) | Operation::Detach => 0,
        };
        let last = if used { SUCCESSORS } else { BEFORE };
        let elements: Vec<_> = observed.bytes.chunks(self.element_size).collect();
        let together = elements.first() == elements.get(LENGTH as usize - 2);
        let is_told = match self.operation {
            Operation::ChangeTogether => together || observed.told,
            _ => !observed.told,
        };
        is_told
            && elements.len() == LENGTH as usize
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
