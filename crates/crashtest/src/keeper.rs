//! Queues that one process keeps for the others, and the last of these letting go.

use procession_arena::{Participant, Wait};
use procession_objects::{Message, Queue, QueueConfig};

use crate::enumerate::{Scenario, must};
use crate::world::World;

/// What is cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The keeper becomes it, while somebody else holds the queue.
    Keep,
    /// The keeper becomes it, when nobody else holds the queue any more.
    KeepTooLate,
    /// The last other holder lets go.
    LetGo,
    /// As above, but a message elsewhere still carries the handle.
    LetGoOfSent,
    /// The message that carries the last handle is thrown away with its queue.
    DropMessage,
}

/// A queue with a keeper.
#[derive(Debug)]
pub struct KeeperScenario(pub Operation);

/// The processes at the moment of the death, the victim aside.
#[derive(Debug)]
pub struct Shared {
    queue: Queue,
    /// Carries the queue's handle; nobody takes it out.
    letters: Option<Queue>,
    keeper: Option<Participant>,
    other: Option<Participant>,
}

impl Scenario for KeeperScenario {
    type Shared = Shared;
    /// Whether the queue was left to its keeper, which closes it.
    type Observed = bool;

    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        let queue = must(Queue::create(victim, &QueueConfig::default()));
        let mut shared = Shared {
            queue,
            letters: None,
            keeper: None,
            other: None,
        };
        let handle = shared.queue.handle();
        match self.0 {
            Operation::Keep => {
                let other = world.process();
                must(other.attach(handle));
                shared.other = Some(other);
            }
            Operation::KeepTooLate => {}
            Operation::LetGo | Operation::LetGoOfSent | Operation::DropMessage => {
                let keeper = world.process();
                must(keeper.attach(handle));
                must(keeper.keep(handle));
                shared.keeper = Some(keeper);
            }
        }
        if matches!(self.0, Operation::LetGoOfSent | Operation::DropMessage) {
            let letters = must(Queue::create(victim, &QueueConfig::default()));
            must(letters.put(victim, b"", &[handle], Wait::Never));
            if self.0 == Operation::DropMessage {
                must(victim.detach(handle));
            } else {
                let other = world.process();
                must(other.attach(letters.handle()));
                shared.other = Some(other);
            }
            shared.letters = Some(letters);
        }
        shared
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        match (self.0, &shared.letters) {
            (Operation::Keep | Operation::KeepTooLate, _) => {
                must(victim.keep(shared.queue.handle()));
            }
            (Operation::DropMessage, Some(letters)) => must(letters.detach(victim)),
            _ => must(shared.queue.detach(victim)),
        }
    }

    fn use_object(&self, _shared: &Shared, _user: &Participant) {}

    fn observe(&self, shared: &Shared, survivor: &Participant) -> bool {
        match must_exist(self.0) {
            true => must(shared.queue.is_closed(survivor)),
            false => true,
        }
    }

    fn allows(&self, left: &bool, _used: bool) -> bool {
        match self.0 {
            // Another one holds it, or a message carries it.
            Operation::Keep | Operation::LetGoOfSent => !left,
            Operation::KeepTooLate | Operation::LetGo | Operation::DropMessage => *left,
        }
    }

    fn finish(&self, shared: Shared, survivor: &Participant) {
        let Shared {
            queue,
            letters,
            keeper,
            other,
        } = shared;
        if self.0 == Operation::LetGoOfSent
            && let (Some(other), Some(letters), Some(keeper)) = (&other, &letters, &keeper)
        {
            // Taken out of the message and let go of: now it is the keeper's alone.
            let mut message = Message::default();
            must(letters.get(other, &mut message, Wait::Never));
            assert!(!must(queue.is_closed(keeper)));
            must(queue.detach(other));
            assert!(must(queue.is_closed(keeper)));
            must(letters.detach(other));
        }
        if self.0 == Operation::Keep
            && let Some(other) = &other
        {
            must(queue.detach(other));
        }
        if let Some(keeper) = keeper {
            must(queue.detach(&keeper));
        }
        must(survivor.reap_dead());
    }
}

/// Whether the queue has a living holder after the victim's death.
fn must_exist(operation: Operation) -> bool {
    operation != Operation::KeepTooLate
}
