//! Pools whose workers are on many machines. The argument is in `README.md`.

mod audit;
mod board;
mod carrier;
mod client;
mod hosts;
mod ledger;
mod member;
mod outcome;
mod reader;
mod sender;
mod task;
mod upkeep;

use std::time::Duration;

pub(crate) use board::{
    AT_ONCE, Answer, BYTES_AT_ONCE, Board, Entry, Fetched, Met, Told, is_absence,
};
pub(crate) use carrier::Carrier;
pub use carrier::carried_pool;
pub(crate) use client::Client;
pub(crate) use member::{Description, HostMember};
pub(crate) use outcome::{Outcome, unavailable};
pub(crate) use task::{Task, TaskAddress, leftovers};
pub use upkeep::{DeadTask, Upkeep};

/// The pool that hosts serve and clients use if nothing else is said.
pub const DEFAULT: &str = "default";

/// How long tasks wait for the first host if nothing else is said.
pub const PATIENCE_FOR_HOSTS: Duration = Duration::from_secs(60);

/// How a client uses a pool.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which program hosts must run to carry out the tasks: only those of the same code do.
    pub code: String,
    /// So many of the client's tasks are on the server at a time at most, and with that with hosts; otherwise as many as keep
    /// all hosts busy.
    pub limit: Option<usize>,
    /// Tasks are carried out even if the client has died, though nobody is told what comes of them.
    pub keeps_tasks: bool,
    /// So long tasks wait while there is no host at all that could carry them out; then they fail.
    pub patience_for_hosts: Duration,
}

impl Settings {
    /// The usual ones, for hosts that run this code.
    pub fn of_code(code: impl Into<String>) -> Settings {
        Settings {
            code: code.into(),
            limit: None,
            keeps_tasks: false,
            patience_for_hosts: PATIENCE_FOR_HOSTS,
        }
    }
}
