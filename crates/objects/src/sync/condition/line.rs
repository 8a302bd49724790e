//! The line of those who wait: found by looking at what every thread has under way.

use procession_arena::{Handle, Intent, Participant, Result};

use super::layout::{self, Header};
use super::{Condition, operation};

/// The words of a condition, and its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) header: Header<'a>,
    pub(super) handle: Handle,
}

impl Condition {
    pub(super) fn view<'a>(&self, me: &'a Participant) -> Result<View<'a>> {
        Ok(View {
            header: self.header(me)?,
            handle: self.object.handle,
        })
    }
}

impl View<'_> {
    fn upto(self) -> u64 {
        self.header.word64::<{ layout::UPTO }>().load()
    }

    /// Whether every ticket that was given is notified.
    pub(super) fn is_empty(self) -> bool {
        self.upto() == self.header.word64::<{ layout::NEXT }>().load()
    }

    pub(super) fn is_notified(self, ticket: u64) -> bool {
        ticket < self.upto()
    }

    /// Notifies everybody in line whose ticket is not above `last`: the commit store.
    pub(super) fn notify_up_to(self, last: u64) {
        self.header
            .word64::<{ layout::UPTO }>()
            .store(last.wrapping_add(1));
    }

    /// Calls `visit` with the ticket of each living thread in line, in no order; the dead leave the line.
    ///
    /// The internal lock is held. Whether a thread is dead is asked once: one that dies after that is in
    /// line as if it lived, and what it is notified of is passed on.
    pub(super) fn for_each_in_line(
        self,
        me: &Participant,
        mut visit: impl FnMut(u64),
    ) -> Result<()> {
        me.arena().for_each_thread_on(self.handle, |thread| {
            let ticket = thread.count;
            if thread.operation != operation::WAIT || ticket == 0 || self.is_notified(ticket) {
                return Ok(());
            }
            match thread.is_dead {
                true => thread.intent.set_count(0),
                false => visit(ticket),
            }
            Ok(())
        })
    }

    /// The lowest ticket of the living in line.
    fn first(self, me: &Participant) -> Result<Option<u64>> {
        let mut first: Option<u64> = None;
        self.for_each_in_line(me, |ticket| {
            first = Some(first.map_or(ticket, |found| found.min(ticket)));
        })?;
        Ok(first)
    }

    /// Takes the dead out of the line, and passes on what those that were notified had no use for.
    ///
    /// The internal lock is held.
    pub(super) fn recover(self, me: &Participant) -> Result<()> {
        me.for_each_dead_intent(|intent, target, _| {
            if target.object != self.handle || target.operation != operation::WAIT {
                return Ok(());
            }
            match intent.count() {
                0 => Ok(()),
                ticket if self.is_notified(ticket) => self.pass_on(me, intent),
                _ => {
                    intent.set_count(0);
                    Ok(())
                }
            }
        })
    }

    /// Notifies somebody else in the place of a dead thread that was notified.
    fn pass_on(self, me: &Participant, dead: Intent<'_>) -> Result<()> {
        let passed_before = dead.expected() != 0 && dead.expected() == self.upto();
        if !passed_before && let Some(first) = self.first(me)? {
            // Whoever goes on with this after the death of this thread compares with it.
            dead.set_expected(first.wrapping_add(1));
            self.notify_up_to(first);
            layout::lane(me.arena(), self.header, first)?.notify_all();
        }
        dead.set_count(0);
        dead.set_expected(0);
        Ok(())
    }
}
