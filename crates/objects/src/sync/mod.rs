//! What threads of several processes agree with.

mod barrier;
mod event;
mod semaphore;

pub(crate) use barrier::BarrierKind;
pub use barrier::{Barrier, LastTurn, Turn};
pub use event::Event;
pub(crate) use event::EventKind;
pub(crate) use semaphore::SemaphoreKind;
pub use semaphore::{PermitRule, Semaphore};
