//! Permits of which it is known who holds them.

use procession_arena::{Error, Participant, Result};

use super::layout::{self, Header};
use super::{PermitRule, Semaphore, operation};
use crate::under_way::UnderWay;

impl Semaphore {
    /// Takes a permit for this process if one is free.
    pub(super) fn take_attributed(
        &self,
        me: &Participant,
        header: Header<'_>,
    ) -> Result<Option<()>> {
        // Nothing to recover: the dead have raised their count, or they have not.
        let _lock = layout::lock(header).acquire(me, || Ok(()))?;
        let taken = self.held_by_all(me, header)?;
        if taken > u64::from(self.total) {
            return Err(Error::Corrupt {
                what: "more permits are held than a semaphore has",
            });
        }
        if taken == u64::from(self.total) {
            return Ok(None);
        }
        let held = layout::held(me.arena(), header, me.process().index)?;
        // Other threads of this process lower the count without the lock.
        held.fetch_add(1);
        Ok(Some(()))
    }

    /// Gives back permits that this process holds.
    pub(super) fn give_back(&self, me: &Participant, header: Header<'_>, count: u32) -> Result<()> {
        let held = layout::held(me.arena(), header, me.process().index)?;
        let mut found = held.load();
        loop {
            let after = found.checked_sub(count.into()).ok_or(Error::NotHeld)?;
            match held.compare_exchange(found, after) {
                Ok(()) => return Ok(()),
                Err(now) => found = now,
            }
        }
    }

    /// Takes back what a process holds that has no part in the semaphore any more.
    pub(super) fn take_back(&self, me: &Participant, process: u16) -> Result<()> {
        if self.rule != PermitRule::Attributed {
            return Ok(());
        }
        let header = self.header(me)?;
        let held = layout::held(me.arena(), header, process)?;
        if held.load() == 0 {
            return Ok(());
        }
        let _under_way = UnderWay::begin(me, operation::TAKE_BACK, self.object.handle)?;
        held.swap(0);
        layout::waiters(header).notify_all();
        Ok(())
    }

    /// Permits that are taken. Without the lock no more than a guess, since others go on meanwhile.
    pub(super) fn held_by_all(&self, me: &Participant, header: Header<'_>) -> Result<u64> {
        let mut sum = 0u64;
        for process in 0..me.arena().processes_ever()? {
            let held = layout::held(me.arena(), header, process)?.load();
            sum = sum.saturating_add(held);
        }
        Ok(sum)
    }
}
