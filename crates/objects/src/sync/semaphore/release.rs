//! Giving permits.

use procession_arena::{Error, Participant, Result};

use super::layout::{self, Header};
use super::{PermitRule, Semaphore, operation};
use crate::under_way::UnderWay;

impl Semaphore {
    /// Gives `count` permits and wakes as many who wait; all of them, or none if there is an error.
    ///
    /// # Errors
    ///
    /// - [`Error::ReleasedTooOften`] if the semaphore is bounded and fewer are taken;
    /// - [`Error::NotHeld`] if it is attributed and this process holds fewer;
    /// - [`Error::TooManyPermits`] if it is plain and has as many as can be counted.
    #[inline]
    pub fn release(&self, me: &Participant, count: u32) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::RELEASE, self.object.handle)?;
        let header = self.header(me)?;
        match self.rule {
            PermitRule::Plain => give(header, count, u32::MAX).ok_or(TOO_MANY)?,
            PermitRule::Bounded => {
                give(header, count, self.total)
                    .ok_or(Error::ReleasedTooOften { bound: self.total })?;
            }
            PermitRule::Attributed => self.give_back(me, header, count)?,
        }
        header
            .word32::<{ layout::LAST_RELEASER }>()
            .store(me.token().bits());
        me.spoke();
        layout::waiters(header).notify(count);
        Ok(())
    }
}

const TOO_MANY: Error = Error::TooManyPermits { limit: u32::MAX };

/// Adds permits, unless there would be more than `most`. The exchange is the commit (invariant 1).
#[inline]
fn give(header: Header<'_>, count: u32, most: u32) -> Option<()> {
    let permits = header.word32::<{ layout::PERMITS }>();
    let mut free = permits.load();
    loop {
        let after = free.checked_add(count).filter(|&after| after <= most)?;
        match permits.compare_exchange(free, after) {
            Ok(()) => return Some(()),
            Err(now) => free = now,
        }
    }
}
