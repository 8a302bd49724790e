//! The fork server: a process with one thread that does nothing but make others.
//!
//! It has no part in the session, runs no code of the user's, and knows of its children only
//! their descriptors and the sockets on which it reports their ends.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitStatus;

use procession_arena::sys::fork::{Forked, SignalActions, Standard, fork, replace_standard};
use procession_arena::sys::process::{Pidfd, exit_immediately, wait_for_child};
use procession_arena::sys::readiness::wait_readable;
use procession_arena::sys::socket::{Received, Socket};

use super::child;
use super::fork_request::{REQUEST, Reply};
use super::handshake::Report;
use super::stdio::open_null;

struct ForkServer {
    requests: Socket,
    parent: Pidfd,
    children: Vec<ForkedChild>,
}

struct ForkedChild {
    pidfd: Pidfd,
    /// The child's end of its control socket. The child closes its own copy when it is ready;
    /// this one stays, so that the parent's end ends only when nobody is left to report.
    control: Socket,
}

/// What came of a request, in the process in which this returns.
enum Served {
    Here,
    InChild(Socket),
}

pub(super) fn run(requests: Socket, descriptors: Vec<OwnedFd>) -> Infallible {
    match prepare(requests, descriptors) {
        Ok((server, signals)) => serve(server, signals),
        Err(_) => exit_immediately(1),
    }
}

fn prepare(requests: Socket, descriptors: Vec<OwnedFd>) -> io::Result<(ForkServer, SignalActions)> {
    let parent = descriptors
        .into_iter()
        .next()
        .ok_or(io::ErrorKind::InvalidData)?;
    replace_standard(Standard::Input, open_null()?.as_fd())?;
    // The keyboard signals the whole group. The parent decides what becomes of its children,
    // and needs this process to know how they end.
    let signals = SignalActions::of_fork_server()?;
    requests.send(&Report::Ready.encode(), &[])?;
    Ok((
        ForkServer {
            requests,
            parent: parent.into(),
            children: Vec::new(),
        },
        signals,
    ))
}

/// Serves requests until the parent is gone.
fn serve(mut server: ForkServer, signals: SignalActions) -> ! {
    loop {
        match server.step() {
            Ok(Served::Here) => {}
            Ok(Served::InChild(control)) => become_child(server, control, signals),
            Err(_) => exit_immediately(0),
        }
    }
}

fn become_child(server: ForkServer, control: Socket, signals: SignalActions) -> ! {
    let ForkServer {
        requests,
        parent,
        children,
    } = server;
    drop((requests, children));
    // Cannot fail: the actions come from the system itself.
    let _ = signals.restore();
    child::divert_forked(control, parent)
}

impl ForkServer {
    /// Waits for something to do and does it; fails when the parent is gone.
    fn step(&mut self) -> io::Result<Served> {
        let ready = wait_readable(&self.watched(), None)?;
        let [request, parent_ended, ended @ ..] = ready.as_slice() else {
            return Ok(Served::Here);
        };
        self.report_ends(ended);
        if *request {
            return self.answer();
        }
        if *parent_ended {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(Served::Here)
    }

    fn watched(&self) -> Vec<BorrowedFd<'_>> {
        let own = [self.requests.as_fd(), self.parent.as_fd()];
        own.into_iter()
            .chain(self.children.iter().map(|child| child.pidfd.as_fd()))
            .collect()
    }

    fn report_ends(&mut self, ended: &[bool]) {
        let mut ended = ended.iter();
        self.children.retain(|child| match ended.next() {
            Some(true) => !child.report_end(),
            _ => true,
        });
    }

    fn answer(&mut self) -> io::Result<Served> {
        let message = match self.requests.receive() {
            Ok(Received::Message(message)) if message.bytes == REQUEST => message,
            Ok(Received::Nothing) => return Ok(Served::Here),
            Ok(Received::Message(_) | Received::End) => {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            // The child's socket found no room among the descriptors of this process.
            Err(error) => return self.fail(&error).map(|()| Served::Here),
        };
        match message.descriptors.into_iter().next() {
            Some(control) => self.make_child(control.into()),
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn make_child(&mut self, control: Socket) -> io::Result<Served> {
        // SAFETY: this process has one thread. Under the test harness there is a second, the main
        // thread, which waits for this one in a channel and holds no lock while it waits.
        match unsafe { fork() } {
            Ok(Forked::Child) => return Ok(Served::InChild(control)),
            Ok(Forked::Parent { child }) => match Pidfd::open(child) {
                Ok(pidfd) => self.announce(child, pidfd, control)?,
                Err(error) => {
                    self.fail(&error)?;
                    // Without its greeting the child ends by itself, as soon as the parent drops
                    // the other end, which it does on this reply.
                    drop(control);
                    wait_for_child(child)?;
                }
            },
            Err(error) => self.fail(&error)?,
        }
        Ok(Served::Here)
    }

    fn announce(&mut self, pid: u32, pidfd: Pidfd, control: Socket) -> io::Result<()> {
        self.requests
            .send(&Reply::Started { pid }.encode(), &[pidfd.as_fd()])?;
        self.children.push(ForkedChild { pidfd, control });
        Ok(())
    }

    fn fail(&self, error: &io::Error) -> io::Result<()> {
        let error = error.raw_os_error().unwrap_or(0);
        self.requests.send(&Reply::Failed { error }.encode(), &[])
    }
}

impl ForkedChild {
    /// Reaps the child and tells its parent how it ended; true if there is nothing left to do.
    fn report_end(&self) -> bool {
        let status: ExitStatus = match self.pidfd.reap() {
            Ok(Some(status)) => status,
            Ok(None) => return false,
            // Reaped by somebody else, who did not tell how it ended.
            Err(_) => return true,
        };
        // A parent that no longer listens does not want to know.
        let _ = self.control.send(&Report::Ended(status).encode(), &[]);
        true
    }
}
