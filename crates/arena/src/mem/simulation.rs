//! A memory in which a thread can be stopped before any of its stores.
//!
//! A killed thread leaves behind exactly a prefix of its stores. [`run`] executes an operation
//! and stops it before store number `k` by unwinding; from that moment on nothing that the
//! unwinding code does reaches the arena, as if the process had been killed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::interleaving;
use super::step::Step;

/// How a simulated run ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Run<T> {
    /// The operation came to its end after this many stores.
    Finished {
        /// What the operation returned.
        value: T,
        /// Stores that it made.
        stores: u64,
    },
    /// The thread was killed before the store at which it was to be stopped.
    Killed,
}

#[derive(Clone, Copy)]
enum Fate {
    /// Not under observation.
    Immortal,
    /// May make this many more stores.
    Doomed { made: u64, allowed: u64 },
    /// Was killed; the code that still runs is unwinding.
    Dead,
}

struct Killed;

thread_local! {
    static FATE: Cell<Fate> = const { Cell::new(Fate::Immortal) };
}

/// Runs `operation` on this thread and kills it before its store number `allowed` (from zero).
///
/// # Panics
///
/// If `operation` panics by itself, or if runs are nested.
pub fn run<T>(allowed: u64, operation: impl FnOnce() -> T) -> Run<T> {
    let before = FATE.replace(Fate::Doomed { made: 0, allowed });
    assert!(
        matches!(before, Fate::Immortal),
        "simulated runs cannot be nested"
    );
    let outcome = catch_unwind(AssertUnwindSafe(operation));
    let fate = FATE.replace(Fate::Immortal);
    match (outcome, fate) {
        (Ok(value), Fate::Doomed { made, .. }) => Run::Finished {
            value,
            stores: made,
        },
        (Err(payload), _) if payload.is::<Killed>() => Run::Killed,
        // A destructor or a caught error swallowed the kill: still dead.
        (Ok(_), _) => Run::Killed,
        (Err(payload), _) => resume_unwind(payload),
    }
}

/// True if the calling thread was killed and is only unwinding.
pub fn is_dead() -> bool {
    matches!(FATE.get(), Fate::Dead)
}

/// Runs `others` as threads that are not under observation, and then goes on with this one.
pub(super) fn aside<T>(others: impl FnOnce() -> T) -> T {
    let fate = FATE.replace(Fate::Immortal);
    let value = others();
    FATE.set(fate);
    value
}

#[inline]
pub(super) fn take(step: Step) -> bool {
    interleaving::turn();
    match FATE.get() {
        Fate::Immortal => true,
        Fate::Dead => false,
        Fate::Doomed { .. } if step == Step::Load => true,
        Fate::Doomed { made, allowed } if made < allowed => {
            FATE.set(Fate::Doomed {
                made: made + 1,
                allowed,
            });
            true
        }
        Fate::Doomed { .. } => {
            FATE.set(Fate::Dead);
            resume_unwind(Box::new(Killed));
        }
    }
}
