//! Ends a test that hangs.

use std::process::abort;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// No test takes a tenth of it, even on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);

/// Holds the dog back; it bites when this is not dropped in time.
pub(crate) struct Watchdog {
    _leash: Sender<()>,
}

/// To be called at the start of a test, and held until its end.
pub(crate) fn watch() -> Watchdog {
    let (leash, other_end) = mpsc::channel();
    let test = thread::current().name().unwrap_or("a test").to_owned();
    thread::spawn(move || {
        if other_end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{test} hangs");
            abort();
        }
    });
    Watchdog { _leash: leash }
}
