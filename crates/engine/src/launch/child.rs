//! The life of a child, from `init` to `exit`.

use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;

use procession_arena::sys::fork::{Standard, change_environment, replace_standard};
use procession_arena::sys::process::{Pidfd, exit_immediately, limit_data};
use procession_arena::sys::readiness::wait_readable;
use procession_arena::sys::socket::{Message, Received, Socket};
use procession_arena::{Arena, Error, Handle, ProcessId};
use procession_objects::KINDS;

use super::current::{Current, set_current};
use super::fork_server_main;
use super::function::{Arguments, Entry, Returned};
use super::handshake::{ChildDescriptors, HelloError, Report, Role, decode_hello};
use super::init::{MARKER, build_id, image};
use super::lifeline::{self, ORPHANED};
use super::message::{self, Assignment, Completion};
use super::panic;
use crate::{session, with_participant};

/// The exit code of a child that could not take up its work; the reason goes to its parent.
const REFUSED: i32 = 70;
/// The exit code of a Rust program that panicked.
const PANICKED: i32 = 101;
/// The exit code of a child whose function had no result for another reason.
const FAILED: i32 = 1;

/// Takes a started process off its parent's path, for good.
pub(super) fn divert(control: Socket) -> ! {
    never_return(|| {
        forget_marker();
        match receive_hello(&control, None) {
            (Role::Child { slot, generation }, descriptors) => live(
                control,
                ProcessId {
                    index: slot,
                    generation,
                },
                descriptors,
            ),
            (Role::ForkServer, descriptors) => fork_server_main::run(control, descriptors),
        }
    })
}

/// The same for a process that a fork server made; `parent` is who asked for it.
pub(super) fn divert_forked(control: Socket, parent: Pidfd) -> ! {
    never_return(|| {
        let hello = receive_hello(&control, Some(&parent));
        drop(parent);
        match hello {
            (Role::Child { slot, generation }, descriptors) => live(
                control,
                ProcessId {
                    index: slot,
                    generation,
                },
                descriptors,
            ),
            (Role::ForkServer, _) => refuse(&control, "a fork server makes no fork servers"),
        }
    })
}

/// A panic must not run the rest of `main` a second time.
fn never_return(life: impl FnOnce() -> std::convert::Infallible) -> ! {
    let _ = catch_unwind(AssertUnwindSafe(life));
    exit_immediately(PANICKED)
}

fn receive_hello(control: &Socket, parent: Option<&Pidfd>) -> (Role, Vec<OwnedFd>) {
    let Message { bytes, descriptors } = match receive(control, parent) {
        Ok(Some(message)) => message,
        // The parent has ended or given up. There is nobody to tell.
        Ok(None) => exit_immediately(ORPHANED),
        Err(reason) => refuse(control, &reason),
    };
    let own = match build_id() {
        Ok(own) => own,
        Err(error) => refuse(control, &error.to_string()),
    };
    match decode_hello(&bytes, own) {
        Ok(role) => (role, descriptors),
        Err(HelloError::OtherBuild) => finish(control, &Report::OtherBuild(own.clone())),
        Err(HelloError::Unintelligible) => refuse(control, "it was not greeted by procession"),
    }
}

/// Waits for the first message. Second exits: the end of the socket, and of the parent.
fn receive(control: &Socket, parent: Option<&Pidfd>) -> Result<Option<Message>, String> {
    let watched: Vec<_> = [Some(control.as_fd()), parent.map(AsFd::as_fd)]
        .into_iter()
        .flatten()
        .collect();
    loop {
        let ready = wait_readable(&watched, None).map_err(|error| error.to_string())?;
        match control.receive().map_err(|error| error.to_string())? {
            Received::Message(message) => return Ok(Some(message)),
            Received::End => return Ok(None),
            Received::Nothing if ready.get(1) == Some(&true) => return Ok(None),
            Received::Nothing => {}
        }
    }
}

/// Tells the parent why this process does not take up its work, and ends it.
fn refuse(control: &Socket, reason: &str) -> ! {
    finish(control, &Report::Refused(reason.to_owned()))
}

fn finish(control: &Socket, report: &Report) -> ! {
    // If the parent is gone there is nobody to tell.
    let _ = control.send(&report.encode(), &[]);
    exit_immediately(REFUSED)
}

/// What a child has to do.
struct Work {
    entry: Entry,
    arguments: Arguments,
}

fn live(control: Socket, process: ProcessId, descriptors: Vec<OwnedFd>) -> ! {
    let work = match take_up(process, descriptors) {
        Ok(work) => work,
        Err(reason) => refuse(&control, &reason),
    };
    // The parent may have ended meanwhile; a child that is not daemonic works on all the same.
    let _ = control.send(&Report::Ready.encode(), &[]);
    drop(control);
    exit(perform(work))
}

/// Joins the session and becomes what the parent asked for.
fn take_up(process: ProcessId, descriptors: Vec<OwnedFd>) -> Result<Work, String> {
    let descriptors = ChildDescriptors::from_received(descriptors)
        .map_err(|wrong| format!("it was given {} descriptors instead of five", wrong.len()))?;
    take_over_streams(&descriptors.standard).map_err(|error| error.to_string())?;
    drop(descriptors.standard);
    let mut bytes = join_session(descriptors.memory, process).map_err(|e| e.to_string())?;
    let assignment: Assignment =
        message::cut(&mut bytes).ok_or("its start message in shared memory is damaged")?;
    let entry = resolve(&assignment)?;
    let arguments = Arguments::new(bytes);
    settle(assignment, descriptors.parent)?;
    Ok(Work { entry, arguments })
}

fn take_over_streams(standard: &[OwnedFd; 3]) -> std::io::Result<()> {
    let [input, output, error] = standard;
    replace_standard(Standard::Input, input.as_fd())?;
    replace_standard(Standard::Output, output.as_fd())?;
    replace_standard(Standard::Error, error.as_fd())
}

fn join_session(memory: OwnedFd, process: ProcessId) -> Result<Vec<u8>, Error> {
    let arena = Arena::attach(memory, KINDS)?;
    arena.register_child(process)?;
    session::adopt(arena, process)?;
    with_participant(|me| me.start_message())
}

fn resolve(assignment: &Assignment) -> Result<Entry, String> {
    let image = image().map_err(|error| error.to_string())?;
    // SAFETY: the name was written by the parent, and the greeting has shown that the parent
    // runs the same build of this image.
    let entry = unsafe { assignment.function.entry(image) };
    entry.ok_or_else(|| "the function it is to run is not in this program".to_owned())
}

fn settle(assignment: Assignment, parent: Pidfd) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    if let Some(directory) = assignment.directory {
        std::env::set_current_dir(&directory)
            .map_err(|error| format!("cannot change to {}: {error}", directory.display()))?;
    }
    if let Some(environment) = assignment.environment {
        change_environment(environment.clear, &environment.changes).map_err(text)?;
    }
    if assignment.daemon {
        lifeline::hold(parent).map_err(text)?;
    }
    if let Some(limit) = assignment.memory_limit {
        limit_data(limit).map_err(text)?;
    }
    set_current(Current {
        name: assignment.name,
        daemon: assignment.daemon,
    });
    Ok(())
}

/// Runs the function and leaves its result in the session; returns the exit code.
fn perform(work: Work) -> i32 {
    let Work { entry, arguments } = work;
    let (completion, returned) = match panic::catch(|| entry(arguments)) {
        Ok(Ok(returned)) => {
            let mentions_objects = !returned.handles.is_empty();
            (Completion::Returned { mentions_objects }, returned)
        }
        Ok(Err(error)) => (Completion::from(error), Returned::default()),
        Err(panic) => (Completion::Panicked(panic), Returned::default()),
    };
    let code = match &completion {
        Completion::Returned { .. } => 0,
        Completion::Panicked(_) => PANICKED,
        _ => FAILED,
    };
    match store(returned.bytes, &returned.handles, &completion) {
        Ok(()) => code,
        Err(not_stored) => {
            // If even this finds no room, the parent still learns the exit code.
            let _ = store(Vec::new(), &[], &not_stored);
            FAILED
        }
    }
}

fn store(
    mut bytes: Vec<u8>,
    handles: &[Handle],
    completion: &Completion,
) -> Result<(), Completion> {
    let size = bytes.len() as u64;
    let not_stored = |reason| Completion::ResultNotStored { size, reason };
    message::append(&mut bytes, completion).map_err(not_stored)?;
    with_participant(|me| me.set_result(&bytes, handles))
        .map_err(|error: Error| not_stored(error.to_string()))
}

/// Removes the mark that made this process a child, for the programs it may run.
fn forget_marker() {
    // Not possible under the test harness, whose main thread waits for the test. The mark then
    // stays, and means nothing: it names a socket that no other process has.
    let _ = change_environment(false, &[(MARKER.into(), None)]);
}
