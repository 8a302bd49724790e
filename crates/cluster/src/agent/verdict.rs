//! What is to become of a task that has ended on a host.

use procession_engine::pool::Outcome as Local;
use procession_engine::{PoolError, ProcessError};

use super::held::Ticket;
use crate::pool::Outcome;

/// `SIGINT` and `SIGTERM`, which reach the workers as well if somebody stops the host by a terminal or by its group.
const STOPPING: [i32; 2] = [2, 15];

/// What is to become of a task that has ended on a host.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Its client is told.
    Answer {
        outcome: Outcome,
        result: Vec<u8>,
        /// Why it is kept among the dead, if it is.
        epitaph: String,
    },
    /// It is begun again.
    HandBack {
        /// That was one of the attempts that it has.
        counts: bool,
    },
    /// The local pool carries nothing out any more, so that it is begun elsewhere.
    Broken {
        /// Why.
        error: PoolError,
    },
}

impl Verdict {
    /// What the local pool says about the task decides.
    pub(super) fn of(ticket: &Ticket, ended: &Local, is_stopping: bool) -> Verdict {
        let outcome = Outcome::of(ended, &ticket.member.name);
        match ended {
            Ok(produced) if matches!(outcome, Outcome::Returned) => Verdict::Answer {
                outcome,
                result: produced.bytes().to_vec(),
                epitaph: String::new(),
            },
            Err(PoolError::Cancelled) => Verdict::HandBack { counts: false },
            Err(error @ (PoolError::Terminated | PoolError::Closed | PoolError::Broken { .. })) => {
                Verdict::Broken {
                    error: error.clone(),
                }
            }
            Err(PoolError::WorkerLost { cause, .. }) if is_stopping && was_stopped(cause) => {
                Verdict::HandBack { counts: false }
            }
            Err(PoolError::WorkerLost { .. } | PoolError::TaskTimeout { .. })
                if ticket.attempt < ticket.attempts =>
            {
                Verdict::HandBack { counts: true }
            }
            Err(error @ (PoolError::WorkerLost { .. } | PoolError::TaskTimeout { .. })) => {
                Verdict::Answer {
                    outcome,
                    result: Vec::new(),
                    epitaph: error.to_string(),
                }
            }
            Ok(_) | Err(_) => Verdict::refusal(outcome),
        }
    }

    /// It cannot be carried out here or anywhere.
    pub(super) fn refusal(outcome: Outcome) -> Verdict {
        Verdict::Answer {
            outcome,
            result: Vec::new(),
            epitaph: String::new(),
        }
    }

    /// Its last attempt was lost with its host.
    pub(super) fn host_lost(host: &str, attempts: u32) -> Verdict {
        Verdict::Answer {
            outcome: Outcome::HostLost {
                host: host.to_owned(),
                attempts,
            },
            result: Vec::new(),
            epitaph: format!("lost with the host {host} at attempt {attempts}"),
        }
    }
}

fn was_stopped(cause: &ProcessError) -> bool {
    matches!(cause, ProcessError::Signaled { signal, .. } if STOPPING.contains(signal))
}
