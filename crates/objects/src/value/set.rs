//! The record form: putting another record in the place of the one that is the value.

use procession_arena::{Handle, Intent, OWNED, Participant, Result, Transit};

use super::get::record;
use super::layout::{self, Header};
use super::{Form, Value, operation};
use crate::reading::{Expect, Reading};
use crate::record::Record;
use crate::record_reading::{attach_all, detach_all};

/// What came of trying to replace a record.
enum Outcome {
    /// It is replaced; these handles stood in it and are not kept alive by it any more.
    Replaced(Vec<Handle>),
    /// It was not as expected.
    NotAsExpected,
}

impl Value {
    /// Creates a value of any number of bytes; this process holds it.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory) or
    /// [`Error::TooManyObjects`](procession_arena::Error::TooManyObjects).
    pub fn create_record(
        me: &Participant,
        bytes: &[u8],
        handles: &[Handle],
        contents: Option<&str>,
    ) -> Result<Value> {
        Value::create(me, contents, |header| {
            Form::Record.write(header);
            note_sent(me, header, handles)?;
            let first = Record::create(me, Transit::Structure, &[], bytes, handles)?;
            header.word64::<{ layout::RECORD }>().store(first.offset());
            Ok(())
        })
    }

    /// Replaces the value, if it is as `expect` says; says whether it was.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory), and the value is as it was;
    /// [`Error::WrongContents`](procession_arena::Error::WrongContents) if the value is a number at
    /// a fixed place.
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one.
    pub fn set(
        &self,
        me: &Participant,
        bytes: &[u8],
        handles: &[Handle],
        expect: Expect,
    ) -> Result<bool> {
        match self.replace(me, bytes, handles, expect, None)? {
            Outcome::NotAsExpected => Ok(false),
            Outcome::Replaced(carried) => {
                me.destroy_all_unreachable(carried)?;
                Ok(true)
            }
        }
    }

    /// Replaces the value and reads the old one; the handles in that are attached for this process.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one; the old one may be lost with the process.
    pub fn swap(
        &self,
        me: &Participant,
        bytes: &[u8],
        handles: &[Handle],
        old: &mut Reading,
    ) -> Result<()> {
        old.clear();
        let outcome = self.replace(me, bytes, handles, Expect::Anything, Some(&mut *old));
        if outcome.is_err() {
            detach_all(me, &mut old.handles)?;
        }
        outcome.map(drop)
    }

    fn replace(
        &self,
        me: &Participant,
        bytes: &[u8],
        handles: &[Handle],
        expect: Expect,
        old: Option<&mut Reading>,
    ) -> Result<Outcome> {
        self.must_be_record()?;
        let under_way = self.begin(me, operation::SET)?;
        let header = self.header(me)?;
        note_sent(me, header, handles)?;
        let new = Record::create(me, Transit::Payload, &[], bytes, handles)?;
        let outcome = self.replace_by(me, header, under_way.intent, new.offset(), expect, old);
        if !matches!(outcome, Ok(Outcome::Replaced(_))) {
            me.release(Transit::Payload)?;
        }
        outcome
    }

    /// Replaces the record by the one in transit as payload, or by none if `new` is zero.
    ///
    /// After anything but [`Outcome::Replaced`] it still is in transit, unless it was committed.
    fn replace_by(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        new: u64,
        expect: Expect,
        mut reading: Option<&mut Reading>,
    ) -> Result<Outcome> {
        let sequence = layout::sequence(header);
        let guard = sequence.acquire(me, || self.recover_locked(me, header))?;
        let old = record(header);
        if !expect.is_met(me, old)? {
            return Ok(Outcome::NotAsExpected);
        }
        let mut carried = Vec::new();
        if let Some(old) = old {
            let old = Record::open(me.arena(), old)?;
            match &mut reading {
                // Held before the record lets go of them.
                Some(into) => attach_all(me, old, old.extent(), &mut into.handles)?,
                None => carried = old.handles(old.extent())?,
            }
            me.hold(old.offset(), Transit::Structure)?;
        }
        let writing = sequence.write();
        // One more, because zero means that no commit is near.
        intent.set_expected(new + 1);
        header.word64::<{ layout::RECORD }>().store(new);
        intent.set_expected(OWNED);
        drop(writing);
        intent.clear_block(Transit::Payload);
        drop(guard);
        let copied = match (reading, old) {
            (Some(into), Some(old)) => copy(me, old, into),
            _ => Ok(()),
        };
        me.release(Transit::Structure)?;
        intent.set_expected(0);
        copied.map(|()| Outcome::Replaced(carried))
    }

    /// Frees the record. Nobody holds the value any more.
    pub(super) fn take_apart(&self, me: &Participant) -> Result<()> {
        let under_way = self.begin(me, operation::TAKE_APART)?;
        let header = self.header(me)?;
        self.replace_by(me, header, under_way.intent, 0, Expect::Anything, None)
            .map(drop)
    }
}

/// Copies a record that is unlinked, and this thread's to free.
fn copy(me: &Participant, old: u64, into: &mut Reading) -> Result<()> {
    let old = Record::open(me.arena(), old)?;
    old.append_value(old.extent(), &mut into.bytes)
}

/// Says that handles are about to be in the value: their objects will be looked for there.
fn note_sent(me: &Participant, header: Header<'_>, handles: &[Handle]) -> Result<()> {
    if handles.is_empty() {
        return Ok(());
    }
    header.word32::<{ layout::CARRIES_HANDLES }>().store(1);
    handles.iter().try_for_each(|handle| me.note_sent(*handle))
}
