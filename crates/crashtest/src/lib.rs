//! Kills procession at every store, and looks whether anything is amiss afterwards.
//!
//! A killed thread leaves behind exactly a prefix of its stores. So "killed at any instruction"
//! is a finite, small set of states: for each operation and each state it may begin in, die before
//! store 0, 1, 2, ... and let others recover; then let the first of these others die before each
//! of *its* stores too. The module `enumerate` does that in one process, with the
//! arena's `simulation` memory, in the very code that ships.
//!
//! The module `interleaving` has a scheduler try the orders in which several threads may take their steps,
//! with and without deaths.
//!
//! The program `chaos` of this crate does the same with real processes, real signals and chance.

#![allow(clippy::panic, reason = "a test harness fails by panicking")]

#[cfg(feature = "simulation")]
pub mod array;
#[cfg(feature = "simulation")]
pub mod barrier;
#[cfg(feature = "simulation")]
pub mod dict;
#[cfg(feature = "simulation")]
pub mod enumerate;
#[cfg(feature = "simulation")]
pub mod event;
#[cfg(feature = "simulation")]
pub mod interleaving;
#[cfg(feature = "simulation")]
pub mod keeper;
#[cfg(feature = "simulation")]
pub mod queue;
#[cfg(feature = "simulation")]
pub mod semaphore;
#[cfg(feature = "simulation")]
pub mod sleepers;
#[cfg(feature = "simulation")]
pub mod value;
#[cfg(feature = "simulation")]
pub mod world;
