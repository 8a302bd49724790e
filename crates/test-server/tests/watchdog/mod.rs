//! Bounds a test in time, so that a hang is a failure and not a wait for ever.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Far more than any test needs on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Ends the process if it is not dropped in time.
pub(crate) struct Watchdog {
    _dropped: Sender<()>,
}

/// Starts to watch the calling test.
pub(crate) fn watch(test: &'static str) -> Watchdog {
    let (dropped, watching) = channel();
    std::thread::spawn(move || bark(test, &watching));
    Watchdog { _dropped: dropped }
}

fn bark(test: &str, watching: &Receiver<()>) {
    if watching.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
        eprintln!("the test {test} takes longer than {LIMIT:?}");
        std::process::abort();
    }
}
