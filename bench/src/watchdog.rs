//! Ends the benchmark when a round hangs; some peers wait for ever on a process that has died.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// No round is planned to take more than a few seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// Set for as long as it lives.
pub(crate) struct Watchdog {
    _alive: Sender<()>,
}

impl Watchdog {
    /// Ends this process with a message about `what` unless the watchdog is dropped in time.
    pub(crate) fn set(what: String) -> Self {
        let (alive, dropped) = channel::<()>();
        thread::spawn(move || {
            if dropped.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                eprintln!("bench: {what}: still not done after {} s", LIMIT.as_secs());
                std::process::exit(1);
            }
        });
        Self { _alive: alive }
    }
}
