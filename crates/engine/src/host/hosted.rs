//! A hosted value, as its users see it.

use std::any::Any;

use procession_arena::{Error, Handle, ProcessId, Wait};
use procession_objects::Queue;

use super::caller;
use super::error::HostError;
use super::wire::Call;
use crate::launch::EntryError;
use crate::launch::function::FunctionName;
use crate::launch::init::image;
use crate::launch::message;
use crate::with_participant;

/// Makes a value in the server process, of encoded arguments.
pub type Maker = fn(&[u8]) -> Result<Box<dyn Any>, EntryError>;

/// Does something with the value in the server process: encoded arguments in, the answer out.
pub type Method = fn(&mut dyn Any, &[u8], Answer<'_>) -> Result<(), EntryError>;

/// Takes the encoded result, and the handles in it, which must be held during the call.
pub type Answer<'a> = &'a mut dyn FnMut(Vec<u8>, &[Handle]);

/// This process's hold on a value that a server process keeps.
///
/// # If a process dies
///
/// If it is the server: every call fails at once, those that wait included. If it is another caller:
/// nobody else is affected.
#[derive(Debug)]
pub struct Hosted {
    calls: Queue,
    server: ProcessId,
}

impl Hosted {
    pub(super) fn new(calls: Queue, server: ProcessId) -> Hosted {
        Hosted { calls, server }
    }

    /// Makes this process one more user of the value whose calls go through the queue `handle` to
    /// `server`; both are what [`handle`](Self::handle) and [`server`](Self::server) told elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the value is gone.
    pub fn attach(handle: Handle, server: ProcessId) -> Result<Hosted, Error> {
        let calls = with_participant(|me| Queue::attach(me, handle))?;
        Ok(Hosted { calls, server })
    }

    /// The queue through which the value is called.
    pub fn handle(&self) -> Handle {
        self.calls.handle()
    }

    /// The process that keeps the value.
    pub fn server(&self) -> ProcessId {
        self.server
    }

    /// Has `method` called on the value; `read` gets the encoded result.
    ///
    /// Calls that come from one thread are carried out in their order.
    ///
    /// # Errors
    ///
    /// [`HostError`]. With [`HostError::TimedOut`] the call may still be carried out.
    pub fn call<R>(
        &self,
        method: Method,
        mut arguments: Vec<u8>,
        handles: &[Handle],
        wait: Wait,
        read: impl FnOnce(&mut Vec<u8>) -> R,
    ) -> Result<R, HostError> {
        let method = name(method as *const ())?;
        with_participant(|me| {
            let send = |address| {
                append(&mut arguments, &Call { method, address })?;
                Ok(self.calls.put(me, &arguments, handles, Wait::Forever)?)
            };
            match caller::ask(me, self.server, wait, send, read) {
                // A server that is shut down ends at once.
                Err(HostError::ServerGone) if self.calls.is_closed(me)? => Err(HostError::ShutDown),
                outcome => outcome,
            }
        })
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        if let Err(error) = with_participant(|me| self.calls.detach(me)) {
            tracing::warn!(%error, "a hosted value could not be let go of");
        }
    }
}

/// What a function of this program is called in the server.
pub(super) fn name(address: *const ()) -> Result<FunctionName, HostError> {
    FunctionName::of(address, image()?)
        .ok_or_else(|| crate::launch::LaunchError::ForeignFunction.into())
}

pub(super) fn append<T: serde::Serialize>(
    bytes: &mut Vec<u8>,
    trailer: &T,
) -> Result<(), HostError> {
    message::append(bytes, trailer).map_err(|_| {
        HostError::Arena(Error::Corrupt {
            what: "a call could not be written down",
        })
    })
}
