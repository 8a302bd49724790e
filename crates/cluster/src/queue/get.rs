//! Getting.

use procession_arena::Wait;

use super::{PORTION, PORTION_BYTES, Queue, QueueError};
use crate::call::Call;
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::waiting::wait_for;
use crate::{ClusterError, payload};

pub(super) static GET: Script = script!("get");

/// A message as it was taken from a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How often the message was given out, this time included; more than one only if a process that had it was lost.
    pub deliveries: u32,
}

/// A message as the server gives it out.
pub(super) struct Sealed {
    pub(super) bytes: Vec<u8>,
    pub(super) deliveries: u32,
}

/// What one step has brought.
pub(super) struct Portion {
    pub(super) messages: Vec<Sealed>,
    /// Whether more is there.
    pub(super) has_more: bool,
}

impl Queue {
    /// Takes the first message; waits while there is none.
    ///
    /// # Errors
    ///
    /// [`QueueError::Empty`] (only with [`Wait::Never`]), [`QueueError::TimedOut`]; [`QueueError::Closed`] if the queue is closed and everything
    /// has been taken; [`ClusterError::Unsigned`], [`ClusterError::BadSignature`], after which the message is taken all the same;
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like. After the last, the first message of a plain queue may be gone; of a
    /// joinable one it is not.
    ///
    /// # If a process dies
    ///
    /// Within `get`: the message is in the queue, or was taken by the dead process.
    pub fn get(&self, wait: Wait) -> Result<Message, QueueError> {
        let message = self.get_many(1, wait)?.into_iter().next();
        Ok(message.ok_or(QueueError::Empty)??)
    }

    /// Takes up to `limit` messages; waits only for the first.
    ///
    /// A message that cannot be opened does not keep back the others; it is taken as well.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # If a process dies
    ///
    /// As in [`get`](Self::get), for each message.
    pub fn get_many(
        &self,
        limit: usize,
        wait: Wait,
    ) -> Result<Vec<Result<Message, ClusterError>>, QueueError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let pause = |slice| Ok(self.cluster().wait_for_token(self.object(), "w", slice)?);
        let first = wait_for(wait, || self.take(limit), pause)?;
        let mut portion = first.ok_or(match wait {
            Wait::Never => QueueError::Empty,
            Wait::Forever | Wait::Until(_) => QueueError::TimedOut,
        })?;
        let mut taken = Vec::with_capacity(portion.messages.len());
        loop {
            let has_more = portion.has_more;
            taken.extend(
                portion
                    .messages
                    .into_iter()
                    .map(|sealed| self.open_message(sealed)),
            );
            if !has_more || taken.len() >= limit {
                return Ok(taken);
            }
            // What was taken is not given up for an error of what comes next, which the next call will meet.
            match self.take(limit - taken.len()) {
                Ok(Some(next)) => portion = next,
                Ok(None) | Err(_) => return Ok(taken),
            }
        }
    }

    /// Waits until there is a message, or the queue is closed, and takes nothing.
    ///
    /// # Errors
    ///
    /// [`QueueError::TimedOut`]; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn wait_for_message(&self, wait: Wait) -> Result<(), QueueError> {
        let look = || {
            let state = self.look_and_reap()?;
            Ok((state.ready > 0 || state.is_closed).then_some(()))
        };
        let pause = |slice| Ok(self.cluster().watch_for_token(self.object(), "w", slice)?);
        let found: Result<_, QueueError> = wait_for(wait, look, pause);
        found?.ok_or(QueueError::TimedOut)
    }

    fn open_message(&self, sealed: Sealed) -> Result<Message, ClusterError> {
        let bytes = match self.config().joinable {
            None => payload::take(self.object(), sealed.bytes),
            Some(_) => payload::open(self.object(), sealed.bytes),
        };
        Ok(Message {
            bytes: bytes?,
            deliveries: sealed.deliveries,
        })
    }

    /// Takes what is there, as much as one step can move; nothing if there is nothing.
    fn take(&self, limit: usize) -> Result<Option<Portion>, QueueError> {
        match self.config().joinable {
            None => self.take_for_good(limit.min(PORTION)),
            Some(_) => self.consumer()?.take(limit.min(PORTION)),
        }
    }

    fn take_for_good(&self, limit: usize) -> Result<Option<Portion>, QueueError> {
        let call = Call::new(&GET, self.object())
            .keys(["h", "r", "m", "w", "b"])
            .argument(limit)
            .argument(PORTION_BYTES);
        let mut parts = self.cluster().call(call)?.into_array()?.into_iter();
        match word(parts.next())?.as_str() {
            "got" => {}
            "empty" => return Ok(None),
            "closed" => return Err(QueueError::Closed),
            other => return Err(unknown(other).into()),
        }
        let has_more = number(parts.next())? > 0;
        let sealed = |message: Reply| {
            Ok(Sealed {
                bytes: message.into_bytes()?,
                deliveries: 1,
            })
        };
        let messages: Result<_, ClusterError> = parts.map(sealed).collect();
        Ok(Some(Portion {
            messages: messages?,
            has_more,
        }))
    }
}

pub(super) fn word(part: Option<Reply>) -> Result<String, ClusterError> {
    part.unwrap_or(Reply::Nil).into_text()
}

pub(super) fn number(part: Option<Reply>) -> Result<u64, ClusterError> {
    part.unwrap_or(Reply::Nil).count()
}

pub(super) fn unknown(word: &str) -> ClusterError {
    ClusterError::protocol(format!("{word:?} from a queue"))
}
