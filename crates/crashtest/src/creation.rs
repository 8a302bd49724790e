//! Objects that come into being and go again, where that is not among the operations of a scenario of
//! their own: those that are little more than a header, some of which lead to another object.

use procession_arena::{Participant, Wait};
use procession_objects::{Condition, Lock, Manager, Queue, QueueConfig, ReentrantLock};

use crate::enumerate::{Scenario, must};
use crate::world::World;

/// What is created, used once, and given up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// A lock.
    Lock,
    /// A reentrant lock.
    ReentrantLock,
    /// A condition, and its lock.
    Condition,
    /// A manager, and its control queue.
    Manager,
}

impl Scenario for Creation {
    type Shared = ();
    type Observed = ();

    fn name(&self) -> String {
        format!("creating and dropping: {self:?}")
    }

    fn prepare(&self, _world: &World, _victim: &Participant) {}

    fn operate(&self, _shared: &(), victim: &Participant) {
        match self {
            Creation::Lock => {
                let lock = must(Lock::create(victim));
                must(lock.acquire(victim, Wait::Never));
                must(lock.detach(victim));
            }
            Creation::ReentrantLock => {
                let lock = must(ReentrantLock::create(victim));
                must(lock.acquire(victim, Wait::Never));
                must(lock.detach(victim));
            }
            Creation::Condition => {
                let lock = must(Lock::create(victim));
                let condition = must(Condition::create(victim, &lock));
                must(condition.detach(victim));
                must(lock.detach(victim));
            }
            Creation::Manager => {
                let control = must(Queue::create(victim, &QueueConfig::default()));
                let manager = must(Manager::create(victim, control.handle()));
                must(control.detach(victim));
                must(victim.detach(manager.handle()));
            }
        }
    }

    fn use_object(&self, _shared: &(), _user: &Participant) {}

    fn observe(&self, _shared: &(), _survivor: &Participant) {}

    fn allows(&self, _observed: &(), _used: bool) -> bool {
        // That nothing is left is looked at in every scenario.
        true
    }

    fn finish(&self, _shared: (), _survivor: &Participant) {}
}
