//! Taking a permit, and waiting for one.

use procession_arena::{Error, Participant, Result, Wait};

use super::layout::{self, Header};
use super::{PermitRule, Semaphore, operation};
use crate::under_way::UnderWay;

impl Semaphore {
    /// Takes one permit.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]; with [`Wait::Never`] if none is free.
    #[inline]
    pub fn acquire(&self, me: &Participant, wait: Wait) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::ACQUIRE, self.object.handle)?;
        let header = self.header(me)?;
        if self.take(me, header)?.is_some() {
            return Ok(());
        }
        if wait == Wait::Never {
            return Err(Error::TimedOut);
        }
        me.heard(header.word32::<{ layout::LAST_RELEASER }>().load());
        layout::waiters(header)
            .wait_for(me, wait, || self.take(me, header))?
            .ok_or(Error::TimedOut)
    }

    /// Takes a permit if one is free. The exchange is the commit (invariant 1).
    #[inline]
    fn take(&self, me: &Participant, header: Header<'_>) -> Result<Option<()>> {
        if self.rule == PermitRule::Attributed {
            return self.take_attributed(me, header);
        }
        let permits = header.word32::<{ layout::PERMITS }>();
        let mut free = permits.load();
        while free > 0 {
            match permits.compare_exchange(free, free - 1) {
                Ok(()) => return Ok(Some(())),
                Err(now) => free = now,
            }
        }
        Ok(None)
    }
}
