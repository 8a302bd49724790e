//! Having processes take part in the session that somebody else starts: an interpreter, for instance.
//!
//! Who is about to start one *invites* it: that is a slot of the session, whose number travels to the child by
//! whatever way there is. The child takes it up. Whoever learns that the child has ended says so.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use procession_arena::sys::memory::is_same_file;
use procession_arena::sys::process::{Pidfd, exit_immediately};
use procession_arena::{Arena, Error, Handle, HeldStill, ProcessId};
use procession_objects::KINDS;

use crate::launch::lifeline;
use crate::session;
use crate::with_participant;

/// How an invited process comes to what its inviter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inheritance {
    /// It is a copy made by `fork`, and holds everything that its memory names.
    Everything,
    /// It is a new program, and attaches what it is sent.
    Nothing,
}

/// Reserves a slot for a process that is about to be started, and returns its number.
///
/// # Errors
///
/// [`Error::TooManyProcesses`], and those of beginning a session.
///
/// # If a process dies
///
/// The invited one, before it has taken part: its slot is freed by [`guest_ended`], or when this process ends.
pub fn invite(inheritance: Inheritance) -> Result<u64, Error> {
    with_participant(|me| {
        let guest = me.reserve_process()?;
        if inheritance == Inheritance::Everything
            && let Err(error) = me.bequeath_attachments(guest)
        {
            me.forget_process(guest)?;
            return Err(error);
        }
        Ok(guest.pack())
    })
}

/// Leaves a message for an invited process, with a hold on the objects in it.
///
/// # Errors
///
/// [`Error::OutOfMemory`]; [`Error::StaleHandle`] if an object is gone.
pub fn leave_message(guest: u64, bytes: &[u8], handles: &[Handle]) -> Result<(), Error> {
    let guest = process(guest)?;
    with_participant(|me| me.set_start_message(guest, bytes, handles))
}

/// Takes part in a session as the process that was invited to it; `memory` is the session's.
///
/// A copy of a process of the same session, made by `fork`, holds what that one held.
///
/// # Errors
///
/// [`Error::NotAnArena`] if `memory` is none of this build's, or if the inviter has ended meanwhile.
pub fn accept(memory: OwnedFd, guest: u64) -> Result<(), Error> {
    let process = process(guest)?;
    if inherits(&memory)? {
        return session::continue_as(process);
    }
    let arena = Arena::attach(memory, KINDS)?;
    arena.register_child(process)?;
    session::adopt(arena, process).map(drop)
}

/// Takes part in a session as somebody whom nobody has invited.
///
/// # Errors
///
/// [`Error::NotAnArena`] if `memory` is none of this build's; [`Error::TooManyProcesses`].
pub fn enter(memory: OwnedFd) -> Result<(), Error> {
    if inherits(&memory)? {
        return session::current().map(drop);
    }
    let arena = Arena::attach(memory, KINDS)?;
    let process = arena.register_root()?;
    session::adopt(arena, process).map(drop)
}

/// Whether this process is a copy of one in the session that has this memory; it must not be one of another session, whose
/// objects its memory may name.
fn inherits(memory: &OwnedFd) -> Result<bool, Error> {
    let Some(session) = session::newest() else {
        return Ok(false);
    };
    let is_same = is_same_file(session.arena().descriptor(), memory.as_fd());
    match is_same.map_err(|source| Error::System {
        call: "fstat",
        source,
    })? {
        true => Ok(true),
        false => Err(Error::NotAnArena {
            what: "this process is a copy of one that takes part in another session",
        }),
    }
}

/// Takes part in the session of the process that this one is a copy of, made by `fork`, as the process that was invited.
///
/// A copy that nobody has invited takes part by itself when it first uses the session.
///
/// # Errors
///
/// [`Error::NotAnArena`] if the inviter has ended meanwhile; [`Error::TooManyProcesses`].
pub fn take_part_as_copy(guest: u64) -> Result<(), Error> {
    session::continue_as(process(guest)?)
}

/// Has this process end as soon as the process `parent` has ended, however that ends; at once if `is_gone` says that it has.
///
/// `is_gone` is asked when the process of that number can no longer be confused with a later one.
///
/// # Errors
///
/// [`Error::System`] if the system does not let the process be watched.
pub fn end_with(parent: u32, is_gone: impl FnOnce() -> bool) -> Result<(), Error> {
    let watched = Pidfd::open(parent);
    if is_gone() {
        exit_immediately(lifeline::ORPHANED);
    }
    let refused = |call| move |source| Error::System { call, source };
    let watched = watched.map_err(refused("pidfd_open"))?;
    lifeline::hold(watched).map_err(refused("clone"))
}

/// Reads the message that was left for this process, and attaches the objects in it.
///
/// # Errors
///
/// [`Error::Corrupt`] if there is none.
pub fn message() -> Result<(Vec<u8>, Vec<Handle>), Error> {
    with_participant(|me| Ok((me.start_message()?, me.attach_start_handles()?)))
}

/// Says that the message for this process is no longer needed.
///
/// # Errors
///
/// [`Error::Corrupt`] if the session is damaged.
pub fn drop_message() -> Result<(), Error> {
    with_participant(|me| me.drop_start_message())
}

/// Says that an invited process has ended, or was not started after all: what it held is free from now on.
///
/// # Errors
///
/// [`Error::Corrupt`] if the session is damaged.
pub fn guest_ended(guest: u64) -> Result<(), Error> {
    let process = process(guest)?;
    with_participant(|me| {
        me.process_ended(process)?;
        me.forget_process(process)?;
        // It may have found its own way in before it heard of the invitation.
        me.reap_dead().map(drop)
    })
}

/// The memory of this process's session, which begins with this call if there is none.
///
/// # Errors
///
/// Those of beginning a session.
pub fn memory() -> Result<BorrowedFd<'static>, Error> {
    session::current().map(|session| session.arena().descriptor())
}

/// Whether this process takes part in a session already.
pub fn takes_part() -> bool {
    session::established().is_some()
}

/// Keeps this process's private notes complete, so that a copy made meanwhile can use them; `None` without a session.
pub fn hold_still() -> Option<HeldStill<'static>> {
    session::established().map(|session| session.arena().hold_still())
}

fn process(packed: u64) -> Result<ProcessId, Error> {
    ProcessId::unpack(packed).ok_or(Error::Corrupt {
        what: "an invitation names no possible process",
    })
}
