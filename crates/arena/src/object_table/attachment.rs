//! Who holds an object: one bit for each process, and how an object ends when none is left.
//!
//! Nothing in the arena counts references, because a count cannot survive a kill. A process's
//! bit is set and cleared idempotently, by the process or by whoever reaps it; references from
//! messages and other objects are *found*, by looking, when the last bit is gone. Only objects
//! whose handle was ever sent need that look.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::arena::Arena;
use crate::error::{Error, Result};
#[cfg(feature = "simulation")]
use crate::mem::interleaving::{Uninterrupted, uninterrupted};
use crate::object_table::entry::{Entry, EntryState, EntryStatus};
use crate::object_table::{Handle, Object, ObjectKind};
use crate::registry::intent::operation;
use crate::registry::{Participant, ProcessId, Transit};

/// How often a destroyer looks again because somebody has let go of the object during its look.
const MOST_LOOKS: u32 = 100;

/// How often each process that this memory image stands for has attached each object.
///
/// Private memory: it dies with its process, and the bits in the arena are what counts.
#[derive(Debug, Default)]
pub(crate) struct Attachments {
    counts: Mutex<HashMap<(ProcessId, Handle), u64>>,
}

/// The right to count.
struct Counts<'a> {
    counts: MutexGuard<'a, HashMap<(ProcessId, Handle), u64>>,
    /// Simulated processes share this memory, which in reality is private to each.
    #[cfg(feature = "simulation")]
    _uninterrupted: Uninterrupted,
}

impl Attachments {
    fn lock(&self) -> Counts<'_> {
        Counts {
            #[cfg(feature = "simulation")]
            _uninterrupted: uninterrupted(),
            // A panic cannot leave the map half changed, so a poisoned lock is as good as any.
            counts: self.counts.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl Deref for Counts<'_> {
    type Target = HashMap<(ProcessId, Handle), u64>;

    fn deref(&self) -> &Self::Target {
        &self.counts
    }
}

impl DerefMut for Counts<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.counts
    }
}

/// While it exists, no other thread of this process is in the middle of noting what the process holds.
///
/// To be had across a `fork`: the copy has the lock of that private table, too, and would wait for a thread that it does
/// not have.
pub struct HeldStill<'a> {
    _counts: Counts<'a>,
}

impl Arena {
    /// Waits until this process's private notes are complete, and keeps them so; see [`HeldStill`].
    pub fn hold_still(&self) -> HeldStill<'_> {
        HeldStill {
            _counts: self.attachments().lock(),
        }
    }

    pub(super) fn count_attachment(&self, process: ProcessId, handle: Handle) {
        *self
            .attachments()
            .lock()
            .entry((process, handle))
            .or_insert(0) += 1;
    }

    /// The object that `handle` names, which somebody must hold during the call.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if it is gone.
    pub fn object(&self, handle: Handle) -> Result<(Object, &'static dyn ObjectKind)> {
        let (entry, status) = self.entry(handle)?;
        if status.state != EntryState::Live {
            return Err(Error::StaleHandle { handle });
        }
        Ok((
            Object {
                handle,
                header: entry.header(),
            },
            self.kind(status)?,
        ))
    }

    pub(crate) fn kind(&self, status: EntryStatus) -> Result<&'static dyn ObjectKind> {
        let found = self.kinds().iter().find(|kind| kind.tag() == status.kind);
        found
            .copied()
            .ok_or_else(|| Error::corrupt("an object is of no known kind"))
    }
}

impl Participant {
    /// Makes this process a holder of the object; each attach needs one [`detach`](Self::detach).
    ///
    /// Somebody else must hold the object during the call: a process, or a message that this
    /// thread is about to take.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the object is gone.
    ///
    /// # If a process dies
    ///
    /// Its hold ends when it is reaped.
    pub fn attach(&self, handle: Handle) -> Result<(Object, &'static dyn ObjectKind)> {
        let arena = self.arena();
        let mut counts = arena.attachments().lock();
        let (entry, _) = arena.entry(handle)?;
        let count = counts.entry((self.process(), handle)).or_insert(0);
        if *count == 0 {
            entry.set_holder(self.process())?;
        }
        match arena.object(handle) {
            Ok(object) => {
                *count += 1;
                Ok(object)
            }
            Err(error) => {
                if *count == 0 {
                    counts.remove(&(self.process(), handle));
                    if arena.entry(handle).is_ok() {
                        entry.clear_holder(self.process())?;
                    }
                }
                Err(error)
            }
        }
    }

    /// Ends one attach; with the last one in the session the object is taken apart.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the object is damaged.
    pub fn detach(&self, handle: Handle) -> Result<()> {
        match self.let_go(handle)? {
            true => self.destroy_if_unreachable(handle),
            false => Ok(()),
        }
    }

    /// Ends one attach; says whether it was this process's last.
    pub(super) fn let_go(&self, handle: Handle) -> Result<bool> {
        let arena = self.arena();
        let key = (self.process(), handle);
        let pid = arena.pid_of(self.process()).unwrap_or(0);
        let mut counts = arena.attachments().lock();
        match counts.get_mut(&key) {
            None => return Ok(false),
            Some(count) if *count > 1 => {
                *count -= 1;
                return Ok(false);
            }
            Some(_) => {}
        }
        if self.parts_without_locks(handle)? {
            self.part_from(handle, self.process(), pid)?;
        } else {
            // Not under the private lock: the object takes locks of its own here, and a thread that
            // has one of those may be about to attach something.
            drop(counts);
            self.part_from(handle, self.process(), pid)?;
            counts = arena.attachments().lock();
        }
        match counts.get_mut(&key) {
            None => Ok(false),
            Some(count) if *count > 1 => {
                *count -= 1;
                Ok(false)
            }
            Some(_) => {
                counts.remove(&key);
                // Still under it: a thread that attaches the object now must set the bit after
                // it was cleared here, not before.
                if let Ok((entry, _)) = arena.entry(handle) {
                    entry.clear_holder(self.process())?;
                }
                Ok(true)
            }
        }
    }

    fn parts_without_locks(&self, handle: Handle) -> Result<bool> {
        match self.arena().object(handle) {
            Ok((_, kind)) => Ok(kind.parts_without_locks()),
            Err(Error::StaleHandle { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Notes that the handle is about to be put into a message or another object.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the object is gone.
    pub fn note_sent(&self, handle: Handle) -> Result<()> {
        let (entry, _) = self.arena().entry(handle)?;
        entry.sent().fetch_add(1);
        Ok(())
    }

    /// Makes a forked child a holder of everything its parent's copy of memory holds.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the table is damaged.
    pub fn inherit_attachments(&self, parent: ProcessId) -> Result<()> {
        let mut counts = self.arena().attachments().lock();
        let inherited: Vec<_> = counts
            .keys()
            .filter(|key| key.0 == parent)
            .copied()
            .collect();
        for key in inherited {
            let count = counts.remove(&key).unwrap_or(0);
            match self.arena().entry(key.1) {
                Ok((entry, _)) => entry.set_holder(self.process())?,
                Err(Error::StaleHandle { .. }) => continue,
                Err(error) => return Err(error),
            }
            counts.insert((self.process(), key.1), count);
        }
        Ok(())
    }

    /// Makes a child that is about to be copied from this process a holder of everything that this process holds.
    ///
    /// The copy calls [`inherit_attachments`](Self::inherit_attachments); should there be none after all, reaping the
    /// child's slot ends its holds.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the table is damaged.
    pub fn bequeath_attachments(&self, child: ProcessId) -> Result<()> {
        let counts = self.arena().attachments().lock();
        for key in counts.keys().filter(|key| key.0 == self.process()) {
            self.arena().entry(key.1)?.0.set_holder(child)?;
        }
        Ok(())
    }

    /// Ends every hold of a process that is gone, and what thereby became unreachable.
    pub(crate) fn end_all_holds(&self, process: ProcessId, pid: u32) -> Result<()> {
        let arena = self.arena();
        for index in 0..arena.committed_objects()? {
            let entry = Entry::new(arena, index as u32)?;
            let status = entry.status()?;
            if status.state == EntryState::Free {
                continue;
            }
            let handle = Handle {
                index: index as u32,
                generation: status.generation,
            };
            if entry.keeper() == Some(process) {
                entry.set_keeper(None);
            }
            if entry.is_held_by(process)? {
                self.part_from(handle, process, pid)?;
                entry.clear_holder(process)?;
                entry.leave_behind();
            }
            // Also if it was somebody else's hold that ended: he may have been killed right then.
            if !entry.has_holder_besides(entry.keeper())? {
                self.destroy_if_unreachable(handle)?;
            }
        }
        Ok(())
    }

    /// Has the object do what it promises for a holder that goes.
    fn part_from(&self, handle: Handle, process: ProcessId, pid: u32) -> Result<()> {
        let (entry, status) = match self.arena().entry(handle) {
            Err(Error::StaleHandle { .. }) => return Ok(()),
            found => found?,
        };
        if status.state != EntryState::Live {
            return Ok(());
        }
        let object = Object {
            handle,
            header: entry.header(),
        };
        let kind = self.arena().kind(status)?;
        kind.process_gone(self, object, process, pid)
    }

    /// Takes the object apart if neither a process nor a message nor an object refers to it; if only
    /// its [keeper](Self::keep) is left, tells the object so.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the object is damaged.
    pub fn destroy_if_unreachable(&self, handle: Handle) -> Result<()> {
        let carried = self.destroy_one(handle)?;
        self.destroy_all_unreachable(carried)
    }

    /// As [`destroy_if_unreachable`](Self::destroy_if_unreachable), for what a message carried.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if an object is damaged.
    pub fn destroy_all_unreachable(&self, mut handles: Vec<Handle>) -> Result<()> {
        // A loop, because objects may refer to each other in chains that are longer than any stack.
        while let Some(handle) = handles.pop() {
            handles.append(&mut self.destroy_one(handle)?);
        }
        Ok(())
    }

    /// As [`destroy_if_unreachable`](Self::destroy_if_unreachable), but returns what may have become
    /// unreachable by it: what stood in the object, and what others have left to this thread.
    fn destroy_one(&self, handle: Handle) -> Result<Vec<Handle>> {
        let mut others = Vec::new();
        let mut was_busy = false;
        for _ in 0..MOST_LOOKS {
            let attempt = self.try_destroy(handle, &mut others)?;
            let Ok((entry, _)) = self.arena().entry(handle) else {
                return Ok(others);
            };
            match attempt {
                Attempt::Gone => return Ok(others),
                // Whoever has the lock began his look after the mark, or sees the mark when he has released it.
                Attempt::Busy if was_busy => return Ok(others),
                Attempt::Busy => {
                    entry.leave_behind();
                    was_busy = true;
                    continue;
                }
                Attempt::Held => {
                    let keeper = entry.keeper();
                    entry.leave_behind();
                    // Whoever still holds it lets go after the mark.
                    if entry.has_holder_besides(keeper)? {
                        return Ok(others);
                    }
                    if entry.has_holder()? {
                        // This look is for what was left behind until now. Were the mark to stay, two objects that
                        // only their keeper holds would be left to the looks into each other, for ever.
                        entry.take_over();
                        if self.look_whether_left(handle, &mut others)? {
                            return Ok(others);
                        }
                    }
                }
                Attempt::ReferredTo if !entry.take_over() => return Ok(others),
                // Its receiver may have taken it and let go of it during the look.
                Attempt::ReferredTo => {}
            }
            was_busy = false;
            std::thread::yield_now();
        }
        // Others come and go all the time; the object goes when the next process of the session is reaped.
        Ok(others)
    }

    fn try_destroy(&self, handle: Handle, others: &mut Vec<Handle>) -> Result<Attempt> {
        let arena = self.arena();
        let Ok((entry, _)) = arena.entry(handle) else {
            return Ok(Attempt::Gone);
        };
        let Some(_guard) = entry.destroy_lock().try_acquire(self, || Ok(()))? else {
            return Ok(Attempt::Busy);
        };
        let Ok((entry, status)) = arena.entry(handle) else {
            return Ok(Attempt::Gone);
        };
        if status.state == EntryState::Live {
            // What was left behind until now, this look is for.
            entry.take_over();
            match self.reach(handle, entry, None, others)? {
                Reach::Nothing => {}
                Reach::Process => return Ok(Attempt::Held),
                Reach::Handle => return Ok(Attempt::ReferredTo),
            }
            entry.announce_status(EntryStatus {
                state: EntryState::Dying,
                ..status
            });
            // Somebody may have come to look into it for handles: either he sees that it is
            // dying, or his hold is seen here.
            if entry.has_holder()? {
                entry.set_status(status);
                return Ok(Attempt::Held);
            }
        }
        let object = Object {
            handle,
            header: entry.header(),
        };
        // The lock is released before anybody sees to the handles: the entry may have become another
        // object's by then, and with it the lock.
        others.append(&mut self.take_apart(object, entry, status)?);
        Ok(Attempt::Gone)
    }

    /// Goes on taking an object apart after a thread was killed in the middle of it.
    pub(crate) fn resume_destruction(&self, handle: Handle) -> Result<()> {
        let arena = self.arena();
        let Ok((entry, _)) = arena.entry(handle) else {
            return Ok(());
        };
        let guard = entry.destroy_lock().acquire(self, || Ok(()))?;
        match arena.entry(handle) {
            Ok((entry, status)) if status.state == EntryState::Dying => {
                let object = Object {
                    handle,
                    header: entry.header(),
                };
                arena.kind(status)?.recover(self, object)?;
                let handles = self.take_apart(object, entry, status)?;
                drop(guard);
                self.destroy_all_unreachable(handles)
            }
            _ => Ok(()),
        }
    }

    /// What leads to the object, its keeper aside.
    ///
    /// A handle on its way is held by its sender until it is in a message, and by its receiver
    /// before it leaves it. So if nobody held it before and after the look, and it was not sent
    /// meanwhile, no message that the look has passed can hold it now.
    ///
    /// `others` gets the objects that were left to this thread because it looked into them.
    pub(super) fn reach(
        &self,
        handle: Handle,
        entry: Entry<'_>,
        keeper: Option<ProcessId>,
        others: &mut Vec<Handle>,
    ) -> Result<Reach> {
        let sent = entry.sent().load_in_total_order();
        if entry.has_holder_besides(keeper)? {
            return Ok(Reach::Process);
        }
        if sent > 0 && self.is_referred_to(handle, others)? {
            return Ok(Reach::Handle);
        }
        let is_changed =
            entry.has_holder_besides(keeper)? || entry.sent().load_in_total_order() != sent;
        Ok(if is_changed {
            Reach::Process
        } else {
            Reach::Nothing
        })
    }

    fn is_referred_to(&self, handle: Handle, others: &mut Vec<Handle>) -> Result<bool> {
        let arena = self.arena();
        let mut found = false;
        self.visit_mailed_handles(&mut |seen| found |= seen == handle)?;
        for index in 0..arena.committed_objects()? {
            let entry = Entry::new(arena, index as u32)?;
            let status = entry.status()?;
            let itself = index == u64::from(handle.index);
            if status.state != EntryState::Live || itself {
                continue;
            }
            let its = Handle {
                index: index as u32,
                generation: status.generation,
            };
            // Held during the look, so that it cannot be taken apart meanwhile.
            match self.attach(its) {
                Ok((object, kind)) => {
                    let looked =
                        kind.visit_handles(self, object, &mut |seen| found |= seen == handle);
                    self.let_go(its)?;
                    looked?;
                    // Its last holder may have let go meanwhile, and seen that it was held here.
                    if !entry.has_holder_besides(entry.keeper())? && entry.take_over() {
                        others.push(its);
                    }
                }
                // Nobody held it, so what it refers to is not reached through it.
                Err(Error::StaleHandle { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Frees what the object consists of; returns the handles that stood in it.
    ///
    /// Its entry is dying and its destroy lock held, so nobody else comes near it.
    fn take_apart(
        &self,
        object: Object,
        entry: Entry<'_>,
        status: EntryStatus,
    ) -> Result<Vec<Handle>> {
        let kind = self.arena().kind(status)?;
        let mut handles = Vec::new();
        kind.visit_handles(self, object, &mut |handle| handles.push(handle))?;
        kind.take_apart(self, object)?;
        let intent = self.begin(operation::DESTROY, object.handle)?;
        self.hold(object.header, Transit::Payload)?;
        let generation = status.generation.wrapping_add(1);
        entry.set_status(EntryStatus {
            state: EntryState::Free,
            kind: 0,
            generation,
        });
        self.release(Transit::Payload)?;
        intent.clear_target();
        Ok(handles)
    }
}

/// What leads to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Nothing,
    /// A process holds it, or did so during the look.
    Process,
    /// A message or another object refers to it, or did so during the look.
    Handle,
}

/// What came of trying to take an object apart.
enum Attempt {
    Gone,
    /// Somebody else is at it.
    Busy,
    /// As [`Reach::Process`].
    Held,
    /// As [`Reach::Handle`].
    ReferredTo,
}
