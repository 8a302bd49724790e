//! The session that this process takes part in.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use procession_arena::sys::fork_epoch;
use procession_arena::{Arena, ArenaConfig, Error, Participant, ProcessId};
use procession_objects::KINDS;

use crate::launch::{Children, ForkServer, run_at_exit};
use crate::with_participant;

/// What a process has of its session. Lives as long as the process.
pub(crate) struct Session {
    /// Tells the process from a copy that a bare `fork` made of it.
    epoch: u64,
    arena: Arc<Arena>,
    process: ProcessId,
    pub(crate) children: Children,
    pub(crate) fork_server: ForkServer,
}

/// Null, or a session that is never dropped.
///
/// A pointer rather than a lock: a copy of the process made by `fork` while another thread held
/// the lock would wait for that thread, which it does not have.
static CURRENT: AtomicPtr<Session> = AtomicPtr::new(ptr::null_mut());

static LIMITS: Mutex<Option<ArenaConfig>> = Mutex::new(None);

/// The session was in use already when its limits were to be set.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "the session is in use already, so its limits are fixed; set them before the first process, \
     queue or other shared object is created, and in the first process only"
)]
pub struct AlreadyBegun;

/// Changes the limits of the session; possible only before its first use.
///
/// # Errors
///
/// [`AlreadyBegun`] after that.
///
/// # Examples
///
/// ```
/// procession_engine::init();
/// procession_engine::configure(|limits| limits.max_processes = 64)?;
/// # Ok::<(), procession_engine::AlreadyBegun>(())
/// ```
pub fn configure(change: impl FnOnce(&mut ArenaConfig)) -> Result<(), AlreadyBegun> {
    let mut limits = LIMITS.lock().unwrap_or_else(PoisonError::into_inner);
    if !CURRENT.load(Ordering::Acquire).is_null() {
        return Err(AlreadyBegun);
    }
    change(limits.get_or_insert_default());
    Ok(())
}

/// This process's session; begins one if there is none.
pub(crate) fn current() -> Result<&'static Session, Error> {
    match established() {
        Some(session) => Ok(session),
        None => begin(),
    }
}

/// This process's session, if it has one that is not merely inherited by `fork`.
pub(crate) fn established() -> Option<&'static Session> {
    newest().filter(|session| session.epoch == fork_epoch())
}

/// This process's session, or the one of the process that it is a copy of.
pub(crate) fn newest() -> Option<&'static Session> {
    // SAFETY: the pointer is null or came from a box that was leaked, and is only shared since.
    unsafe { CURRENT.load(Ordering::Acquire).as_ref() }
}

#[cold]
fn begin() -> Result<&'static Session, Error> {
    let inherited = newest();
    let arena = match inherited {
        Some(session) => Arc::clone(&session.arena),
        None => Arena::create(&limits(), KINDS)?,
    };
    let process = arena.register_root()?;
    if let Some(parent) = inherited {
        // What the copied memory holds handles of is held by this process as well.
        let thread = arena.register_thread(process)?;
        thread.inherit_attachments(parent.process)?;
    }
    install(inherited, arena, process)
}

fn limits() -> ArenaConfig {
    let limits = LIMITS.lock().unwrap_or_else(PoisonError::into_inner);
    limits.clone().unwrap_or_default()
}

/// Makes a copy of a process, made by `fork`, the process that its original has reserved a slot for.
pub(crate) fn continue_as(process: ProcessId) -> Result<(), Error> {
    let Some(parent) = newest() else {
        return Ok(());
    };
    parent.arena.register_child(process)?;
    install(Some(parent), Arc::clone(&parent.arena), process)?;
    with_participant(|me| me.inherit_attachments(parent.process))
}

/// Makes a child part of its parent's session.
pub(crate) fn adopt(arena: Arc<Arena>, process: ProcessId) -> Result<&'static Session, Error> {
    install(newest(), arena, process)
}

fn install(
    previous: Option<&'static Session>,
    arena: Arc<Arena>,
    process: ProcessId,
) -> Result<&'static Session, Error> {
    run_at_exit().map_err(|source| Error::System {
        call: "atexit",
        source,
    })?;
    let session = Box::into_raw(Box::new(Session {
        epoch: fork_epoch(),
        arena,
        process,
        children: Children::default(),
        fork_server: ForkServer::default(),
    }));
    let previous = previous.map_or(ptr::null_mut(), |session| ptr::from_ref(session).cast_mut());
    let installed =
        CURRENT.compare_exchange(previous, session, Ordering::AcqRel, Ordering::Acquire);
    if installed.is_err() {
        // Another thread was first. A new arena goes with this box; a slot that was registered in
        // an inherited one stays unused until this process ends.
        // SAFETY: the exchange failed, so the pointer has been given to nobody.
        drop(unsafe { Box::from_raw(session) });
    }
    current()
}

impl Session {
    /// Says goodbye to the session, in a process that is ending.
    pub(crate) fn release(&self, me: &Participant) -> Result<(), Error> {
        self.arena.release_process(me)
    }

    pub(crate) fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    pub(crate) fn register_thread(&self) -> Result<Participant, Error> {
        self.arena.register_thread(self.process)
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }
}
