//! Dicts: keys and values in the order of their insertion, for any number of readers and writers.
//!
//! See `README.md` for the protocol and what a kill can leave.

mod change;
mod clear;
mod extend;
mod get;
mod grow;
mod kind;
mod layout;
mod recovery;
mod remove;
mod snapshot;
mod table;

use std::hash::{BuildHasher, Hasher, RandomState};

use foldhash::fast::FixedState;
use procession_arena::{Error, FIRST_OF_KIND, Guard, Handle, Object, Participant, Result, Transit};

pub use change::Change;
pub use extend::Item;
pub(crate) use kind::DictKind;
use layout::Header;
use table::Table;

use crate::contents;
use crate::sequence_lock::SequenceLock;
use crate::under_way::UnderWay;

/// What a new dict is to be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DictConfig<'a> {
    /// What its keys and values are, in the words of the caller; see [`Dict::attach`].
    pub contents: Option<&'a str>,
    /// Entries to have room for from the beginning.
    pub capacity: u64,
}

/// Operations, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    /// Changing one entry, or making room for it.
    pub(super) const CHANGE: u8 = FIRST_OF_KIND;
    pub(super) const EXTEND: u8 = FIRST_OF_KIND + 1;
    /// Emptying a dict, also one that nobody reaches any more.
    pub(super) const CLEAR: u8 = FIRST_OF_KIND + 2;
}

/// This process's view of a dict in the arena: bytes to bytes.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// Inside any change: it is wholly made or wholly not, an [`extend`](Self::extend) of many entries
/// as well. Nobody waits longer than it takes to put right what it left.
#[derive(Debug)]
pub struct Dict {
    object: Object,
    hasher: FixedState,
}

impl Dict {
    /// Creates a dict that this process holds.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant, config: &DictConfig<'_>) -> Result<Dict> {
        let length = layout::HEADER_BLOCK + contents::room_for(config.contents);
        let block = me.begin_object(length)?;
        if let Err(error) = Dict::write(me, block, config) {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&DictKind, block)?;
        Dict::open(me, object)
    }

    fn write(me: &Participant, block: u64, config: &DictConfig<'_>) -> Result<()> {
        let arena = me.arena();
        let header = layout::header(arena, block)?;
        arena
            .window()
            .clear(header.offset(), layout::HEADER_SIZE as u64)?;
        contents::write(arena, layout::contents_at(block), config.contents)?;
        // Whoever chooses keys must not be able to choose where they go.
        let seed = RandomState::new().build_hasher().finish();
        header.word64::<{ layout::SEED }>().store(seed);
        if config.capacity > 0 {
            let table = Table::create(me, Transit::Structure, config.capacity)?;
            header.word64::<{ layout::TABLE }>().store(table.offset());
        }
        Ok(())
    }

    /// Makes this process a holder of the dict that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the dict is gone, [`Error::WrongKind`] if it is something else,
    /// [`Error::WrongContents`] if it was created with other `contents`.
    pub fn attach(me: &Participant, handle: Handle, contents: Option<&str>) -> Result<Dict> {
        let (object, kind) = me.attach(handle)?;
        let checked = match kind.tag() == kind::TAG {
            true => contents::check(
                me.arena(),
                layout::contents_at(object.header),
                kind.name(),
                handle,
                contents,
            ),
            false => Err(Error::WrongKind {
                handle,
                expected: kind::NAME,
                found: kind.name(),
            }),
        };
        match checked {
            Ok(()) => Dict::open(me, object),
            Err(error) => {
                me.detach(handle)?;
                Err(error)
            }
        }
    }

    fn open(me: &Participant, object: Object) -> Result<Dict> {
        let header = layout::header(me.arena(), object.header)?;
        let seed = header.word64::<{ layout::SEED }>().load();
        Ok(Dict {
            object,
            hasher: FixedState::with_seed(seed),
        })
    }

    /// Ends this hold; with the last one in the session the dict and its entries are freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the dict is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The dict's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    #[inline]
    fn header<'a>(&self, me: &'a Participant) -> Result<Header<'a>> {
        layout::header(me.arena(), self.object.header)
    }

    /// Announces an operation on this dict; it ends when the value is dropped.
    #[inline]
    fn begin<'a>(&self, me: &'a Participant, operation: u8) -> Result<UnderWay<'a>> {
        UnderWay::begin(me, operation, self.object.handle)
    }

    /// Takes the writers' lock; what a dead writer left is put right first.
    #[inline]
    fn lock<'a>(&self, me: &'a Participant, header: Header<'a>) -> Result<Guard<'a>> {
        layout::lock(header).acquire(me, || self.recover_locked(me, header))
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key);
        hasher.finish()
    }

    /// Notes that the handles are about to be put into the dict.
    fn announce_handles(&self, me: &Participant, handles: &[Handle]) -> Result<()> {
        if handles.is_empty() {
            return Ok(());
        }
        self.header(me)?
            .word32::<{ layout::CARRIES_HANDLES }>()
            .store(1);
        handles.iter().try_for_each(|handle| me.note_sent(*handle))
    }
}

/// The table, if there is one. The lock is held.
fn table<'a>(me: &'a Participant, header: Header<'_>) -> Result<Option<Table<'a>>> {
    match header.word64::<{ layout::TABLE }>().load() {
        0 => Ok(None),
        block => Table::open(me.arena(), block).map(Some),
    }
}

#[inline]
fn sequence(header: Header<'_>) -> SequenceLock<'_> {
    SequenceLock::new(layout::lock(header), layout::version(header))
}

/// The lock is held, so what is searched is a table.
fn never_stale() -> bool {
    false
}
