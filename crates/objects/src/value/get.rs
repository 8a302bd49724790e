//! The record form: reading the value.

use procession_arena::{Error, Participant, Result};

use super::layout::{self, Header};
use super::{Value, operation};
use crate::reading::{Reading, Stamp};
use crate::record_reading::Source;

impl Value {
    /// Reads the value; the handles in it are attached for this process.
    ///
    /// # Errors
    ///
    /// [`Error::WrongContents`] if the value is a number at a fixed place.
    pub fn get(&self, me: &Participant, into: &mut Reading) -> Result<()> {
        self.must_be_record()?;
        // Should it come to taking the lock, and this thread be killed with it.
        let _under_way = self.begin(me, operation::GET)?;
        let header = self.header(me)?;
        match self.source(me, header).read(me, into)? {
            true => Ok(()),
            false => Err(NO_RECORD),
        }
    }

    /// As [`get`](Self::get), and says which version of the value it was.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_stamped(&self, me: &Participant, into: &mut Reading) -> Result<Stamp> {
        self.must_be_record()?;
        let _under_way = self.begin(me, operation::GET)?;
        let header = self.header(me)?;
        self.source(me, header)
            .read_stamped(me, into)?
            .ok_or(NO_RECORD)
    }

    /// Where the value is found.
    fn source<'a>(
        &'a self,
        me: &'a Participant,
        header: Header<'a>,
    ) -> Source<'a, impl Fn() -> Result<()>, impl Fn() -> Result<Option<u64>>> {
        Source {
            sequence: layout::sequence(header),
            recover: move || self.recover_locked(me, header),
            find: move || Ok(record(header)),
        }
    }
}

/// The record that is the value; `None` if it was taken apart.
#[inline]
pub(super) fn record(header: Header<'_>) -> Option<u64> {
    match header.word64::<{ layout::RECORD }>().load() {
        0 => None,
        record => Some(record),
    }
}

const NO_RECORD: Error = Error::Corrupt {
    what: "a value that is in use has no record",
};
