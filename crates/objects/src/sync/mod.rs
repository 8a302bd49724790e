//! What threads of several processes agree with.

mod barrier;
mod condition;
mod embedded_lock;
mod event;
mod holder;
mod lock;
mod ownership;
mod reentrant_lock;
mod semaphore;

pub(crate) use barrier::BarrierKind;
pub use barrier::{Barrier, LastTurn, Turn};
pub(crate) use condition::ConditionKind;
pub use condition::{Condition, Waited, Waiting};
pub(crate) use embedded_lock::EmbeddedLock;
pub use event::Event;
pub(crate) use event::EventKind;
pub use holder::{Hold, Holder};
pub use lock::Lock;
pub(crate) use lock::LockKind;
pub use ownership::Taken;
pub use reentrant_lock::ReentrantLock;
pub(crate) use reentrant_lock::ReentrantLockKind;
pub(crate) use semaphore::SemaphoreKind;
pub use semaphore::{PermitRule, Semaphore};
