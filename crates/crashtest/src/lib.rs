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

#![cfg(feature = "simulation")]
#![allow(clippy::panic, reason = "a test harness fails by panicking")]

pub mod array;
pub mod barrier;
pub mod condition;
pub mod creation;
pub mod dict;
pub mod enumerate;
pub mod event;
pub mod interleaving;
pub mod keeper;
pub mod list;
pub mod lock;
pub mod queue;
pub mod semaphore;
pub mod sleepers;
pub mod value;
pub mod world;
