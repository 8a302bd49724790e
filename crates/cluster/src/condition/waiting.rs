//! Waiting for a notification.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use procession_arena::Wait;

use super::line::{LEAVE, LOOK, lane};
use super::{Condition, Waited};
use crate::call::{Call, Effort};
use crate::keeper::Kept;
use crate::lease::Renewal;
use crate::script::{Script, script};
use crate::waiting::wait_for;
use crate::{ClusterError, SyncError};

pub(super) static ENTER: Script = script!("enter");
pub(super) static FINISH: Script = script!("finish");
pub(super) static RENEW: Script = script!("renew");

/// A place in the line, with the lock given up.
///
/// If it is dropped before it is [finished](Self::finish), the lock stays released, and it counts as dead when its lease ends.
#[derive(Debug)]
#[must_use = "the lock is given up until the wait is finished"]
pub struct Waiting {
    condition: Condition,
    name: String,
    ticket: u64,
    /// How often the lock was held.
    depth: u32,
    place: Place,
    _kept: Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    InLine,
    Notified,
    /// Without having been notified.
    Left,
}

impl Condition {
    /// The first half of [`wait`](Self::wait): gets in line and gives the lock up.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn enter(&self) -> Result<Waiting, SyncError> {
        self.guarded.check_held()?;
        let name = self.object.cluster().fresh_name()?;
        let call = Call::new(&ENTER, &self.object)
            .keys(["h", "o", "e"])
            .argument(name.as_str())
            .argument(self.object.cluster().lease());
        let asked = Instant::now();
        let ticket = self.object.cluster().call(call)?.count()?;
        let (_, renewal) = Renewal::new(&RENEW, &["h", "e"], &self.object, &name, asked);
        let mut waiting = Waiting {
            condition: self.clone(),
            name,
            ticket,
            depth: 0,
            place: Place::InLine,
            _kept: renewal.begin()?,
        };
        match self.guarded.release() {
            Ok(depth) => waiting.depth = depth,
            Err(error) => {
                // If this fails, too, its lease ends.
                let _ = waiting.leave(Effort::Once);
                return Err(error);
            }
        }
        Ok(waiting)
    }
}

impl Waiting {
    /// Waits until it is notified; says whether it is, rather than that the time is over. It can be called again.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn wait(&mut self, wait: Wait) -> Result<bool, ClusterError> {
        if self.place == Place::InLine {
            let signal = RefCell::new(String::new());
            let look = || {
                let last = self.look()?;
                let found = last.is_none();
                signal.replace(last.unwrap_or_default());
                Ok(found.then_some(()))
            };
            let pause = |slice: Duration| {
                let object = &self.condition.object;
                let lane = lane(self.ticket);
                object
                    .cluster()
                    .wait_for_signal(object, lane, &signal.borrow(), slice)
            };
            let found: Result<_, ClusterError> = wait_for(wait, look, pause);
            if found?.is_some() {
                self.place = Place::Notified;
            }
        }
        Ok(self.place == Place::Notified)
    }

    /// The last signal of the lane, or `None` if it is notified.
    fn look(&self) -> Result<Option<String>, ClusterError> {
        let call = self.condition.line_call(&LOOK);
        let call = call.argument(self.name.as_str()).argument(self.ticket);
        let reply = self.condition.object.cluster().call(call)?.into_array()?;
        let last = reply.into_iter().nth(1);
        last.map(|last| last.into_text()).transpose()
    }

    fn leave(&mut self, effort: Effort) -> Result<(), ClusterError> {
        let call = self
            .condition
            .line_call(&LEAVE)
            .argument(self.name.as_str());
        let cluster = self.condition.object.cluster();
        self.place = match cluster.call_with(call, effort)?.integer()? {
            1 => Place::Notified,
            _ => Place::Left,
        };
        Ok(())
    }

    /// The second half of [`Condition::wait`]: gets out of line, unless it is notified, and takes the lock again, however long that takes. If
    /// it fails it can be called again, and goes on where it was.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn finish(&mut self) -> Result<Waited, SyncError> {
        if self.place == Place::InLine {
            self.leave(Effort::Patient)?;
        }
        let taken = self.condition.guarded.acquire(self.depth)?;
        let notified = self.place == Place::Notified;
        // In sight of whoever looks for the dead until the lock is held again: else the notification would be lost with this process.
        if notified && let Err(error) = self.no_longer_wait() {
            tracing::warn!(%error, "a notification may be passed on although it has arrived");
        }
        Ok(Waited { notified, taken })
    }

    fn no_longer_wait(&self) -> Result<(), ClusterError> {
        let object = &self.condition.object;
        let call = Call::new(&FINISH, object)
            .keys(["h", "e", "g"])
            .argument(self.name.as_str());
        object.cluster().call(call).map(drop)
    }
}
