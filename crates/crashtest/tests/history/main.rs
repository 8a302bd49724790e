//! Recorded histories: several processes work on one object at once, and afterwards there must be an
//! order of all that they did which explains what each of them has seen. Now and then one of them is killed: what it
//! was doing then has happened, or it has not and never will.
//!
//! Runs on the memory that ships.

#![cfg(not(feature = "simulation"))]
#![allow(clippy::panic, reason = "tests fail by panicking")]

mod chance;
mod crew;
mod dict;
mod list;
mod lock;
mod recording;
mod search;
mod subject;
mod text;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use procession::{Lock, RLock};

use crew::{Outcome, play};
use dict::OfDict;
use list::OfList;
use lock::OfLock;
use subject::Subject;

/// Enough for some thousand calls under way at once, in a second or two.
const ROUNDS: u64 = 600;

/// No test takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(120);

fn check<O: Subject>() -> Outcome<()> {
    let (leash, other_end) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        if other_end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            eprintln!("a history hangs");
            std::process::abort();
        }
    });
    let tally = play::<O>(ROUNDS, recording::now())?;
    println!("{tally:?}");
    drop(leash);
    Ok(())
}

#[test]
fn a_dict_is_linearizable() -> Outcome<()> {
    procession::init_test!();
    check::<OfDict>()
}

#[test]
fn a_list_is_linearizable() -> Outcome<()> {
    procession::init_test!();
    check::<OfList>()
}

#[test]
fn a_lock_is_linearizable() -> Outcome<()> {
    procession::init_test!();
    check::<OfLock<Lock>>()
}

#[test]
fn a_reentrant_lock_is_linearizable() -> Outcome<()> {
    procession::init_test!();
    check::<OfLock<RLock>>()
}
