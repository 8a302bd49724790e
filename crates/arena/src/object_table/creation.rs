//! How an object gets its entry in the table.

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::layout::{MAX_OBJECTS, header};
use crate::lock::{Guard, Lock};
use crate::object_table::entry::{Entry, EntryState, EntryStatus};
use crate::object_table::{Handle, Object, ObjectKind};
use crate::registry::intent::{Intent, operation};
use crate::registry::{Participant, Transit};
use crate::sys::memory;

/// Entries by which the table grows.
const STEP: u64 = 256;

impl Participant {
    /// Allocates a header block of `length` bytes for an object that is being created.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`].
    pub fn begin_object(&self, length: u64) -> Result<u64> {
        let intent = self.begin(operation::CREATE, Handle::default())?;
        let block = self.allocate(length, Transit::Payload);
        if block.is_err() {
            intent.clear_target();
        }
        Ok(block?.offset)
    }

    /// Enters the object whose header block is in transit into the table, held by this process.
    ///
    /// A second block, in transit as structure, must be linked from the header block by then.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyObjects`] or [`Error::OutOfMemory`]; the header block is freed then.
    ///
    /// # If a process dies
    ///
    /// The object is wholly there, held by the dead process and so taken apart when that is
    /// reaped, or its header block is freed.
    pub fn finish_object(&self, kind: &'static dyn ObjectKind, header: u64) -> Result<Object> {
        let intent = self.intent()?;
        let handle = match self.enter(kind, header, intent) {
            Ok(handle) => handle,
            Err(error) => {
                self.cancel_object()?;
                return Err(error);
            }
        };
        intent.clear_target();
        Ok(Object { handle, header })
    }

    /// Gives up creating an object before it was entered.
    ///
    /// # Errors
    ///
    /// As [`release`](Self::release).
    pub fn cancel_object(&self) -> Result<()> {
        self.release(Transit::Structure)?;
        self.release(Transit::Payload)?;
        let intent = self.intent()?;
        intent.clear_transit();
        intent.clear_target();
        Ok(())
    }

    fn enter(
        &self,
        kind: &'static dyn ObjectKind,
        header: u64,
        intent: Intent<'_>,
    ) -> Result<Handle> {
        let _table = self.lock_table()?;
        let index = self.find_free_entry()?;
        let entry = Entry::new(self.arena(), index)?;
        let status = entry.status()?;
        entry.clear_holders()?;
        entry.set_holder(self.process())?;
        entry.sent().store(0);
        entry.set_keeper(None);
        entry.take_over();
        entry.set_header(header);
        let handle = Handle {
            index,
            generation: status.generation,
        };
        intent.set_count(handle.pack());
        intent.set_expected(1);
        let live = EntryStatus {
            state: EntryState::Live,
            kind: kind.tag(),
            ..status
        };
        // Before anybody can see the object: another thread of this process that looks into it
        // must not take its own hold for the only one.
        self.arena().count_attachment(self.process(), handle);
        entry.set_status(live);
        // Under the lock, so that an unsettled creation always means a killed lock holder.
        intent.clear_transit();
        Ok(handle)
    }

    /// Takes the table lock; what a dead creator left is settled first.
    fn lock_table(&self) -> Result<Guard<'_>> {
        let lock = Lock::new(self.arena().header()?.word32::<{ header::TABLE_LOCK }>());
        lock.acquire(self, || self.settle_creations())
    }

    /// Makes the table lock somebody's who lives.
    pub(crate) fn recover_table_lock(&self) -> Result<()> {
        self.lock_table().map(drop)
    }

    /// Settles a creation of a dead thread, whether or not it held the table lock.
    pub(crate) fn settle_creation_of_dead(&self, intent: Intent<'_>) -> Result<()> {
        let _table = self.lock_table()?;
        self.settle_creation(intent)
    }

    fn settle_creations(&self) -> Result<()> {
        self.for_each_dead_intent(|intent, target, _| match target.operation {
            operation::CREATE => self.settle_creation(intent),
            _ => Ok(()),
        })
    }

    /// Frees the blocks of a creation that did not come to its commit.
    ///
    /// The table lock is held, so the entry that the dead thread had chosen is still as it was.
    fn settle_creation(&self, intent: Intent<'_>) -> Result<()> {
        let Some(block) = intent.block(Transit::Payload) else {
            return Ok(());
        };
        let handle = Handle::unpack(intent.count());
        let entered = intent.expected() != 0
            && match self.arena().entry(handle) {
                Ok((entry, _)) => entry.header() == block.offset,
                Err(Error::StaleHandle { .. }) => false,
                Err(error) => return Err(error),
            };
        if !entered {
            self.free(block)?;
            if let Some(structure) = intent.block(Transit::Structure) {
                self.free(structure)?;
            }
        }
        intent.clear_transit();
        Ok(())
    }

    fn find_free_entry(&self) -> Result<u32> {
        let arena = self.arena();
        let hint = arena.header()?.word64::<{ header::FREE_OBJECT }>();
        let end = arena.committed_objects()?;
        let from = hint.load().min(end);
        for index in (from..end).chain(0..from) {
            let index = index as u32;
            if Entry::new(arena, index)?.status()?.state == EntryState::Free {
                hint.store(u64::from(index) + 1);
                return Ok(index);
            }
        }
        arena.grow_table()?;
        hint.store(end + 1);
        u32::try_from(end).map_err(|_| Error::corrupt("the object table is too long"))
    }
}

impl Arena {
    /// Adds entries to the table. The table lock must be held.
    fn grow_table(&self) -> Result<()> {
        let committed = self.committed_objects()?;
        if committed + STEP > u64::from(MAX_OBJECTS) {
            return Err(Error::TooManyObjects { limit: MAX_OBJECTS });
        }
        let size = self.layout().object_entry_size();
        let first = self.layout().object_table() + committed * size;
        memory::reserve(self.descriptor(), first, STEP * size)
            .map_err(|_| self.out_of_memory(STEP * size))?;
        self.header()?
            .word64::<{ header::COMMITTED_OBJECTS }>()
            .store(committed + STEP);
        Ok(())
    }
}
