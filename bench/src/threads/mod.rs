//! The limit of what can be reached within one process: threads and `crossbeam-channel`.

pub(crate) mod crew;
pub(crate) mod joinable;
pub(crate) mod pairs;
pub(crate) mod round_trip;

use std::thread::JoinHandle;

use anyhow::{Error, anyhow};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

/// What a thread returned; its panic is an error.
fn join<T>(thread: JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    thread.join().map_err(|_| anyhow!("a thread panicked"))?
}

/// A channel that holds so many messages, or any number of them.
fn channel<T>(capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
    match capacity {
        Some(capacity) => bounded(capacity),
        None => unbounded(),
    }
}
