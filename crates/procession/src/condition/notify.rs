//! Notifying those who wait.

use super::Condition;
use crate::SharedError;
use crate::place::Place;

impl<L> Condition<L> {
    /// Has one of those who wait return, the one that has waited longest; says whether there was one.
    ///
    /// The lock need not be held. Whoever changes what others wait for under the lock, and notifies then
    /// or later, misses none of those who have looked at it before.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    pub fn notify_one(&self) -> Result<bool, SharedError> {
        Ok(self.notify(1)? == 1)
    }

    /// Has up to `count` of those who wait return, in the order in which they began to; says how many.
    ///
    /// # Errors
    ///
    /// As [`notify_one`](Condition::notify_one).
    pub fn notify(&self, count: usize) -> Result<usize, SharedError> {
        match &self.place {
            Place::Memory(condition) => {
                Ok(condition.with(|condition, me| condition.notify(me, count))?)
            }
            Place::Server(condition) => Ok(condition.notify(count)?),
        }
    }

    /// Has all who wait return; says how many.
    ///
    /// # Errors
    ///
    /// As [`notify_one`](Condition::notify_one).
    pub fn notify_all(&self) -> Result<usize, SharedError> {
        match &self.place {
            Place::Memory(condition) => {
                Ok(condition.with(|condition, me| condition.notify_all(me))?)
            }
            Place::Server(condition) => Ok(condition.notify_all()?),
        }
    }
}
