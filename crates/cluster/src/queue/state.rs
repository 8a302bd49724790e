//! How a queue stands, and closing it.

use super::reap::reap_all;
use super::{Queue, QueueError};
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::reply::Reply;
use crate::script::{Script, script};

pub(super) static LOOK: Script = script!("look");
pub(super) static CLOSE: Script = script!("close");

/// How a queue stood at one moment.
pub(super) struct State {
    pub(super) ready: u64,
    pub(super) unfinished: u64,
    pub(super) is_closed: bool,
    pub(super) lost: u64,
    /// The lease under which messages were lost last.
    pub(super) lost_by: String,
    /// Behind it comes the signal that something has changed.
    pub(super) last_signal: String,
    /// Leases that have run out.
    run_out: Vec<String>,
}

impl Queue {
    /// Messages in the queue at this moment.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn len(&self) -> Result<u64, QueueError> {
        Ok(self.look()?.ready)
    }

    /// Whether there is no message in the queue at this moment.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn is_empty(&self) -> Result<bool, QueueError> {
        Ok(self.len()? == 0)
    }

    /// Messages that were put and are neither done nor lost.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    ///
    /// # If a process dies
    ///
    /// What it held counts until its lease has run out.
    pub fn unfinished(&self) -> Result<u64, QueueError> {
        Ok(self.look_and_reap()?.unfinished)
    }

    /// Closes the queue for good: no more puts; what is in it can still be taken.
    ///
    /// Everybody who waits is woken. Closing a closed queue does nothing.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn close(&self) -> Result<(), QueueError> {
        let call = Call::new(&CLOSE, self.object()).keys(["h", "w", "b"]);
        self.cluster().call(call)?;
        Ok(())
    }

    /// Whether the queue was closed.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn is_closed(&self) -> Result<bool, QueueError> {
        Ok(self.look()?.is_closed)
    }

    /// How the queue stands when no lease has run out that nobody has reaped.
    pub(super) fn look_and_reap(&self) -> Result<State, ClusterError> {
        loop {
            let state = self.look()?;
            if state.run_out.is_empty() {
                return Ok(state);
            }
            reap_all(self.object(), state.run_out, Effort::Patient)?;
        }
    }

    fn look(&self) -> Result<State, ClusterError> {
        let call = Call::new(&LOOK, self.object()).keys(["h", "r", "m", "c", "j"]);
        let mut parts = self.cluster().call(call)?.into_array()?.into_iter();
        let mut part = || parts.next().unwrap_or(Reply::Nil);
        Ok(State {
            ready: part().count()?,
            unfinished: part().count()?,
            is_closed: part().count()? == 1,
            lost: part().count()?,
            lost_by: part().into_text()?,
            last_signal: part().into_text()?,
            run_out: parts.map(Reply::into_text).collect::<Result<_, _>>()?,
        })
    }
}
