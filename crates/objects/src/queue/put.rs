//! Putting: waiting for room, and making what needs no lock.

use procession_arena::{Error, Handle, Participant, Result, Transit, Wait};

use super::append::{Attempt, Outgoing};
use super::block::MessageBlock;
use super::layout::{self, Header};
use super::record::{LARGEST_INLINE, MAX_HANDLES};
use super::{Mode, Queue, operation};
use crate::under_way::UnderWay;

impl Queue {
    /// Puts one message.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] (only with [`Wait::Never`]), [`Error::TimedOut`], [`Error::Closed`];
    /// [`Error::OutOfMemory`] if the session's memory cap does not allow it, and then the queue is
    /// as it was.
    #[inline]
    pub fn put(
        &self,
        me: &Participant,
        bytes: &[u8],
        handles: &[Handle],
        wait: Wait,
    ) -> Result<()> {
        let under_way = self.begin(me, operation::PUT)?;
        if !handles.is_empty() {
            self.announce_handles(me, handles)?;
        }
        if self.needs_block(bytes) {
            return self.put_block(me, &under_way, &[bytes], handles, wait);
        }
        let outgoing = Outgoing::Inline {
            messages: &[bytes],
            handles,
        };
        self.put_waiting(me, &under_way, outgoing, wait).map(drop)
    }

    /// As [`put`](Self::put), for one message that stands in several places. A large one is copied only once if all parts but
    /// the last are whole words (8 bytes) long.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    pub fn put_parts(
        &self,
        me: &Participant,
        parts: &[&[u8]],
        handles: &[Handle],
        wait: Wait,
    ) -> Result<()> {
        let size: usize = parts.iter().map(|part| part.len()).sum();
        let are_whole = parts
            .iter()
            .rev()
            .skip(1)
            .all(|part| part.len().is_multiple_of(8));
        if size <= LARGEST_INLINE || !are_whole {
            return self.put(me, &parts.concat(), handles, wait);
        }
        let under_way = self.begin(me, operation::PUT)?;
        if !handles.is_empty() {
            self.announce_handles(me, handles)?;
        }
        self.put_block(me, &under_way, parts, handles, wait)
    }

    /// Puts messages in their order and returns how many; all of them, unless there is an error
    /// or the time is over.
    ///
    /// Small messages become visible together, as many at a time as there is room for. If the
    /// process is killed in the middle, the first of them are there and the rest is not.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put), but only if not a single message could be put.
    pub fn put_many(&self, me: &Participant, messages: &[&[u8]], wait: Wait) -> Result<usize> {
        let under_way = self.begin(me, operation::PUT)?;
        let mut done = 0;
        while let Some(rest) = messages.get(done..).filter(|rest| !rest.is_empty()) {
            let small = rest
                .iter()
                .take_while(|bytes| !self.needs_block(bytes))
                .count();
            let outcome = match small {
                0 => self
                    .put_block(me, &under_way, &rest[..1], &[], wait)
                    .map(|()| 1),
                _ => {
                    let outgoing = Outgoing::Inline {
                        messages: &rest[..small],
                        handles: &[],
                    };
                    self.put_waiting(me, &under_way, outgoing, wait)
                }
            };
            match outcome {
                Ok(count) => done += count,
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(done)
    }

    #[inline]
    fn needs_block(&self, bytes: &[u8]) -> bool {
        self.mode == Mode::Redeliver || bytes.len() > LARGEST_INLINE
    }

    #[cold]
    fn announce_handles(&self, me: &Participant, handles: &[Handle]) -> Result<()> {
        if handles.len() > MAX_HANDLES {
            return Err(Error::TooManyHandles { limit: MAX_HANDLES });
        }
        self.header(me)?
            .word32::<{ layout::CARRIES_HANDLES }>()
            .store(1);
        handles.iter().try_for_each(|handle| me.note_sent(*handle))
    }

    #[cold]
    fn put_block(
        &self,
        me: &Participant,
        under_way: &UnderWay<'_>,
        parts: &[&[u8]],
        handles: &[Handle],
        wait: Wait,
    ) -> Result<()> {
        let message = MessageBlock::create(me, parts, handles)?;
        let outgoing = Outgoing::Block {
            message,
            carries_handles: !handles.is_empty(),
        };
        let outcome = self.put_waiting(me, under_way, outgoing, wait);
        if outcome.is_err() {
            me.release(Transit::Payload)?;
        }
        outcome.map(drop)
    }

    /// Waits for room if it must, and wakes whoever waits for items.
    #[inline]
    fn put_waiting(
        &self,
        me: &Participant,
        under_way: &UnderWay<'_>,
        outgoing: Outgoing<'_>,
        wait: Wait,
    ) -> Result<usize> {
        let header = self.header(me)?;
        let done = match self.try_put(me, header, under_way, outgoing)? {
            Some(done) => done,
            None => {
                let attempt = || self.try_put(me, header, under_way, outgoing);
                layout::not_full(header)
                    .wait_for(me, wait, attempt)?
                    .ok_or(match wait {
                        Wait::Never => Error::Full,
                        Wait::Forever | Wait::Until(_) => Error::TimedOut,
                    })?
            }
        };
        layout::not_empty(header).notify(u32::try_from(done).unwrap_or(u32::MAX >> 1));
        // Rule W3: whoever finds more room than it needed passes the wake on.
        if self.maxsize != u64::MAX && self.has_places_by_own_account(header) {
            layout::not_full(header).notify(1);
        }
        me.spoke();
        Ok(done)
    }

    /// Whether there is room, going by the producers' own line: what was taken since they last
    /// looked at the count was announced by whoever took it.
    #[inline]
    fn has_places_by_own_account(&self, header: Header<'_>) -> bool {
        let put = header.word64::<{ layout::PUT_COUNT }>().load();
        let seen = header.word64::<{ layout::SEEN_GOT }>().load();
        put.saturating_sub(seen) < self.maxsize
    }

    /// Puts what there is room for; `None` if there is none.
    #[inline]
    fn try_put(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        outgoing: Outgoing<'_>,
    ) -> Result<Option<usize>> {
        loop {
            let attempt = self.append(me, header, under_way, outgoing);
            if let Ok(Attempt::NeedsSegment(size)) = attempt {
                // Outside the lock: a large allocation may have to ask the system for memory.
                me.allocate(size, Transit::Structure)?;
                continue;
            }
            self.drop_spare_segment(me, under_way)?;
            return Ok(match attempt? {
                Attempt::Done(count) => Some(count),
                Attempt::Full | Attempt::NeedsSegment(_) => None,
            });
        }
    }

    /// Another producer may have linked a segment while this one allocated its own.
    #[inline]
    fn drop_spare_segment(&self, me: &Participant, under_way: &UnderWay<'_>) -> Result<()> {
        match under_way.intent.block(Transit::Structure) {
            Some(_) => me.release(Transit::Structure),
            None => Ok(()),
        }
    }
}
