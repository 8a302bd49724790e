//! Dead letters: messages that were lost with their consumers.

use super::get::{number, word};
use super::{PORTION, PORTION_BYTES, Queue, QueueError, lease};
use crate::call::{Call, Effort};
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::{ClusterError, payload};

pub(super) static DEAD: Script = script!("dead");
pub(super) static REQUEUE_DEAD: Script = script!("requeue_dead");

const CLOSED: i64 = -1;

/// A message that was lost with its consumer: it counts as lost, but the last thousand of them are kept for a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The bytes.
    pub bytes: Result<Vec<u8>, ClusterError>,
    /// How often it was given out.
    pub deliveries: u32,
    /// The machine of the process that had it last.
    pub host: String,
    /// That process's number there.
    pub pid: u32,
}

impl Queue {
    /// The oldest dead letters, up to `limit`; they stay where they are.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError> {
        let mut letters = Vec::new();
        let mut from = "-".to_owned();
        while letters.len() < limit {
            let call = Call::new(&DEAD, self.object())
                .keys(["h", "d"])
                .argument(from.as_str())
                .argument((limit - letters.len()).min(PORTION))
                .argument(PORTION_BYTES);
            let mut parts = self.cluster().call(call)?.into_array()?.into_iter();
            let before = letters.len();
            while let Some(id) = parts.next() {
                from = format!("({}", id.into_text()?);
                letters.push(self.dead_letter(&mut parts)?);
            }
            if letters.len() == before {
                break;
            }
        }
        Ok(letters)
    }

    fn dead_letter(
        &self,
        parts: &mut impl Iterator<Item = Reply>,
    ) -> Result<DeadLetter, ClusterError> {
        let deliveries = number(parts.next())?;
        let (host, pid) = lease::holder(&word(parts.next())?);
        let sealed = parts.next().unwrap_or(Reply::Nil).into_bytes()?;
        Ok(DeadLetter {
            bytes: payload::open(self.object(), sealed),
            deliveries: u32::try_from(deliveries).unwrap_or(u32::MAX),
            host,
            pid,
        })
    }

    /// Puts all dead letters at the end of the queue again, as if they were new, and says how many; also beyond its `maxsize`.
    ///
    /// # Errors
    ///
    /// [`QueueError::Closed`]; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    ///
    /// # If a process dies
    ///
    /// Within it: each is a dead letter, or in the queue.
    pub fn requeue_dead_letters(&self) -> Result<u64, QueueError> {
        // Those that come meanwhile are not meant; otherwise it might never end.
        let mut left = self.statistics()?.dead;
        let mut requeued = 0;
        while left > 0 {
            let call = Call::new(&REQUEUE_DEAD, self.object())
                .keys(["h", "r", "m", "w", "d"])
                .argument(left.min(PORTION as u64))
                .argument(PORTION_BYTES);
            let count = match self.cluster().call(call)?.integer()? {
                CLOSED => return Err(QueueError::Closed),
                0 => break,
                count => u64::try_from(count).unwrap_or(0),
            };
            requeued += count;
            left = left.saturating_sub(count);
        }
        Ok(requeued)
    }

    /// Throws all dead letters away.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like.
    pub fn discard_dead_letters(&self) -> Result<(), QueueError> {
        let key = self.object().key("d");
        let unlink: [&[u8]; 2] = [b"UNLINK", key.as_bytes()];
        self.cluster().change_on(&key, unlink, Effort::Patient)?;
        Ok(())
    }
}
