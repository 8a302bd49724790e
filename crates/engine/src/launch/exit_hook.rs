//! What a process does when it exits: it leaves no daemon, no zombie and no unfinished child.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use procession_arena::Participant;
use procession_arena::sys::fork::at_exit;

use super::command::AtExit;
use super::error::ProcessError;
use crate::session::{self, Session};
use crate::with_participant;

/// How long a daemonic child may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(1);

/// Has the children taken care of at exit; calls after the first do nothing.
pub(crate) fn run_at_exit() -> io::Result<()> {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if REGISTERED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    at_exit(leave).inspect_err(|_| REGISTERED.store(false, Ordering::Relaxed))
}

extern "C" fn leave() {
    // In a forked copy the inherited session is not an established one: the children are the
    // original's, and it will wait for them.
    let Some(session) = session::established() else {
        return;
    };
    session.children.close();
    let outcome = with_participant(|me| {
        end_daemons(session, me)?;
        let mut others = session.children.snapshot();
        others.retain(|child| child.at_exit != AtExit::LeftAlone);
        session.children.wait(me, &others, None)?;
        Ok::<(), ProcessError>(())
    });
    session.fork_server.end();
    let released = with_participant(|me| session.release(me));
    if let Err(error) = outcome.and(released.map_err(ProcessError::from)) {
        tracing::warn!(%error, "cannot take leave of the session in good order");
    }
}

fn end_daemons(session: &Session, me: &Participant) -> Result<(), ProcessError> {
    let mut daemons = session.children.snapshot();
    daemons.retain(|child| child.at_exit == AtExit::Ended);
    for daemon in &daemons {
        daemon
            .pidfd
            .terminate()
            .map_err(ProcessError::system("pidfd_send_signal"))?;
    }
    if !session
        .children
        .wait(me, &daemons, Instant::now().checked_add(GRACE))?
    {
        for daemon in &daemons {
            daemon
                .pidfd
                .kill()
                .map_err(ProcessError::system("pidfd_send_signal"))?;
        }
        session.children.wait(me, &daemons, None)?;
    }
    Ok(())
}
