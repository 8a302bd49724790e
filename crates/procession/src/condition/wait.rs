//! Waiting for a notification.

use std::time::Duration;

use procession_arena::Wait;

use super::guarded::Refusal;
use super::{Condition, ConditionLock};
use crate::deadline::until;
use crate::place::Place;
use crate::{LockError, SharedError};

impl<L: ConditionLock> Condition<L> {
    /// Gives the lock up, waits until somebody notifies, and returns with the lock.
    ///
    /// It returns for no other reason. But before it has the lock again, others may have had it:
    /// [`wait_while`](Condition::wait_while) and [`wait_for`](Condition::wait_for) look again.
    ///
    /// # Errors
    ///
    /// [`LockError::Abandoned`] if meanwhile somebody died holding the lock: the guard is in the error.
    /// [`LockError::Failed`] with [`SharedError::NotHeld`] or [`SharedError::HeldByAnother`] if somebody
    /// released the lock in spite of the guard; with [`SharedError::Session`] if the guard is of another
    /// lock, which is then released; with [`SharedError::Cluster`] if the server cannot be used, or the lease of the lock has run out: then the lock is
    /// not held.
    ///
    /// # If a process dies
    ///
    /// This one, while it waits: nobody else is affected, and if it was notified, another one is in its
    /// place.
    pub fn wait<'a>(&self, guard: L::Guard<'a>) -> Result<L::Guard<'a>, Refusal<'a, L>>
    where
        L: 'a,
    {
        self.wait_in_line(guard, Wait::Forever)
            .map(|(guard, _)| guard)
    }

    /// As [`wait`](Condition::wait), but at most for `timeout`; says whether it was notified.
    ///
    /// However long it takes, it returns with the lock.
    ///
    /// # Errors
    ///
    /// As [`wait`](Condition::wait).
    pub fn wait_timeout<'a>(
        &self,
        guard: L::Guard<'a>,
        timeout: Duration,
    ) -> Result<(L::Guard<'a>, bool), Refusal<'a, L>>
    where
        L: 'a,
    {
        self.wait_in_line(guard, until(timeout))
    }

    /// Waits as long as `condition` is true; it is asked with the lock held, and first of all.
    ///
    /// # Errors
    ///
    /// As [`wait`](Condition::wait).
    pub fn wait_while<'a>(
        &self,
        guard: L::Guard<'a>,
        mut condition: impl FnMut() -> bool,
    ) -> Result<L::Guard<'a>, Refusal<'a, L>>
    where
        L: 'a,
    {
        self.wait_for(guard, || !condition())
    }

    /// Waits until `predicate` is true; it is asked with the lock held, and first of all.
    ///
    /// # Errors
    ///
    /// As [`wait`](Condition::wait).
    pub fn wait_for<'a>(
        &self,
        mut guard: L::Guard<'a>,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<L::Guard<'a>, Refusal<'a, L>>
    where
        L: 'a,
    {
        while !predicate() {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// As [`wait_for`](Condition::wait_for), but at most for `timeout`; says what `predicate` said last.
    ///
    /// # Errors
    ///
    /// As [`wait`](Condition::wait).
    pub fn wait_for_timeout<'a>(
        &self,
        mut guard: L::Guard<'a>,
        timeout: Duration,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<(L::Guard<'a>, bool), Refusal<'a, L>>
    where
        L: 'a,
    {
        let wait = until(timeout);
        let mut notified = true;
        loop {
            if predicate() {
                return Ok((guard, true));
            }
            if !notified {
                return Ok((guard, false));
            }
            (guard, notified) = self.wait_in_line(guard, wait)?;
        }
    }

    fn wait_in_line<'a>(
        &self,
        guard: L::Guard<'a>,
        wait: Wait,
    ) -> Result<(L::Guard<'a>, bool), Refusal<'a, L>>
    where
        L: 'a,
    {
        if !L::is_of(&guard, &self.lock) {
            return Err(LockError::Failed(SharedError::Session {
                reason: "the guard is of another lock than the condition's".to_owned(),
            }));
        }
        // If it fails before the lock is given up, the guard still releases it.
        let (guard, notified, abandoned_by) = match &self.place {
            Place::Memory(condition) => {
                let waited = condition.with(|condition, me| condition.wait(me, wait));
                let waited = waited.map_err(|error| LockError::Failed(error.into()))?;
                let guard = L::disarm(guard).arm(waited.taken);
                (guard, waited.notified, waited.taken.abandoned_by)
            }
            Place::Server(condition) => {
                let waited = condition.wait(wait);
                let waited = waited.map_err(|error| LockError::Failed(error.into()))?;
                let abandoned_by = waited.taken.abandoned_by.as_ref().map(|its| its.pid);
                let guard = L::disarm(guard).arm_on_server(waited.taken);
                (guard, waited.notified, abandoned_by)
            }
        };
        match abandoned_by {
            None => Ok((guard, notified)),
            Some(pid) => Err(LockError::Abandoned(guard, pid)),
        }
    }
}
