//! A manager's way to its server.

use std::time::{Duration, Instant};

use procession_arena::{Error, Handle, Participant, ProcessId, Wait};
use procession_objects::{Manager, Queue};

use super::caller::{ask, ask_newcomer};
use super::error::HostError;
use super::hosted::{Hosted, Maker, append, name};
use super::server::serve;
use super::wire::{Appointment, Order};
use crate::launch::{Child, Command};
use crate::with_participant;

/// How often the starter looks whether the server that it waits for has failed to come up.
const GLANCE: Duration = Duration::from_millis(20);

/// This process's hold on a manager: a way to keep values in a server process.
///
/// # If a process dies
///
/// If it is the server: its values are lost, which their users are told at once; the next value gets a
/// new server. If it is any other, the one that started the server included: nobody else is affected.
#[derive(Debug)]
pub struct Host {
    manager: Manager,
    control: Queue,
}

impl Host {
    /// Creates a manager. Its server is started with the first value.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create() -> Result<Host, Error> {
        with_participant(|me| {
            let control = Queue::create(me, &Default::default())?;
            match Manager::create(me, control.handle()) {
                Ok(manager) => Ok(Host { manager, control }),
                Err(error) => {
                    control.detach(me)?;
                    Err(error)
                }
            }
        })
    }

    /// Makes this process one more user of the manager that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if it is gone.
    pub fn attach(handle: Handle) -> Result<Host, Error> {
        with_participant(|me| {
            let manager = Manager::attach(me, handle)?;
            let control = manager
                .control(me)
                .and_then(|control| Queue::attach(me, control));
            match control {
                Ok(control) => Ok(Host { manager, control }),
                Err(error) => {
                    me.detach(handle)?;
                    Err(error)
                }
            }
        })
    }

    /// The manager's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.manager.handle()
    }

    /// The pid of the server, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn server_pid(&self) -> Result<Option<u32>, Error> {
        with_participant(|me| {
            let server = self.living_server(me)?;
            Ok(server.and_then(|server| me.arena().pid_of(server)))
        })
    }

    /// Has a value made and kept by the server, which is started if there is none.
    ///
    /// # Errors
    ///
    /// [`HostError`]; there is no value then.
    pub fn host(
        &self,
        maker: Maker,
        mut arguments: Vec<u8>,
        handles: &[Handle],
    ) -> Result<Hosted, HostError> {
        let maker = name(maker as *const ())?;
        with_participant(|me| {
            self.refuse_if_shut_down(me)?;
            let server = match self.living_server(me)? {
                Some(server) => server,
                None => self.start_server(me)?,
            };
            let hosted = Hosted::new(Queue::create(me, &Default::default())?, server);
            let handles: Vec<Handle> = std::iter::once(hosted.handle())
                .chain(handles.iter().copied())
                .collect();
            let send = |address| {
                append(&mut arguments, &Order::Host { maker, address })?;
                Ok(self.control.put(me, &arguments, &handles, Wait::Forever)?)
            };
            ask(me, server, Wait::Forever, send, |_| ())?;
            // If this was missed by the one who shuts down, it is seen here.
            self.refuse_if_shut_down(me)?;
            Ok(hosted)
        })
    }

    /// Shuts the manager down, for all processes and for good: no more values, no more calls.
    ///
    /// The server exits without waiting for calls under way. Shutting down twice does nothing.
    ///
    /// # Errors
    ///
    /// [`HostError::Arena`] if the session is damaged.
    pub fn shut_down(&self) -> Result<(), HostError> {
        with_participant(|me| {
            self.manager.shut_down(me)?;
            if let Some(server) = self.living_server(me)? {
                let send = |address| {
                    let mut order = Vec::new();
                    append(&mut order, &Order::ShutDown { address })?;
                    Ok(self.control.put(me, &order, &[], Wait::Forever)?)
                };
                match ask(me, server, Wait::Forever, send, |_| ()) {
                    // It had ended already, or somebody else has shut it down.
                    Ok(()) | Err(HostError::ServerGone | HostError::ShutDown) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(self.control.close(me)?)
        })
    }

    /// Whether the manager was shut down.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn is_shut_down(&self) -> Result<bool, Error> {
        with_participant(|me| self.manager.is_shut_down(me))
    }

    fn refuse_if_shut_down(&self, me: &Participant) -> Result<(), HostError> {
        match self.manager.is_shut_down(me)? {
            true => Err(HostError::ShutDown),
            false => Ok(()),
        }
    }

    fn living_server(&self, me: &Participant) -> Result<Option<ProcessId>, Error> {
        let Some(server) = self.manager.server(me)? else {
            return Ok(None);
        };
        Ok(me.arena().living_thread_of(server)?.map(|_| server))
    }

    /// Starts a server and waits until it says who the server is: itself, or one that was faster.
    fn start_server(&self, me: &Participant) -> Result<ProcessId, HostError> {
        let handles = [self.manager.handle(), self.control.handle()];
        let child = std::cell::OnceCell::new();
        let send = |address| {
            let mut arguments = Vec::new();
            let [manager, control] = handles.map(Handle::pack);
            let appointment = Appointment {
                manager,
                control,
                address,
            };
            append(&mut arguments, &appointment)?;
            let command = Command::new().name("Manager").detached();
            let _ = child.set(command.start(serve, arguments, &handles)?);
            Ok(())
        };
        let slice = || match child.get().and_then(why_not_started) {
            Some(reason) => Err(HostError::NotStarted { reason }),
            None => Ok(Instant::now()
                .checked_add(GLANCE)
                .map_or(Wait::Never, Wait::Until)),
        };
        let read = |bytes: &mut Vec<u8>| {
            let word = bytes.first_chunk().copied().map(u64::from_le_bytes);
            word.and_then(ProcessId::unpack)
        };
        ask_newcomer(me, send, slice, read)?.ok_or(HostError::NotStarted {
            reason: "it did not say who it is".to_owned(),
        })
    }
}

/// Why there will be no server, if the child that was to be one has ended.
fn why_not_started(child: &Child) -> Option<String> {
    if child.is_alive() {
        return None;
    }
    // It has ended, but how is known only after a wait.
    Some(match child.wait().and_then(|()| child.outcome()) {
        Ok(_) => "it ended at once".to_owned(),
        Err(error) => error.to_string(),
    })
}

impl Drop for Host {
    fn drop(&mut self) {
        let (manager, control) = (self.manager.handle(), self.control.handle());
        let outcome = with_participant(|me| {
            me.detach(control)?;
            me.detach(manager)
        });
        if let Err(error) = outcome {
            tracing::warn!(%error, "a manager could not be let go of");
        }
    }
}
