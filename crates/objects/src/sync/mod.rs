//! What threads of different processes wait with: locks, conditions and their kin.

mod condition;
mod holder;
mod lock;
mod ownership;
mod reentrant_lock;

pub use condition::{Condition, Waited, Waiting};
pub(crate) use condition::ConditionKind;
pub use holder::{Hold, Holder};
pub use lock::Lock;
pub(crate) use lock::LockKind;
pub use ownership::Taken;
pub use reentrant_lock::ReentrantLock;
pub(crate) use reentrant_lock::ReentrantLockKind;
