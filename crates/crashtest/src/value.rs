//! Operations of values, cut short.

use procession_arena::Participant;
use procession_arena::mem::Unit;
use procession_objects::{Expect, Reading, Value};

use crate::enumerate::{Scenario, must};
use crate::world::World;

/// What is in every byte before the operation, after it, and after the successor's use.
const BEFORE: u8 = 1;
const AFTER: u8 = 7;
const SUCCESSORS: u8 = 9;

/// An operation on a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Writes a number by one instruction.
    Store,
    /// Calculates with a number.
    FetchUpdate,
    /// Reads a record.
    Get,
    /// Replaces a record by one of so many bytes.
    Set(usize),
    /// Replaces a record by one of so many bytes, if it is as it was read.
    Exchange(usize),
    /// Replaces a record by one of so many bytes and takes the old one.
    Swap(usize),
    /// Creates another value and gives it up again.
    CreateAndDetach,
    /// Gives up the value; nobody else holds it.
    Detach,
}

impl Operation {
    /// Whether it is one on a number.
    fn is_on_a_number(self) -> bool {
        matches!(self, Operation::Store | Operation::FetchUpdate)
    }

    /// Bytes of the value after it.
    fn size_after(self) -> Option<usize> {
        match self {
            Operation::Store | Operation::FetchUpdate => Some(8),
            Operation::Set(size) | Operation::Exchange(size) | Operation::Swap(size) => Some(size),
            Operation::Get | Operation::CreateAndDetach | Operation::Detach => None,
        }
    }
}

/// A value, and what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct ValueScenario {
    /// Bytes of the value; of a number always eight.
    pub size: usize,
    /// Whether the old and the new value name other objects, which nobody else holds.
    pub with_handles: bool,
    /// What the victim does.
    pub operation: Operation,
}

/// The value, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    value: Value,
    /// Holds the value until the end; `None` if the victim has the last hold.
    holder: Option<Participant>,
    /// The object that the new value names; the victim holds it.
    next: Option<Value>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The bytes; none if nobody holds the value any more.
    bytes: Vec<u8>,
    /// What the object says that the value names.
    named: Option<u64>,
    /// Objects in the session.
    objects: usize,
}

impl ValueScenario {
    /// Has the value replaced, with a new object in it if there are to be any.
    fn replace(
        &self,
        me: &Participant,
        byte: u8,
        replace: impl FnOnce(&[procession_arena::Handle]),
    ) {
        if !self.with_handles {
            return replace(&[]);
        }
        let named = must(Value::create_word(me, Unit::Eight, byte.into(), None));
        replace(&[named.handle()]);
        must(named.detach(me));
    }

    fn create(&self, me: &Participant) -> Value {
        if self.operation.is_on_a_number() {
            let initial = u64::from_ne_bytes([BEFORE; 8]);
            return must(Value::create_word(me, Unit::Eight, initial, Some("u64")));
        }
        let mut created = None;
        self.replace(me, BEFORE, |handles| {
            let bytes = vec![BEFORE; self.size];
            created = Some(must(Value::create_record(me, &bytes, handles, None)));
        });
        created.unwrap_or_else(|| panic!("a value is created"))
    }

    fn is_observed(&self, observed: &Observed, byte: u8, size: usize) -> bool {
        let named = self.with_handles.then_some(byte.into());
        observed.bytes == vec![byte; size]
            && observed.named == named
            && observed.objects == 1 + usize::from(self.with_handles)
    }
}

impl Scenario for ValueScenario {
    type Shared = Shared;
    type Observed = Observed;

    fn name(&self) -> String {
        let ValueScenario {
            size,
            with_handles,
            operation,
        } = self;
        format!("{operation:?} with {size} bytes, handles: {with_handles}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        let value = self.create(victim);
        let holder = (self.operation != Operation::Detach).then(|| {
            let holder = world.process();
            must(Value::attach(&holder, value.handle(), None));
            holder
        });
        let next = (self.with_handles && self.operation.size_after().is_some())
            .then(|| must(Value::create_word(victim, Unit::Eight, AFTER.into(), None)));
        Shared {
            value,
            holder,
            next,
        }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let value = &shared.value;
        let handles: Vec<_> = shared.next.iter().map(Value::handle).collect();
        let mut reading = Reading::default();
        match self.operation {
            Operation::Store => must(value.cell(victim)).store(u64::from_ne_bytes([AFTER; 8])),
            Operation::FetchUpdate => {
                let new = u64::from_ne_bytes([AFTER; 8]);
                let _ = must(value.cell(victim)).fetch_update(|_| Some(new));
            }
            Operation::Get => must(value.get(victim, &mut reading)),
            Operation::Set(size) => {
                let bytes = vec![AFTER; size];
                assert!(must(value.set(victim, &bytes, &handles, Expect::Anything)));
            }
            Operation::Exchange(size) => {
                let stamp = must(value.get_stamped(victim, &mut reading));
                let (bytes, expect) = (vec![AFTER; size], Expect::Exactly(stamp));
                assert!(must(value.set(victim, &bytes, &handles, expect)));
            }
            Operation::Swap(size) => {
                let bytes = vec![AFTER; size];
                must(value.swap(victim, &bytes, &handles, &mut reading));
                assert_eq!(reading.bytes, vec![BEFORE; self.size]);
            }
            Operation::CreateAndDetach => must(self.create(victim).detach(victim)),
            Operation::Detach => must(value.detach(victim)),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.holder.is_none() {
            return;
        }
        match self.operation.is_on_a_number() {
            true => must(shared.value.cell(user)).store(u64::from_ne_bytes([SUCCESSORS; 8])),
            false => self.replace(user, SUCCESSORS, |handles| {
                let bytes = vec![SUCCESSORS; self.size];
                must(shared.value.set(user, &bytes, handles, Expect::Anything));
            }),
        }
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Observed {
        let mut observed = Observed {
            bytes: Vec::new(),
            named: None,
            objects: 0,
        };
        if shared.holder.is_none() {
            return observed;
        }
        // What a use left to a reaper is gone by now; what a reading holds must be let go of.
        observed.objects = must(survivor.verify()).objects;
        if self.operation.is_on_a_number() {
            observed.bytes = must(shared.value.cell(survivor))
                .load()
                .to_ne_bytes()
                .to_vec();
            return observed;
        }
        let mut reading = Reading::default();
        must(shared.value.get(survivor, &mut reading));
        for handle in reading.handles {
            let named = must(Value::attach(survivor, handle, None));
            observed.named = Some(must(named.cell(survivor)).load());
            must(named.detach(survivor));
            must(named.detach(survivor));
        }
        observed.bytes = reading.bytes;
        observed
    }

    fn allows(&self, observed: &Observed, used: bool) -> bool {
        if self.operation == Operation::Detach {
            return observed.bytes.is_empty() && observed.objects == 0;
        }
        if used {
            return self.is_observed(observed, SUCCESSORS, self.size);
        }
        let after = self.operation.size_after();
        self.is_observed(observed, BEFORE, self.size)
            || after.is_some_and(|size| self.is_observed(observed, AFTER, size))
    }

    fn finish(&self, shared: Shared, survivor: &Participant) {
        if let Some(holder) = shared.holder {
            must(shared.value.detach(&holder));
        }
        must(survivor.reap_dead());
    }
}
