//! Getting: waiting for messages, and handing them on.

use procession_arena::{Error, Participant, ProcessId, Result, ThreadToken, Wait};

use super::layout::{self, Header};
use super::message::{Batch, Message};
use super::take::Destination;
use super::{Queue, operation};
use crate::under_way::UnderWay;

impl Queue {
    /// Takes the first message.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] (only with [`Wait::Never`]), [`Error::TimedOut`]; [`Error::Closed`] if the
    /// queue is closed and everything has been taken.
    #[inline]
    pub fn get(&self, me: &Participant, into: &mut Message, wait: Wait) -> Result<()> {
        into.clear();
        self.get_waiting(me, wait, nobody, |header, under_way| {
            self.take_one(me, header, under_way, into)
        })
    }

    /// As [`get`](Self::get), for an answer that only `peer` can give: if that process ends, the wait
    /// does, once everything that it had put is taken.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); [`Error::PeerGone`] if the process has ended.
    ///
    /// # If a process dies
    ///
    /// If it is `peer`: this one is told within a millisecond, by the kernel.
    pub fn get_from(
        &self,
        me: &Participant,
        into: &mut Message,
        wait: Wait,
        peer: ProcessId,
    ) -> Result<()> {
        let watched = || match me.arena().living_thread_of(peer)? {
            None => Err(Error::PeerGone),
            thread => Ok(thread),
        };
        into.clear();
        let outcome = self.get_waiting(me, wait, watched, |header, under_way| {
            self.take_one(me, header, under_way, into)
        });
        match outcome {
            // What it had put before it ended may have come after the last look.
            Err(gone @ Error::PeerGone) => match self.get(me, into, Wait::Never) {
                Err(Error::Empty) => Err(gone),
                outcome => outcome,
            },
            outcome => outcome,
        }
    }

    /// Takes up to `limit` messages at once and returns how many; waits only for the first.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_many(
        &self,
        me: &Participant,
        into: &mut Batch,
        limit: usize,
        wait: Wait,
    ) -> Result<usize> {
        into.clear();
        if limit == 0 {
            return Ok(0);
        }
        self.get_waiting(me, wait, nobody, |header, under_way| {
            self.take_many(me, header, under_way, into, limit)?;
            Ok((!into.is_empty()).then_some(()))
        })?;
        // Large messages, and the ends of segments, part what one commit can take.
        while into.len() < limit {
            let under_way = self.begin(me, operation::GET)?;
            let before = into.len();
            match self.take_many(me, self.header(me)?, &under_way, into, limit - before) {
                Ok(()) if into.len() > before => self.pass_on(self.header(me)?),
                Ok(()) | Err(Error::Closed) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(into.len())
    }

    /// Waits until there is a message to take, or the queue is closed; takes none.
    ///
    /// Somebody else may take it first.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`], also with [`Wait::Never`].
    pub fn wait_for_message(&self, me: &Participant, wait: Wait) -> Result<()> {
        let _under_way = self.begin(me, operation::GET)?;
        let header = self.header(me)?;
        let not_empty = layout::not_empty(header);
        let ready = || {
            let is_closed = header.word32::<{ layout::CLOSED }>().load() != 0;
            Ok((is_closed || !self.is_empty(me)?).then_some(()))
        };
        let found = not_empty.wait_for(me, wait, ready)?;
        // Rule W3: whoever takes nothing passes on the wake that may have been meant for somebody who does.
        not_empty.notify(1);
        found.ok_or(Error::TimedOut)
    }

    #[inline]
    fn take_one(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        into: &mut Message,
    ) -> Result<Option<()>> {
        let destination = &mut Destination {
            bytes: &mut into.bytes,
            handles: &mut into.handles,
            messages: None,
            wanted: true,
        };
        let deliveries = self.take(me, header, under_way, 1, destination)?;
        Ok(deliveries.map(|its| into.deliveries = its))
    }

    fn take_many(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        into: &mut Batch,
        limit: usize,
    ) -> Result<()> {
        let destination = &mut Destination {
            bytes: &mut into.bytes,
            handles: &mut into.handles,
            messages: Some(&mut into.messages),
            wanted: true,
        };
        self.take(me, header, under_way, limit, destination)
            .map(drop)
    }

    /// Throws the first messages away; false if there was none.
    pub(super) fn discard(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        into: &mut Message,
    ) -> Result<bool> {
        let destination = &mut Destination {
            bytes: &mut into.bytes,
            handles: &mut into.handles,
            messages: None,
            wanted: false,
        };
        match self.take(me, header, under_way, 64, destination) {
            Ok(taken) => Ok(taken.is_some()),
            Err(Error::Closed) => Ok(false),
            Err(error) => Err(error),
        }
    }

    #[inline]
    fn get_waiting(
        &self,
        me: &Participant,
        wait: Wait,
        watched: impl Fn() -> Result<Option<ThreadToken>>,
        mut attempt: impl FnMut(Header<'_>, &UnderWay<'_>) -> Result<Option<()>>,
    ) -> Result<()> {
        let under_way = self.begin(me, operation::GET)?;
        let header = self.header(me)?;
        if attempt(header, &under_way)?.is_none() {
            me.heard(header.word32::<{ layout::LAST_PRODUCER }>().load());
            let ready = || attempt(header, &under_way);
            layout::not_empty(header)
                .wait_for_watching(me, wait, watched, ready)?
                .ok_or(match wait {
                    Wait::Never => Error::Empty,
                    Wait::Forever | Wait::Until(_) => Error::TimedOut,
                })?;
        }
        self.pass_on(header);
        Ok(())
    }

    /// Wakes a producer that waits for room; and, rule W3, whoever may take what is still there.
    ///
    /// Only the consumers' own line is looked at: what was put since they last looked at the
    /// tail was announced by whoever put it.
    #[inline]
    fn pass_on(&self, header: Header<'_>) {
        if self.maxsize != u64::MAX {
            layout::not_full(header).notify(1);
        }
        let seen = header.word64::<{ layout::SEEN_TAIL }>().load();
        if header.word64::<{ layout::HEAD }>().load() != seen {
            layout::not_empty(header).notify(1);
        }
    }
}

/// Whoever puts next will do.
fn nobody() -> Result<Option<ThreadToken>> {
    Ok(None)
}
