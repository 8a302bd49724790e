//! Arrays: a fixed number of elements of a fixed size that processes share.
//!
//! See `README.md` for the layout, and what a kill can leave.

mod access;
mod create;
mod extent;
mod kind;
mod layout;
mod lock;

use procession_arena::{Error, Handle, Object, Participant, Result};

use crate::contents;
pub use create::Initial;
use extent::Extent;
pub(crate) use kind::ArrayKind;

/// What users call an array.
const NAME: &str = "array";

/// This process's view of an array in the arena.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// While it writes an element of 1, 2, 4 or 8 bytes: that is the old one or the new one. While it
/// writes another, or several: a part of it is written. As holder of the lock: whoever takes it next
/// gets it at once, and is told. Nobody is blocked.
#[derive(Debug)]
pub struct SharedArray {
    object: Object,
    extent: Extent,
}

impl SharedArray {
    /// Makes this process a holder of the array that `handle` names.
    ///
    /// `contents` says what the elements are expected to be; `None` is anything.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the array is gone, [`Error::WrongKind`] if it is something else,
    /// [`Error::WrongContents`] if it has elements of another type.
    pub fn attach(me: &Participant, handle: Handle, contents: Option<&str>) -> Result<SharedArray> {
        let (object, kind) = me.attach(handle)?;
        let opened = match kind.tag() {
            kind::TAG => {
                let place = object.header + layout::HEADER_SIZE as u64;
                contents::check(me.arena(), place, NAME, handle, contents)
                    .and_then(|()| SharedArray::open(me, object))
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

    fn open(me: &Participant, object: Object) -> Result<SharedArray> {
        let header = layout::header(me.arena(), object.header)?;
        let extent = Extent::read(me.arena(), header)?;
        Ok(SharedArray { object, extent })
    }

    /// Ends this hold; with the last one in the session the array is freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the array is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The array's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    /// How many elements there are; never changes.
    #[inline]
    pub fn len(&self) -> u64 {
        self.extent.length
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.extent.length == 0
    }

    /// Bytes of each element.
    pub fn element_size(&self) -> u64 {
        self.extent.element_size
    }
}
