//! Operations of queues, cut short.

use procession_arena::{Error, Participant, Wait};
use procession_objects::{Batch, Message, OnLost, Queue, QueueConfig};

use crate::enumerate::{Scenario, must};
use crate::world::World;

/// The item that a successor puts before anybody has looked for the dead.
const SUCCESSORS: u32 = 1000;

/// An operation on a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Puts one item of that many bytes.
    Put(usize),
    /// Puts items of those many bytes in one call.
    PutMany(Vec<usize>),
    /// Takes one item.
    Get,
    /// Takes up to so many items in one call.
    GetMany(usize),
    /// Marks an item as done.
    TaskDone,
    /// Closes the queue.
    Close,
    /// Creates another queue and gives it up again.
    CreateAndDetach,
    /// Gives up the queue; the last hold of it if nobody else has one.
    Detach,
}

/// A queue in some state, and what happens to it.
#[derive(Clone, Debug)]
pub struct QueueScenario {
    /// How the queue is created.
    pub config: QueueConfig,
    /// Sizes in bytes of the items that are in it.
    pub items: Vec<usize>,
    /// How many of them the victim has taken and not marked as done.
    pub held: usize,
    /// What the victim does.
    pub operation: Operation,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Items in the queue: which, and how often delivered.
    items: Vec<(u32, u32)>,
    /// Items that `join` reported as lost.
    lost: u64,
    /// Whether the queue is closed.
    closed: bool,
}

/// The queue, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    queue: Queue,
    /// Filled the queue and holds it until the end; `None` if the victim has the last hold.
    producer: Option<Participant>,
}

impl QueueScenario {
    /// Numbers of the items that are in the queue when the operation begins.
    fn numbers(&self) -> Vec<u32> {
        (self.held as u32..self.items.len() as u32).collect()
    }

    fn is_joinable(&self) -> bool {
        self.config.joinable.is_some()
    }

    /// Items that the operation adds.
    fn added(&self) -> Vec<usize> {
        match &self.operation {
            Operation::Put(size) => vec![*size],
            Operation::PutMany(sizes) => sizes.clone(),
            _ => Vec::new(),
        }
    }

    /// Items that the operation takes at most.
    fn takes(&self) -> usize {
        match self.operation {
            Operation::Get => 1,
            Operation::GetMany(limit) => limit,
            _ => 0,
        }
    }

    /// What the queue promises if the victim got as far as adding, taking and marking so many.
    fn promised(&self, added: usize, taken: usize, done: usize) -> Observed {
        let count = self.items.len() as u32;
        let mut items: Vec<_> = self
            .numbers()
            .into_iter()
            .skip(taken)
            .map(|id| (id, 1))
            .collect();
        items.extend((count..count + added as u32).map(|id| (id, 1)));
        let outstanding = (done as u32)..(self.held + taken) as u32;
        let mut lost = 0;
        match self.config.joinable {
            Some(OnLost::Report) => lost = outstanding.len() as u64,
            Some(OnLost::Redeliver { max_deliveries }) => {
                for id in outstanding {
                    match max_deliveries > 1 {
                        true => items.push((id, 2)),
                        false => lost += 1,
                    }
                }
            }
            Some(OnLost::Ignore) | None => {}
        }
        Observed {
            items,
            lost,
            closed: false,
        }
    }
}

impl Scenario for QueueScenario {
    type Shared = Shared;
    type Observed = Observed;

    fn name(&self) -> String {
        let QueueScenario {
            config,
            items,
            held,
            operation,
        } = self;
        format!("{operation:?} with {items:?}, {held} held, {config:?}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        let queue = must(Queue::create(victim, &self.config));
        // Somebody else puts, so that what the victim frees is not its own.
        let producer = world.process();
        must(Queue::attach(&producer, queue.handle()));
        for (id, size) in self.items.iter().enumerate() {
            must(queue.put(&producer, &item(id as u32, *size), &[], Wait::Never));
        }
        let mut message = Message::default();
        for _ in 0..self.held {
            must(queue.get(victim, &mut message, Wait::Never));
        }
        let producer = match self.operation {
            Operation::Detach => {
                must(queue.detach(&producer));
                None
            }
            _ => Some(producer),
        };
        Shared { queue, producer }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let queue = &shared.queue;
        let first = self.items.len() as u32;
        match &self.operation {
            Operation::Put(size) => {
                tolerate(queue.put(victim, &item(first, *size), &[], Wait::Never));
            }
            Operation::PutMany(sizes) => {
                let items: Vec<_> = (first..)
                    .zip(sizes)
                    .map(|(id, size)| item(id, *size))
                    .collect();
                let slices: Vec<_> = items.iter().map(Vec::as_slice).collect();
                tolerate(queue.put_many(victim, &slices, Wait::Never));
            }
            Operation::Get => {
                tolerate(queue.get(victim, &mut Message::default(), Wait::Never));
            }
            Operation::GetMany(limit) => {
                tolerate(queue.get_many(victim, &mut Batch::default(), *limit, Wait::Never));
            }
            Operation::TaskDone => tolerate(queue.task_done(victim)),
            Operation::Close => must(queue.close(victim)),
            Operation::CreateAndDetach => {
                let other = must(Queue::create(victim, &self.config));
                must(other.put(victim, &item(7, 40_000), &[queue.handle()], Wait::Never));
                must(other.put(victim, &item(8, 40), &[], Wait::Never));
                must(other.detach(victim));
            }
            Operation::Detach => must(queue.detach(victim)),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.producer.is_none() {
            return;
        }
        match shared
            .queue
            .put(user, &item(SUCCESSORS, 24), &[], Wait::Never)
        {
            Ok(()) | Err(Error::Full | Error::Closed) => {}
            Err(error) => panic!("a successor cannot put: {error}"),
        }
        match shared.queue.task_done(user) {
            Err(Error::TaskDoneTooOften | Error::NotJoinable) => {}
            other => panic!("a successor that took nothing could mark it as done: {other:?}"),
        }
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Observed {
        let mut observed = Observed {
            items: Vec::new(),
            lost: 0,
            closed: false,
        };
        if shared.producer.is_none() {
            return observed;
        }
        let queue = &shared.queue;
        let announced = must(queue.len(survivor));
        if self.is_joinable()
            && let Err(Error::ConsumerLost { count, .. }) = queue.join(survivor, Wait::Never)
        {
            observed.lost = count;
        }
        observed.closed = must(queue.is_closed(survivor));
        if self.is_joinable() {
            assert_eq!(
                must(queue.unfinished(survivor)),
                announced,
                "unfinished items"
            );
        }
        let mut message = Message::default();
        let mut taken = 0;
        while let Ok(()) = queue.get(survivor, &mut message, Wait::Never) {
            taken += 1;
            let id = identify(&message.bytes);
            if id != SUCCESSORS {
                observed.items.push((id, message.deliveries));
            }
            if self.is_joinable() {
                must(queue.task_done(survivor));
            }
        }
        assert_eq!(taken, announced, "the length that the queue gave");
        if self.is_joinable() {
            must(queue.join(survivor, Wait::Never));
        }
        if !observed.closed {
            must(queue.put(survivor, &item(3, 20_000), &[], Wait::Never));
            must(queue.get(survivor, &mut message, Wait::Never));
            assert_eq!(identify(&message.bytes), 3, "the queue after its recovery");
            if self.is_joinable() {
                must(queue.task_done(survivor));
            }
        }
        observed
    }

    fn allows(&self, observed: &Observed, _used: bool) -> bool {
        if self.operation == Operation::Detach {
            return observed.items.is_empty();
        }
        let mut found = observed.clone();
        let may_be_closed = self.operation == Operation::Close;
        found.closed &= !may_be_closed;
        let marks = usize::from(self.operation == Operation::TaskDone && self.held > 0);
        let takes = self.takes().min(self.items.len() - self.held);
        (0..=self.added().len()).any(|added| {
            (0..=takes)
                .any(|taken| (0..=marks).any(|done| self.promised(added, taken, done) == found))
        })
    }

    fn finish(&self, shared: Shared, survivor: &Participant) {
        if let Some(producer) = shared.producer {
            must(shared.queue.detach(&producer));
        }
        must(survivor.reap_dead());
    }
}

fn tolerate<T>(outcome: procession_arena::Result<T>) {
    match outcome {
        Ok(_) | Err(Error::Full | Error::Empty | Error::Closed | Error::OutOfMemory { .. }) => {}
        Err(Error::TaskDoneTooOften | Error::NotJoinable) => {}
        Err(error) => panic!("{error}"),
    }
}

/// An item of `size` bytes, at least four, all of which follow from its number.
fn item(id: u32, size: usize) -> Vec<u8> {
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend((4..size).map(|place| (place as u32).wrapping_mul(id + 1) as u8));
    bytes
}

/// The number of an item whose every byte is as it was put.
fn identify(bytes: &[u8]) -> u32 {
    let (number, _) = bytes
        .split_first_chunk::<4>()
        .unwrap_or_else(|| panic!("a short item"));
    let id = u32::from_le_bytes(*number);
    assert!(bytes == item(id, bytes.len()), "item {id} is damaged");
    id
}
