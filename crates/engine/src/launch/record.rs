//! What a process knows of one of its children, from start to end.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use procession_arena::sys::image::BuildId;
use procession_arena::sys::process::Pidfd;
use procession_arena::sys::socket::{Received, Socket};
use procession_arena::{Error, Participant, ProcessId};

use super::command::{AtExit, StartMethod};
use super::ending::{Ending, Status, to_outcome, without_result};
use super::error::ProcessError;
use super::handshake::Report;
use super::message::{self, Completion};

/// One child. Lives in the table of children until it has ended, and in its handle.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) at_exit: AtExit,
    pub(super) pid: u32,
    pub(super) pidfd: Pidfd,
    method: StartMethod,
    pub(super) process: ProcessId,
    build: BuildId,
    progress: Mutex<Progress>,
}

/// How far the child has come. Each step is taken once, whichever thread notices first.
#[derive(Debug)]
struct Progress {
    /// Open as long as somebody may still say something about the child.
    control: Option<Arc<Socket>>,
    is_ready: bool,
    refusal: Option<ProcessError>,
    is_dead: bool,
    status: Option<Status>,
    ending: Option<Ending>,
    /// False once the handle is dropped: nobody will ask for the result.
    is_wanted: bool,
    /// True once the child's slot in the session is free again.
    is_forgotten: bool,
}

/// What has to be watched to learn more about a child.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    pidfd: Option<&'a Pidfd>,
    control: Option<Arc<Socket>>,
}

const REAPED_BY_OTHERS: &str = "something in this program waited for it first, or SIGCHLD is \
                                ignored";
const FORK_SERVER_GONE: &str = "the fork server, which was its parent, ended before it";

impl Record {
    pub(super) fn new(
        process: ProcessId,
        name: String,
        at_exit: AtExit,
        method: StartMethod,
        build: BuildId,
        (pid, pidfd): (u32, Pidfd),
        control: Socket,
    ) -> Record {
        let progress = Mutex::new(Progress {
            control: Some(Arc::new(control)),
            is_ready: false,
            refusal: None,
            is_dead: false,
            status: None,
            ending: None,
            is_wanted: true,
            is_forgotten: false,
        });
        Record {
            name,
            at_exit,
            pid,
            pidfd,
            method,
            process,
            build,
            progress,
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the child ended, if it is known to have.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.progress().ending.clone()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.progress().ending.is_some()
    }

    /// Takes every step that can be taken without waiting; true if the child has ended.
    pub(super) fn advance(&self, me: &Participant) -> bool {
        let mut progress = self.progress();
        if progress.ending.is_some() {
            return true;
        }
        // Death before words: what the child said, it said before it died, so that after this
        // order nothing can be missing.
        let is_newly_dead = !progress.is_dead && self.pidfd.is_dead().unwrap_or(false);
        self.listen(&mut progress);
        if is_newly_dead {
            progress.is_dead = true;
            if let Err(error) = me.process_ended(self.process) {
                progress.refusal = Some(error.into());
            }
        }
        if !progress.is_dead {
            return false;
        }
        let Some(status) = self.learn_status(&mut progress) else {
            return false;
        };
        let outcome = self.take_outcome(&mut progress, status, me);
        let status = status.known();
        tracing::debug!(pid = self.pid, name = self.name, ?status, "child ended");
        progress.ending = Some(Ending { status, outcome });
        true
    }

    /// Reads what there is on the control socket. It ends when the child is ready or dead and, for
    /// a forked child, when its fork server has reported or is dead as well.
    fn listen(&self, progress: &mut Progress) {
        while let Some(control) = &progress.control {
            let report = match control.receive() {
                Ok(Received::Nothing) => return,
                Ok(Received::Message(message)) => Report::decode(&message.bytes),
                Ok(Received::End) | Err(_) => None,
            };
            match report {
                Some(Report::Ready) => progress.is_ready = true,
                Some(Report::OtherBuild(found)) => {
                    let expected = self.build.clone();
                    progress.refusal = Some(ProcessError::BuildMismatch { expected, found });
                }
                Some(Report::Refused(reason)) => {
                    progress.refusal = Some(ProcessError::Refused { reason });
                }
                Some(Report::Ended(status)) => {
                    progress.status = Some(Status::Known(status));
                    progress.control = None;
                }
                None => progress.control = None,
            }
        }
    }

    /// How the dead child ended; `None` if that is still to come.
    fn learn_status(&self, progress: &mut Progress) -> Option<Status> {
        if progress.status.is_none() {
            progress.status = match self.method {
                StartMethod::Spawn => match self.pidfd.reap() {
                    Ok(status) => status.map(Status::Known),
                    Err(_) => Some(Status::Unknown(REAPED_BY_OTHERS)),
                },
                StartMethod::ForkServer if progress.control.is_none() => {
                    Some(Status::Unknown(FORK_SERVER_GONE))
                }
                StartMethod::ForkServer => None,
            };
        }
        progress.status
    }

    fn take_outcome(
        &self,
        progress: &mut Progress,
        status: Status,
        me: &Participant,
    ) -> Result<Arc<Vec<u8>>, ProcessError> {
        if let Some(refusal) = progress.refusal.take() {
            self.forget(progress, me);
            return Err(refusal);
        }
        let result = if progress.is_wanted {
            self.read_result(me)
        } else {
            Ok(None)
        };
        let mentions_objects = matches!(
            result,
            Ok(Some((
                Completion::Returned {
                    mentions_objects: true
                },
                _
            )))
        );
        // Objects that the result mentions live as long as it lies in the child's slot.
        if !mentions_objects {
            self.forget(progress, me);
        }
        match result? {
            Some((completion, bytes)) => to_outcome(completion, bytes),
            None => Err(without_result(status, progress.is_ready)),
        }
    }

    fn read_result(&self, me: &Participant) -> Result<Option<(Completion, Vec<u8>)>, Error> {
        let Some(mut bytes) = me.result(self.process)? else {
            return Ok(None);
        };
        match message::cut(&mut bytes) {
            Some(completion) => Ok(Some((completion, bytes))),
            None => Err(Error::Corrupt {
                what: "the result of a child has no valid end",
            }),
        }
    }

    /// Frees the child's slot in the session.
    fn forget(&self, progress: &mut Progress, me: &Participant) {
        if !progress.is_forgotten {
            progress.is_forgotten = true;
            if let Err(error) = me.forget_process(self.process) {
                tracing::warn!(%error, pid = self.pid, "cannot free the slot of a child");
            }
        }
    }

    /// Says that nobody will ask for the result; true if there is nothing more to do.
    pub(super) fn abandon(&self) -> bool {
        let mut progress = self.progress();
        progress.is_wanted = false;
        progress.is_forgotten || progress.ending.is_none()
    }

    /// Frees the slot of an ended child whose result nobody wants any more.
    pub(super) fn forget_abandoned(&self, me: &Participant) {
        self.forget(&mut self.progress(), me);
    }

    /// What to wait for.
    pub(super) fn watched(&self) -> Watched<'_> {
        let progress = self.progress();
        if progress.ending.is_some() {
            return Watched {
                pidfd: None,
                control: None,
            };
        }
        // A dead child stays readable; only its status is still awaited.
        let pidfd = (!progress.is_dead).then_some(&self.pidfd);
        Watched {
            pidfd,
            control: progress.control.clone(),
        }
    }
}

impl Watched<'_> {
    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let control = self.control.as_deref().map(AsFd::as_fd);
        self.pidfd.map(AsFd::as_fd).into_iter().chain(control)
    }
}
