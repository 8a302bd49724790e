//! What the processes that share a manager know in common: its server, and whether it was shut down.
//!
//! Three words. The handle of the *control queue*, through which values come to the server, never
//! changes; while the manager is there, so is the queue. Which process is the *server* changes by one
//! compare-and-exchange, so that of several that are started at the same time one wins and the
//! others go. *Shut down* is set once. Each change is one store, so that a kill leaves nothing to put
//! right, and no lock.

use procession_arena::mem::Region;
use procession_arena::{Block, Error, Handle, Object, ObjectKind, Participant, ProcessId, Result};

/// The number of this kind in the object table.
const TAG: u8 = 12;

const SIZE: usize = 64;
const CONTROL: usize = 0;
const SERVER: usize = 8;
const SHUT_DOWN: usize = 16;

/// This process's view of a manager in the arena.
///
/// It does not end its hold by itself: whoever created or attached it detaches its
/// [`handle`](Self::handle) once.
///
/// # If a process dies
///
/// If it is the server: [`server`](Self::server) goes on naming it, until another is announced.
#[derive(Debug)]
pub struct Manager {
    object: Object,
}

impl Manager {
    /// Creates a manager whose server takes its orders from the queue `control`.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant, control: Handle) -> Result<Manager> {
        me.note_sent(control)?;
        let header = me.begin_object(SIZE as u64)?;
        let written = words(me, header).map(|words| {
            words.word64::<CONTROL>().store(control.pack());
            words.word64::<SERVER>().store(0);
            words.word32::<SHUT_DOWN>().store(0);
        });
        if let Err(error) = written {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&ManagerKind, header)?;
        Ok(Manager { object })
    }

    /// Makes this process a holder of the manager that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if it is gone, [`Error::WrongKind`] if it is something else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<Manager> {
        let (object, kind) = me.attach(handle)?;
        if kind.tag() != TAG {
            me.detach(handle)?;
            return Err(Error::WrongKind {
                handle,
                expected: "manager",
                found: kind.name(),
            });
        }
        Ok(Manager { object })
    }

    /// The manager's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    /// The queue from which the server takes its orders.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the manager is damaged.
    pub fn control(&self, me: &Participant) -> Result<Handle> {
        Ok(control(words(me, self.object.header)?))
    }

    /// The process that was announced last as the server, whether or not it lives.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the manager is damaged.
    pub fn server(&self, me: &Participant) -> Result<Option<ProcessId>> {
        let word = words(me, self.object.header)?.word64::<SERVER>().load();
        Ok(ProcessId::unpack(word))
    }

    /// Announces `server` in the place of `former`; false if somebody else was faster.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the manager is damaged.
    pub fn announce_server(
        &self,
        me: &Participant,
        former: Option<ProcessId>,
        server: ProcessId,
    ) -> Result<bool> {
        let word = words(me, self.object.header)?.word64::<SERVER>();
        let former = former.map_or(0, ProcessId::pack);
        Ok(word.compare_exchange(former, server.pack()).is_ok())
    }

    /// Shuts the manager down, for all processes and for good.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the manager is damaged.
    pub fn shut_down(&self, me: &Participant) -> Result<()> {
        words(me, self.object.header)?
            .word32::<SHUT_DOWN>()
            .store(1);
        Ok(())
    }

    /// Whether the manager was shut down.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the manager is damaged.
    pub fn is_shut_down(&self, me: &Participant) -> Result<bool> {
        let words = words(me, self.object.header)?;
        Ok(words.word32::<SHUT_DOWN>().load() != 0)
    }
}

type Words<'a> = Region<'a, SIZE>;

fn words(me: &Participant, header: u64) -> Result<Words<'_>> {
    me.arena().window().region(header)
}

fn control(words: Words<'_>) -> Handle {
    Handle::unpack(words.word64::<CONTROL>().load())
}

/// Managers.
#[derive(Debug)]
pub(crate) struct ManagerKind;

impl ObjectKind for ManagerKind {
    fn tag(&self) -> u8 {
        TAG
    }

    fn name(&self) -> &'static str {
        "manager"
    }

    fn recover(&self, _me: &Participant, _object: Object) -> Result<()> {
        Ok(())
    }

    fn process_gone(
        &self,
        _me: &Participant,
        _object: Object,
        _process: ProcessId,
        _pid: u32,
    ) -> Result<()> {
        Ok(())
    }

    fn take_apart(&self, _me: &Participant, _object: Object) -> Result<()> {
        Ok(())
    }

    fn visit_blocks(
        &self,
        _me: &Participant,
        _object: Object,
        _visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        Ok(())
    }

    fn visit_handles(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        visit(control(words(me, object.header)?));
        Ok(())
    }
}
