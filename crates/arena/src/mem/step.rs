//! Asks, before every access to shared memory, whether the calling thread still lives.
//!
//! In production the answer is always yes and costs nothing; a simulation may say that the thread
//! was killed before this very step, or let other threads go first. Sleeping and waking go the same way.

/// What a step does to shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Reads only.
    Load,
    /// Writes, or reads and writes in one.
    Store,
}

/// True if the step may be taken; false if the calling thread is dead and only unwinding.
#[cfg(not(feature = "simulation"))]
#[inline(always)]
pub(super) fn take(_step: Step) -> bool {
    true
}

#[cfg(feature = "simulation")]
pub(super) use super::interleaving::{wait, wait_either, wake};
#[cfg(feature = "simulation")]
pub(super) use super::simulation::take;
#[cfg(not(feature = "simulation"))]
pub(super) use crate::sys::futex::{wait, wait_either, wake};
