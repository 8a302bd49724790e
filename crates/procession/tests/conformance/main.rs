//! One suite for every place where objects can be: the session's memory, a server, and a cluster of servers.
//!
//! A test gets the [`Objects`](objects::Objects) of one place, and does not look where it is. What differs between the places is written down in the
//! types' documentation, and has tests of its own elsewhere.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

#[path = "../watchdog/mod.rs"]
mod watchdog;

mod data;
mod event;
mod host;
mod joinable_queue;
mod manager;
mod objects;
mod pool;
mod process;
mod queue;
mod sync;
