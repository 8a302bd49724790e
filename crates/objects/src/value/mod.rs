//! Values: one number, or one value of any size, that processes share.
//!
//! See `README.md` for the two forms and what a kill can leave.

mod get;
mod kind;
mod layout;
mod recovery;
mod set;
mod word;

use procession_arena::mem::Unit;
use procession_arena::{Error, FIRST_OF_KIND, Handle, Object, Participant, Result};

use crate::contents;
use crate::under_way::UnderWay;
pub(crate) use kind::ValueKind;
use layout::Header;

/// What users call a value.
const NAME: &str = "value";

/// How a value stands in shared memory; fixed when it is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As a number of so many bytes, on which the processor's atomic instructions work.
    Word(Unit),
    /// As a record that is replaced.
    Record,
}

/// Operations on values in record form, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    pub(super) const GET: u8 = FIRST_OF_KIND;
    pub(super) const SET: u8 = FIRST_OF_KIND + 1;
    /// Freeing the record of a value that nobody reaches any more.
    pub(super) const TAKE_APART: u8 = FIRST_OF_KIND + 2;
}

/// This process's view of a value in the arena.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// In the middle of changing it: the value is the old one or the new one. Nobody is blocked.
#[derive(Debug)]
pub struct Value {
    object: Object,
    form: Form,
}

impl Value {
    /// Creates a value in one block, with what `write` puts into its header.
    fn create(
        me: &Participant,
        contents: Option<&str>,
        write: impl FnOnce(Header<'_>) -> Result<()>,
    ) -> Result<Value> {
        let arena = me.arena();
        let size = layout::HEADER_SIZE as u64;
        let block = me.begin_object(size + contents::room_for(contents))?;
        let written = layout::header(arena, block).and_then(|header| {
            arena.window().clear(block, size)?;
            contents::write(arena, block + size, contents)?;
            write(header)
        });
        if let Err(error) = written {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&ValueKind, block)?;
        Value::open(me, object)
    }

    /// Makes this process a holder of the value that `handle` names.
    ///
    /// `contents` says what the value is expected to be; `None` is anything.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the value is gone, [`Error::WrongKind`] if it is something else,
    /// [`Error::WrongContents`] if it is a value of another type.
    pub fn attach(me: &Participant, handle: Handle, contents: Option<&str>) -> Result<Value> {
        let (object, kind) = me.attach(handle)?;
        let opened = match kind.tag() {
            kind::TAG => {
                let place = object.header + layout::HEADER_SIZE as u64;
                contents::check(me.arena(), place, NAME, handle, contents)
                    .and_then(|()| Value::open(me, object))
            }
            _ => Err(Error::WrongKind {
                handle,
                expected: NAME,
                found: kind.name(),
            }),
        };
        if opened.is_err() {
            me.detach(handle)?;
        }
        opened
    }

    fn open(me: &Participant, object: Object) -> Result<Value> {
        let header = layout::header(me.arena(), object.header)?;
        let form = header.word32::<{ layout::FORM }>().load();
        let width = header.word32::<{ layout::WIDTH }>().load();
        let form = Form::unpack(form, width)?;
        Ok(Value { object, form })
    }

    /// Ends this hold; with the last one in the session the value is freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the value is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The value's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    #[inline]
    fn header<'a>(&self, me: &'a Participant) -> Result<Header<'a>> {
        layout::header(me.arena(), self.object.header)
    }

    /// Announces an operation on this value; it ends when the result is dropped.
    #[inline]
    fn begin<'a>(&self, me: &'a Participant, operation: u8) -> Result<UnderWay<'a>> {
        UnderWay::begin(me, operation, self.object.handle)
    }

    /// Refuses operations of the record form on a value that has none.
    #[inline]
    fn must_be_record(&self) -> Result<()> {
        match self.form {
            Form::Record => Ok(()),
            Form::Word(_) => Err(self.wrong_form("any number of bytes")),
        }
    }

    /// An operation of the other form was asked for.
    #[cold]
    fn wrong_form(&self, expected: &str) -> Error {
        Error::WrongContents {
            handle: self.object.handle,
            kind: NAME,
            expected: expected.to_owned(),
            found: match self.form {
                Form::Word(unit) => format!("{} bytes at a fixed place", unit.size()),
                Form::Record => "any number of bytes".to_owned(),
            },
        }
    }
}

const WORD_FORM: u32 = 1;
const RECORD_FORM: u32 = 2;

impl Form {
    fn unpack(form: u32, width: u32) -> Result<Form> {
        match (form, width) {
            (WORD_FORM, 1 | 2 | 4 | 8) => Ok(Form::Word(Unit::of(width.into()))),
            (RECORD_FORM, 0) => Ok(Form::Record),
            _ => Err(Error::Corrupt {
                what: "a value is of no known form",
            }),
        }
    }

    /// Writes it into the header of a new value.
    fn write(self, header: Header<'_>) {
        let (form, width) = match self {
            Form::Word(unit) => (WORD_FORM, unit.size() as u32),
            Form::Record => (RECORD_FORM, 0),
        };
        header.word32::<{ layout::FORM }>().store(form);
        header.word32::<{ layout::WIDTH }>().store(width);
    }
}
