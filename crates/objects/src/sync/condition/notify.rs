//! Notifying those who wait.

use procession_arena::{Participant, Result};

use super::layout::{self, LANE_COUNT};
use super::{Condition, operation};
use crate::under_way::UnderWay;

/// More sleepers than there can be.
const EVERYBODY: u32 = u32::MAX >> 1;

impl Condition {
    /// Has up to `count` of those who wait return, in the order in which they began to; returns how
    /// many.
    ///
    /// The lock need not be held. If it is, whoever waited for what the caller has changed under it is
    /// in line.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the condition is damaged.
    ///
    /// # If a process dies
    ///
    /// This one, in the middle of it: all of them are notified, or none. One of those that are notified,
    /// before it holds the lock again: another one is notified in its place.
    pub fn notify(&self, me: &Participant, count: usize) -> Result<usize> {
        let view = self.view(me)?;
        if count == 0 || view.is_empty() {
            return Ok(0);
        }
        let _under_way = UnderWay::begin(me, operation::NOTIFY, self.object.handle)?;
        let mut tickets = Vec::with_capacity(usize::from(LANE_COUNT as u16));
        {
            let _line = layout::lock(view.header).acquire(me, || view.recover(me))?;
            view.recover(me)?;
            view.for_each_in_line(me, |ticket| tickets.push(ticket))?;
            tickets.sort_unstable();
            tickets.truncate(count);
            if let Some(last) = tickets.last() {
                view.notify_up_to(*last);
            }
        }
        let lanes = tickets
            .iter()
            .fold(0u16, |lanes, ticket| lanes | 1 << (ticket % LANE_COUNT));
        for lane in (0..LANE_COUNT).filter(|lane| lanes >> lane & 1 == 1) {
            layout::lane(me.arena(), view.header, lane)?.notify(EVERYBODY);
        }
        Ok(tickets.len())
    }

    /// As [`notify`](Self::notify), for all who wait.
    ///
    /// # Errors
    ///
    /// As [`notify`](Self::notify).
    pub fn notify_all(&self, me: &Participant) -> Result<usize> {
        self.notify(me, usize::MAX)
    }
}
