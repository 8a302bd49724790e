//! Lists: elements in order, each of any size, read without a lock.
//!
//! See `README.md` for the layout and the protocol.

mod change;
mod chunk;
mod get;
mod kind;
mod layout;
mod pop;
mod push;
mod rearrange;
mod recovery;
mod root;
mod set;
mod splice;
mod sweep;
mod table;

use procession_arena::{
    Error, FIRST_OF_KIND, Guard, Handle, Intent, Object, ObjectKind, Participant, Result, Transit,
};

use crate::attach::attach;
use crate::contents;
use crate::under_way::UnderWay;
pub(crate) use kind::ListKind;
use layout::Header;
use root::Root;

/// Entries that a new root has room for.
const FIRST_CAPACITY: u64 = 4;
/// Room of a list's first chunk, as a power of two, unless its chunks are smaller.
const FIRST_CHUNK_BITS: u32 = 3;

/// What a new list is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListConfig<'a> {
    /// What it contains, in the words of the floor above: whoever attaches it as something else
    /// gets an error.
    pub contents: Option<&'a str>,
    /// How many elements stand together in one block at most, as a power of two up to 16.
    ///
    /// Inserting in the middle copies so many words.
    pub chunk_bits: u32,
}

impl Default for ListConfig<'_> {
    fn default() -> Self {
        ListConfig {
            contents: None,
            chunk_bits: 9,
        }
    }
}

/// An element on its way into a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Element<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Handles of shared objects that the value carries; this process must hold them.
    pub handles: &'a [Handle],
}

/// Operations, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    /// Committed by the length.
    pub(super) const PUSH: u8 = FIRST_OF_KIND;
    /// Committed by one word, after which the block in transit as structure is unlinked.
    pub(super) const UNLINK: u8 = FIRST_OF_KIND + 1;
    /// Committed by the element's word.
    pub(super) const SET: u8 = FIRST_OF_KIND + 2;
    /// Committed by the root; what it makes and replaces stands in a draft.
    pub(super) const CHANGE: u8 = FIRST_OF_KIND + 3;
}

/// This process's view of a list in the arena.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// Inside any operation: it has happened wholly, or not at all. Reading needs nobody else to be alive.
#[derive(Debug)]
pub struct List {
    object: Object,
    chunk_bits: u32,
}

impl List {
    /// Creates an empty list that this process holds.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant, config: &ListConfig<'_>) -> Result<List> {
        let size = layout::HEADER_SIZE as u64 + contents::room_for(config.contents);
        let block = me.begin_object(size)?;
        let written = List::write(me, block, config);
        if let Err(error) = written {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&ListKind, block)?;
        List::open(me, object)
    }

    fn write(me: &Participant, block: u64, config: &ListConfig<'_>) -> Result<()> {
        let arena = me.arena();
        let header = layout::header(arena, block)?;
        arena.window().clear(block, layout::HEADER_SIZE as u64)?;
        let bits = config.chunk_bits.min(chunk::MOST_BITS);
        header.word32::<{ layout::CHUNK_BITS }>().store(bits);
        let description = block + layout::HEADER_SIZE as u64;
        contents::write(arena, description, config.contents)?;
        let root = me.allocate(root::size_for(FIRST_CAPACITY), Transit::Structure)?;
        Root::write(arena, root.offset, FIRST_CAPACITY, 0, &[])?;
        header.word64::<{ layout::ROOT }>().store(root.offset);
        Ok(())
    }

    /// Makes this process a holder of the list that `handle` names.
    ///
    /// `contents` is what it should contain; `None` fits all.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the list is gone, [`Error::WrongKind`] if it is something else,
    /// [`Error::WrongContents`] if it was created for something else.
    pub fn attach(me: &Participant, handle: Handle, contents: Option<&str>) -> Result<List> {
        let object = attach(me, handle, &ListKind)?;
        let description = object.header + layout::HEADER_SIZE as u64;
        let checked = contents::check(me.arena(), description, ListKind.name(), handle, contents);
        match checked.and_then(|()| List::open(me, object)) {
            Ok(list) => Ok(list),
            Err(error) => {
                me.detach(handle)?;
                Err(error)
            }
        }
    }

    fn open(me: &Participant, object: Object) -> Result<List> {
        let header = layout::header(me.arena(), object.header)?;
        let chunk_bits = header.word32::<{ layout::CHUNK_BITS }>().load();
        match chunk_bits <= chunk::MOST_BITS {
            true => Ok(List { object, chunk_bits }),
            false => Err(Error::Corrupt {
                what: "a list has chunks of an impossible size",
            }),
        }
    }

    /// Ends this hold; with the last one in the session the list and its elements are freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the list is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The list's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    #[inline]
    fn header<'a>(&self, me: &'a Participant) -> Result<Header<'a>> {
        layout::header(me.arena(), self.object.header)
    }

    /// The root as it is now; under the lock it stays that.
    #[inline]
    fn root<'a>(&self, me: &'a Participant, header: Header<'a>) -> Result<Root<'a>> {
        Root::open(me.arena(), header.word64::<{ layout::ROOT }>().load())
    }

    /// Takes the writers' lock, and puts right what a dead owner left.
    #[inline]
    fn lock<'a>(&self, me: &'a Participant, header: Header<'a>) -> Result<Guard<'a>> {
        layout::sequence(header).acquire(me, || self.recover_locked(me, header))
    }

    /// Announces an operation on this list; it ends when the value is dropped.
    #[inline]
    fn begin<'a>(&self, me: &'a Participant, operation: u8) -> Result<UnderWay<'a>> {
        UnderWay::begin(me, operation, self.object.handle)
    }

    /// Notes that elements are about to carry these handles.
    #[inline]
    fn announce(&self, me: &Participant, header: Header<'_>, handles: &[Handle]) -> Result<()> {
        if handles.is_empty() {
            return Ok(());
        }
        header.word32::<{ layout::CARRIES_HANDLES }>().store(1);
        handles.iter().try_for_each(|handle| me.note_sent(*handle))
    }

    fn carries_handles(header: Header<'_>) -> bool {
        header.word32::<{ layout::CARRIES_HANDLES }>().load() != 0
    }

    /// Elements that a chunk has room for at most.
    fn full_chunk(&self) -> u64 {
        1 << self.chunk_bits
    }
}

/// Writes down what the word at `place` will be after the commit store, which comes next.
///
/// Nothing may be expected before. The lock that guards the word is held.
#[inline]
fn expect_commit(intent: Intent<'_>, place: u64, value: u64) {
    intent.set_expected_link(place);
    // One more, because zero means that no commit is near.
    intent.set_expected(value.wrapping_add(1));
}

fn beyond_the_end(index: u64, length: u64) -> Error {
    Error::IndexOutOfRange { index, length }
}
