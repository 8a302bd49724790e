//! Waiting for what a server does in its own time.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to start, to synchronise or to fail over.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Nothing tells when a server gets ready, so it is asked, this often.
const PAUSE: Duration = Duration::from_millis(10);

/// Asks again and again until there is an answer; the last complaint is the error when patience ends.
pub(crate) fn until<T>(
    awaited: &str,
    mut ask: impl FnMut() -> Result<T, Complaint>,
) -> io::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(Complaint::Final(error)) => return Err(error),
            Err(Complaint::NotYet(state)) if Instant::now() >= deadline => {
                let seconds = PATIENCE.as_secs();
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("{awaited}: not within {seconds} s; last: {state}"),
                ));
            }
            Err(Complaint::NotYet(_)) => thread::sleep(PAUSE),
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Complaint {
    /// There may be one later.
    NotYet(String),
    /// There will be none.
    Final(io::Error),
}

/// What fails while a server starts or stops may work later.
impl From<io::Error> for Complaint {
    fn from(error: io::Error) -> Self {
        Self::NotYet(error.to_string())
    }
}
