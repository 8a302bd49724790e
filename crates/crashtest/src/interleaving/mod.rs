//! The orders in which living threads may take their steps, tried by a scheduler.
//!
//! The threads of a scenario are coroutines of the model checker [`shuttle`]. Each access that they make to
//! the arena is a turn, after which any other thread may come next; sleeping and waking are the
//! [`kernel`]'s. A thread may also be killed before any of its stores, as in the enumeration. There are too
//! many orders to try all: some are chosen at random, and some by probabilistic concurrency testing (PCT),
//! which finds what takes few changes of turn at the wrong moments. The choice is the same in each run.
//!
//! # References
//!
//! [PCT: A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs](https://www.microsoft.com/en-us/research/publication/a-randomized-scheduler-with-probabilistic-guarantees-of-finding-bugs/)

mod kernel;
mod model;
pub mod monitor;

pub use kernel::Timeouts;
pub use model::{Exploration, Model, Thread, choose, perhaps_killed};
