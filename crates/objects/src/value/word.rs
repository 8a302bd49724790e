//! The word form: a number on which the processor's atomic instructions work.

use procession_arena::mem::Unit;
use procession_arena::{Participant, Result};

use super::{Form, Value, layout};
use crate::AtomicCell;

impl Value {
    /// Creates a value that is a number as wide as `unit`; this process holds it.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory) or
    /// [`Error::TooManyObjects`](procession_arena::Error::TooManyObjects).
    pub fn create_word(
        me: &Participant,
        unit: Unit,
        initial: u64,
        contents: Option<&str>,
    ) -> Result<Value> {
        Value::create(me, contents, |header| {
            Form::Word(unit).write(header);
            let place = header.offset() + layout::WORD;
            AtomicCell::open(me.arena(), unit, place)?.store(initial);
            Ok(())
        })
    }

    /// The number, to be read and changed.
    ///
    /// Nothing is announced: each operation is one store, from which nothing is derived and for
    /// which nobody waits.
    ///
    /// # Errors
    ///
    /// [`Error::WrongContents`](procession_arena::Error::WrongContents) if the value is a record.
    #[inline]
    pub fn cell<'a>(&self, me: &'a Participant) -> Result<AtomicCell<'a>> {
        match self.form {
            Form::Word(unit) => {
                AtomicCell::open(me.arena(), unit, self.object.header + layout::WORD)
            }
            Form::Record => Err(self.wrong_form("a number of bytes at a fixed place")),
        }
    }
}
