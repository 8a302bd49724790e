//! Messages that a process has without knowing it, because the answer to its `get` was lost.

use std::sync::{PoisonError, RwLockWriteGuard, TryLockError};

use super::PORTION;
use super::consumer::Consumer;
use super::lease;
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::script::{Script, script};

pub(super) static GIVE_BACK: Script = script!("give_back");

/// No `get` of this process is under way.
type NoGets<'a> = RwLockWriteGuard<'a, ()>;

impl Consumer {
    /// Gives back what the lease has and this process does not know of, if there may be such.
    pub(super) fn settle_doubt(&self) -> Result<(), ClusterError> {
        if !self.is_in_doubt() {
            return Ok(());
        }
        let no_gets = self.gets.write().unwrap_or_else(PoisonError::into_inner);
        self.settle(no_gets, Effort::Patient)
    }

    /// As [`settle_doubt`](Self::settle_doubt), unless a `get` is under way, and with one attempt only.
    pub(super) fn settle_doubt_if_idle(&self) -> Result<(), ClusterError> {
        if !self.is_in_doubt() {
            return Ok(());
        }
        match self.gets.try_write() {
            Ok(no_gets) => self.settle(no_gets, Effort::Once),
            Err(TryLockError::Poisoned(poisoned)) => {
                self.settle(poisoned.into_inner(), Effort::Once)
            }
            // The next `get` will.
            Err(TryLockError::WouldBlock) => Ok(()),
        }
    }

    fn settle(&self, _no_gets: NoGets<'_>, effort: Effort) -> Result<(), ClusterError> {
        let lease = self.lease();
        let part = lease::part(&lease);
        let mut cursor = "0".to_owned();
        loop {
            let (next, ids) = self.scan(&part, &cursor)?;
            let unknown = self.unknown(&lease, ids);
            for portion in unknown.chunks(PORTION) {
                tracing::info!(queue = %self.object, count = portion.len(), "messages whose delivery was not heard of are given back");
                let call = Call::new(&GIVE_BACK, &self.object)
                    .keys(["h", "r", "w"])
                    .keys([&part])
                    .arguments(portion.iter().map(String::as_str));
                self.object.cluster().call_with(call, effort)?;
            }
            if next == "0" {
                self.end_doubt();
                return Ok(());
            }
            cursor = next;
        }
    }

    /// Some of the ids that the lease has, and where to go on.
    fn scan(&self, part: &str, cursor: &str) -> Result<(String, Vec<String>), ClusterError> {
        let key = self.object.key(part);
        let scan: [&[u8]; 5] = [
            b"HSCAN",
            key.as_bytes(),
            cursor.as_bytes(),
            b"COUNT",
            b"1000",
        ];
        let [next, pairs] = self
            .object
            .cluster()
            .command(&self.object, scan)?
            .into_parts()?;
        let ids = pairs.into_array()?.into_iter().step_by(2);
        let ids: Result<_, _> = ids.map(|id| id.into_text()).collect();
        Ok((next.into_text()?, ids?))
    }
}
