//! Putting.

use procession_arena::Wait;

use super::{PORTION, PORTION_BYTES, Queue, QueueError};
use crate::ClusterError;
use crate::call::Call;
use crate::payload::{self, Remainder};
use crate::script::{Script, script};
use crate::waiting::wait_for;

pub(super) static PUT: Script = script!("put");

const FULL: i64 = 0;
const CLOSED: i64 = -1;

impl Queue {
    /// Puts a message at the end; waits while the queue is full.
    ///
    /// # Errors
    ///
    /// [`QueueError::Full`] (only with [`Wait::Never`]), [`QueueError::TimedOut`], [`QueueError::Closed`];
    /// [`ClusterError::Full`], [`ClusterError::TooLarge`],
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like. After
    /// the last, nobody knows whether the message was put.
    ///
    /// # If a process dies
    ///
    /// The message is wholly in the queue, or wholly not.
    pub fn put(&self, bytes: &[u8], wait: Wait) -> Result<(), QueueError> {
        let sealed = payload::seal(self.object(), bytes)?;
        self.put_all(&[sealed], wait).1
    }

    /// Puts messages in their order and returns how many; all of them, unless there is an error or the time is over.
    ///
    /// As many as one step can move become visible together.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put), but only if not a single message was put; and, whatever was put before,
    /// [`ClusterError::Unconfirmed`], [`ClusterError::Unavailable`] and its like, after which
    /// nobody knows how many are in the queue.
    ///
    /// # If a process dies
    ///
    /// The first so many messages are in the queue, and the rest is not.
    pub fn put_many(&self, messages: &[&[u8]], wait: Wait) -> Result<usize, QueueError> {
        let mut done = 0;
        while let Some(rest) = messages.get(done..).filter(|rest| !rest.is_empty()) {
            let (count, outcome) = match self.seal_some(rest) {
                Ok(sealed) => self.put_all(&sealed, wait),
                Err(error) => (0, Err(error)),
            };
            done += count;
            match outcome {
                Ok(()) => {}
                Err(error) if done == 0 || is_doubtful(&error) => return Err(error),
                Err(_) => break,
            }
        }
        Ok(done)
    }

    /// Puts messages that are sealed; how many were put, and why the others were not.
    fn put_all(&self, sealed: &[Vec<u8>], wait: Wait) -> (usize, Result<(), QueueError>) {
        let mut done = 0;
        while let Some(rest) = sealed.get(done..).filter(|rest| !rest.is_empty()) {
            match self.put_sealed(rest, wait) {
                Ok(count) => done += count,
                Err(error) => {
                    // After any other error they may be in the queue.
                    if let QueueError::Full | QueueError::TimedOut | QueueError::Closed = error {
                        let remainders = rest.iter().filter_map(|sealed| Remainder::of(sealed));
                        remainders.for_each(|remainder| remainder.remove(self.object()));
                    }
                    return (done, Err(error));
                }
            }
        }
        (done, Ok(()))
    }

    /// Seals as many of the messages as one step can move, at least one; one that cannot be sealed is complained of only when it is the first.
    fn seal_some(&self, messages: &[&[u8]]) -> Result<Vec<Vec<u8>>, QueueError> {
        let mut portion = Vec::new();
        let mut bytes = 0;
        for message in messages.iter().take(PORTION) {
            match payload::seal(self.object(), message) {
                Ok(sealed) => {
                    bytes += message.len();
                    portion.push(sealed);
                }
                Err(error) if portion.is_empty() => return Err(error.into()),
                Err(_) => break,
            }
            if bytes >= PORTION_BYTES {
                break;
            }
        }
        Ok(portion)
    }

    /// Puts at least one of the messages; waits while there is no room for any.
    fn put_sealed(&self, messages: &[Vec<u8>], wait: Wait) -> Result<usize, QueueError> {
        let attempt = || {
            let call = Call::new(&PUT, self.object())
                .keys(["h", "r", "m", "w", "b"])
                .arguments(messages.iter().map(Vec::as_slice));
            match self.cluster().call(call)?.integer()? {
                FULL => Ok(None),
                CLOSED => Err(QueueError::Closed),
                count => Ok(Some(usize::try_from(count).unwrap_or(0))),
            }
        };
        let pause = |slice| Ok(self.cluster().wait_for_token(self.object(), "b", slice)?);
        wait_for(wait, attempt, pause)?.ok_or(match wait {
            Wait::Never => QueueError::Full,
            Wait::Forever | Wait::Until(_) => QueueError::TimedOut,
        })
    }
}

/// Whether what it is told of may have been done all the same.
fn is_doubtful(error: &QueueError) -> bool {
    matches!(
        error,
        QueueError::Cluster(
            ClusterError::Unconfirmed { .. }
                | ClusterError::Unavailable { .. }
                | ClusterError::NotReady { .. }
        )
    )
}
