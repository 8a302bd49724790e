//! Looking into a queue, and emptying it; for those who run it.

use super::get::number;
use super::{PORTION, PORTION_BYTES, Queue, QueueError};
use crate::call::Call;
use crate::object::{Kind, Object};
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::{Cluster, ClusterError, payload};

pub(super) static PEEK: Script = script!("peek");
pub(super) static PURGE: Script = script!("purge");
pub(super) static STATISTICS: Script = script!("statistics");

/// A message that is ready, as it lies in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How often it was given out, and came back.
    pub deliveries: u32,
}

/// Counts of a queue, at one moment and since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Messages in the queue.
    pub ready: u64,
    /// Those, and those that consumers hold.
    pub unfinished: u64,
    /// Processes that hold messages, or have lately.
    pub consumers: u64,
    /// Dead letters that are kept.
    pub dead: u64,
    /// Messages ever put.
    pub puts: u64,
    /// Messages ever given out, each delivery counted.
    pub gots: u64,
    /// Messages ever marked as done.
    pub dones: u64,
    /// Messages ever lost with consumers.
    pub lost: u64,
    /// Messages that came back from consumers that were lost.
    pub redelivered: u64,
    /// Messages thrown away by [`purge`](Queue::purge).
    pub purged: u64,
    /// Messages that were to be marked as done when they were no longer their consumer's.
    pub late: u64,
}

impl Queue {
    /// A handle for those who look after queues: it does not keep the queue alive, and does not make this process one of its consumers. `name` is
    /// what it was made with, or what [`objects`](crate::inspect::objects) calls it.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`]; [`ClusterError::Unavailable`] and its like.
    pub fn look_at(cluster: &Cluster, name: &str) -> Result<Queue, ClusterError> {
        Queue::of_object(Object::found(cluster, Kind::Queue, name))
    }

    /// The first messages in the queue, up to `limit`; they stay there.
    ///
    /// If others get at the same time, some may be missing.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unsigned`], [`ClusterError::BadSignature`] for a single message; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its
    /// like for all.
    pub fn peek(&self, limit: usize) -> Result<Vec<Result<Peeked, ClusterError>>, QueueError> {
        let mut peeked = Vec::new();
        while peeked.len() < limit {
            let call = Call::new(&PEEK, self.object())
                .keys(["h", "r", "m", "a"])
                .argument(peeked.len())
                .argument((limit - peeked.len()).min(PORTION))
                .argument(PORTION_BYTES);
            let mut parts = self.cluster().call(call)?.into_array()?.into_iter();
            let before = peeked.len();
            while let Some(deliveries) = parts.next() {
                let sealed = parts.next().unwrap_or(Reply::Nil).into_bytes()?;
                let deliveries = u32::try_from(deliveries.count()?).unwrap_or(u32::MAX);
                let bytes = payload::open(self.object(), sealed);
                peeked.push(bytes.map(|bytes| Peeked { bytes, deliveries }));
            }
            if peeked.len() == before {
                break;
            }
        }
        Ok(peeked)
    }

    /// Throws away the messages that are in the queue, and says how many; those that consumers hold are theirs.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    ///
    /// # If a process dies
    ///
    /// Within `purge`: some of the first messages are gone, the others are there.
    pub fn purge(&self) -> Result<u64, QueueError> {
        // What is put meanwhile is not meant; otherwise it might never end.
        let mut left = self.len()?;
        let mut purged = 0;
        while left > 0 {
            let call = Call::new(&PURGE, self.object())
                .keys(["h", "r", "m", "a", "w", "b", "j"])
                .argument(left.min(PORTION as u64));
            let count = self.cluster().call(call)?.count()?;
            purged += count;
            left = match count {
                0 => 0,
                _ => left.saturating_sub(count),
            };
        }
        Ok(purged)
    }

    /// Counts of the queue.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn statistics(&self) -> Result<Statistics, QueueError> {
        let call = Call::new(&STATISTICS, self.object()).keys(["h", "r", "m", "c", "d"]);
        let mut parts = self.cluster().call(call)?.into_array()?.into_iter();
        let mut next = || number(parts.next());
        Ok(Statistics {
            ready: next()?,
            unfinished: next()?,
            consumers: next()?,
            dead: next()?,
            puts: next()?,
            gots: next()?,
            dones: next()?,
            lost: next()?,
            redelivered: next()?,
            purged: next()?,
            late: next()?,
        })
    }
}
