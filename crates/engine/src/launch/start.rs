//! From a command to a running child.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use procession_arena::sys::image::Image;
use procession_arena::sys::process::Pidfd;
use procession_arena::sys::socket::Socket;
use procession_arena::{Handle, ProcessId};

use super::child_handle::Child;
use super::command::{AtExit, Command, StartMethod};
use super::error::LaunchError;
use super::function::{Entry, FunctionName};
use super::handshake::{ChildDescriptors, Role, encode_hello};
use super::init::program;
use super::message::{self, Assignment};
use super::record::Record;
use super::reservation::Reservation;
use super::spawn::{self, Started, Surroundings};
use super::stdio::{ChildEnds, StandardStreams};
use crate::session::{self, Session};
use crate::with_participant;

impl Command {
    /// Starts `entry` with `arguments` in another process.
    ///
    /// Shared objects whose handles are listed in `handles` live at least until the child has
    /// taken its arguments. The call does not wait until the child is ready: a child that fails
    /// to come up is found by waiting for it.
    ///
    /// # Errors
    ///
    /// [`LaunchError`], if there is no child.
    pub fn start(
        self,
        entry: Entry,
        arguments: impl Into<Vec<u8>>,
        handles: &[Handle],
    ) -> Result<Child, LaunchError> {
        let image = program()?;
        let function =
            FunctionName::of(entry as *const (), image).ok_or(LaunchError::ForeignFunction)?;
        self.check()?;
        let session = session::current()?;
        if session.children.is_closed() {
            return Err(LaunchError::Ending);
        }
        session.fork_server.collect();
        let (mut command, streams) = self.take_streams();
        let name = command.name.take().unwrap_or_else(next_name);
        let mut message = arguments.into();
        message::append(&mut message, &command.assignment(function, name.clone()))
            .map_err(|reason| LaunchError::Encode { reason })?;
        let (ends, kept) = streams.open().map_err(LaunchError::system("pipe"))?;
        with_participant(|me| {
            session.children.collect(me);
            let slot = Reservation::new(me)?;
            me.set_start_message(slot.process, &message, handles)?;
            let (started, control) = command.launch(session, image, slot.process, &ends)?;
            tracing::debug!(pid = started.pid, name, "child started");
            let record = Arc::new(Record::new(
                slot.keep(),
                name,
                command.at_exit,
                command.method,
                image.build_id().clone(),
                (started.pid, started.pidfd),
                control,
            ));
            session.children.insert(Arc::clone(&record));
            Ok(Child::new(session, record, kept))
        })
    }

    fn check(&self) -> Result<(), LaunchError> {
        if let Some(name) = self.environment.impossible() {
            return Err(LaunchError::Variable { name: name.clone() });
        }
        if self.method == StartMethod::ForkServer && self.executable.is_some() {
            return Err(LaunchError::ForkServerExecutable);
        }
        Ok(())
    }

    fn take_streams(mut self) -> (Command, StandardStreams) {
        let streams = std::mem::take(&mut self.streams);
        (self, streams)
    }

    fn assignment(&self, function: FunctionName, name: String) -> Assignment {
        let is_forked = self.method == StartMethod::ForkServer;
        Assignment {
            function,
            name,
            daemon: self.at_exit == AtExit::Ended,
            memory_limit: self.memory_limit,
            environment: is_forked.then(|| self.environment.clone()),
            directory: self.directory.clone().map(PathBuf::into_os_string),
        }
    }

    /// Brings the process into being and greets it; returns it with its control socket.
    fn launch(
        &self,
        session: &Session,
        image: &Image,
        process: ProcessId,
        ends: &ChildEnds,
    ) -> Result<(Started, Socket), LaunchError> {
        let hello = encode_hello(image.build_id(), Role::child(process))
            .map_err(|reason| LaunchError::Encode { reason })?;
        let parent = Pidfd::of_self().map_err(LaunchError::system("pidfd_open"))?;
        let descriptors = ChildDescriptors {
            memory: session.arena().descriptor(),
            standard: ends.descriptors(),
            parent: &parent,
        };
        let greet = |control: &Socket| {
            let greeting = control.send(&hello, &descriptors.to_send());
            greeting.map_err(LaunchError::system("sendmsg"))
        };
        match self.method {
            StartMethod::Spawn => {
                let (control, child_end) =
                    Socket::pair().map_err(LaunchError::system("socketpair"))?;
                // Before the start: a child that waits for its greeting does not yet know which
                // process to watch, should this one die.
                greet(&control)?;
                Ok((spawn::start(self.surroundings(), child_end)?, control))
            }
            StartMethod::ForkServer => {
                let (started, control) = session.fork_server.start()?;
                // After it: a child that a dying fork server made unbeknown to us must not be
                // greeted, or the slot would have two processes.
                match greet(&control) {
                    // Killed before it was greeted. It is a child all the same, and its end will
                    // be reported as any other.
                    Err(_) if started.pidfd.is_dead().unwrap_or(false) => {}
                    outcome => outcome?,
                }
                Ok((started, control))
            }
        }
    }

    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings {
            executable: self.executable.as_deref(),
            environment: Some(&self.environment),
        }
    }
}

fn next_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("Process-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}
