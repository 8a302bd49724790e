//! The parent's side of its fork server.

use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use procession_arena::sys::process::Pidfd;
use procession_arena::sys::readiness::wait_readable;
use procession_arena::sys::socket::{Message, Received, Socket, is_peer_gone};

use super::error::LaunchError;
use super::fork_request::{REQUEST, Reply};
use super::handshake::{Report, Role, encode_hello};
use super::init::image;
use super::spawn::{self, Started, Surroundings};

/// How often a request is repeated with a new fork server after one ended on it.
const ATTEMPTS: u32 = 3;

/// How long a fork server may take to end once it is no longer wanted.
const GRACE: Duration = Duration::from_secs(1);

/// This process's fork server, started on first use.
///
/// # If a process dies
///
/// If the fork server dies, its children go on, but how they end will be unknown; the next start
/// launches another. A request that it died on is repeated with a new control socket: whatever it
/// may have made out of the old one finds nobody at the other end, and ends.
#[derive(Debug, Default)]
pub(crate) struct ForkServer(Mutex<Option<Connection>>);

/// A connection serves one request at a time; reports about children come on other sockets.
#[derive(Debug)]
struct Connection {
    requests: Socket,
    pidfd: Pidfd,
}

/// Why a request had no result.
enum RequestError {
    /// The fork server is gone, or out of step with this side.
    ServerGone,
    /// This request failed; the next may succeed.
    Launch(LaunchError),
}

impl From<LaunchError> for RequestError {
    fn from(error: LaunchError) -> RequestError {
        RequestError::Launch(error)
    }
}

impl ForkServer {
    /// Has a child made; returns it with the parent's end of its control socket.
    pub(super) fn start(&self) -> Result<(Started, Socket), LaunchError> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..ATTEMPTS {
            let connection = match slot.take() {
                Some(connection) => connection,
                None => Connection::open()?,
            };
            match connection.request() {
                Ok(started) => {
                    *slot = Some(connection);
                    return Ok(started);
                }
                Err(RequestError::ServerGone) => connection.close(),
                Err(RequestError::Launch(error)) => {
                    *slot = Some(connection);
                    return Err(error);
                }
            }
        }
        Err(LaunchError::ForkServer {
            reason: "it ended on every request".to_owned(),
        })
    }

    /// Reaps the fork server if it has ended.
    pub(super) fn collect(&self) {
        // Whoever holds the lock has a request under way and will notice by itself.
        let Ok(mut slot) = self.0.try_lock() else {
            return;
        };
        if slot.as_ref().is_some_and(Connection::is_gone)
            && let Some(connection) = slot.take()
        {
            tracing::warn!("the fork server ended; its children's exit codes will be unknown");
            connection.close();
        }
    }

    /// Ends the fork server.
    pub(super) fn end(&self) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = slot.take() {
            connection.close();
        }
    }
}

impl Connection {
    fn open() -> Result<Connection, LaunchError> {
        let (requests, child_end) = Socket::pair().map_err(LaunchError::system("socketpair"))?;
        let hello = encode_hello(image()?.build_id(), Role::ForkServer)
            .map_err(|reason| LaunchError::Encode { reason })?;
        let parent = Pidfd::of_self().map_err(LaunchError::system("pidfd_open"))?;
        requests
            .send(&hello, &[parent.as_fd()])
            .map_err(LaunchError::system("sendmsg"))?;
        let Started { pid, pidfd } = spawn::start(Surroundings::default(), child_end)?;
        let connection = Connection { requests, pidfd };
        match connection.receive() {
            Ok(message) if Report::decode(&message.bytes) == Some(Report::Ready) => {
                tracing::debug!(pid, "fork server started");
                Ok(connection)
            }
            Ok(_) | Err(RequestError::ServerGone) => {
                connection.close();
                let reason = "it ended while it came up; `procession::init()` must be called \
                              first thing in `main` (in a test: as its first line)";
                Err(LaunchError::ForkServer {
                    reason: reason.to_owned(),
                })
            }
            Err(RequestError::Launch(error)) => Err(error),
        }
    }

    fn request(&self) -> Result<(Started, Socket), RequestError> {
        let (control, child_end) = Socket::pair().map_err(LaunchError::system("socketpair"))?;
        match self.requests.send(REQUEST, &[child_end.as_fd()]) {
            Err(error) if is_peer_gone(&error) => return Err(RequestError::ServerGone),
            outcome => outcome.map_err(LaunchError::system("sendmsg"))?,
        }
        drop(child_end);
        let Message { bytes, descriptors } = self.receive()?;
        match (Reply::decode(&bytes), descriptors.into_iter().next()) {
            (Some(Reply::Started { pid }), Some(pidfd)) => Ok((
                Started {
                    pid,
                    pidfd: pidfd.into(),
                },
                control,
            )),
            (Some(Reply::Failed { error }), _) => {
                let source = io::Error::from_raw_os_error(error);
                Err(LaunchError::System {
                    call: "fork",
                    source,
                }
                .into())
            }
            _ => Err(RequestError::ServerGone),
        }
    }

    /// Waits for the next message. Second exits: the end of the socket, and of the process.
    fn receive(&self) -> Result<Message, RequestError> {
        loop {
            let watched = [self.requests.as_fd(), self.pidfd.as_fd()];
            // After a failure here a reply to this request might be taken for that to the next.
            let ready = wait_readable(&watched, None).map_err(|_| RequestError::ServerGone)?;
            match self
                .requests
                .receive()
                .map_err(LaunchError::system("recvmsg"))?
            {
                Received::Message(message) => return Ok(message),
                Received::End => return Err(RequestError::ServerGone),
                Received::Nothing if ready.get(1) == Some(&true) => {
                    return Err(RequestError::ServerGone);
                }
                Received::Nothing => {}
            }
        }
    }

    fn is_gone(&self) -> bool {
        self.pidfd.is_dead().unwrap_or(false)
    }

    /// Lets the fork server go and waits for its end, so that it leaves no zombie.
    fn close(self) {
        let Connection { requests, pidfd } = self;
        drop(requests);
        if !matches!(pidfd.wait_exit(Some(GRACE)), Ok(true)) {
            // It may be stopped. Nothing is lost with it that is still wanted.
            let _ = pidfd.kill();
            let _ = pidfd.wait_exit(None);
        }
        // Fails only if somebody else has reaped it.
        let _ = pidfd.reap();
    }
}
