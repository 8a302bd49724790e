//! The start method that runs the program again.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};

use procession_arena::sys::process::Pidfd;
use procession_arena::sys::socket::Socket;

use super::error::LaunchError;
use super::init::{MARKER, test_arguments};
use super::message::Environment;

/// Leads to the running program even if its file has been replaced or deleted meanwhile.
const RUNNING_IMAGE: &str = "/proc/self/exe";

/// A process that this one has started.
pub(super) struct Started {
    pub(super) pid: u32,
    pub(super) pidfd: Pidfd,
}

/// What differs between one start of the program and another.
#[derive(Clone, Copy, Default)]
pub(super) struct Surroundings<'a> {
    pub(super) executable: Option<&'a Path>,
    pub(super) environment: Option<&'a Environment>,
}

/// Runs the program again, with `control` in the slot of its standard input.
///
/// Nothing here keeps the standard library from using `posix_spawn`, which does not copy the
/// page tables of a large parent: hence no `pre_exec`, and all descriptors but one come later.
pub(super) fn start(
    surroundings: Surroundings<'_>,
    control: Socket,
) -> Result<Started, LaunchError> {
    let executable = surroundings.executable.unwrap_or(Path::new(RUNNING_IMAGE));
    let mut command = Command::new(executable);
    keep_arguments(&mut command);
    if let Some(environment) = surroundings.environment {
        change_environment(&mut command, environment);
    }
    let inode = control.inode().map_err(LaunchError::system("fstat"))?;
    command.env(MARKER, inode.to_string());
    command.stdin(OwnedFd::from(control));
    // What the program prints before it calls `init` is not the child's output.
    command.stdout(Stdio::null());
    let mut child = command.spawn().map_err(|source| LaunchError::Executable {
        executable: executable.to_owned(),
        source,
    })?;
    match Pidfd::open(child.id()) {
        Ok(pidfd) => Ok(Started {
            pid: child.id(),
            pidfd,
        }),
        Err(source) => {
            // Not yet reaped, so its number is still its own. Whatever fails here, the error
            // that made us give up is the one to tell.
            let _ = child.kill();
            let _ = child.wait();
            Err(LaunchError::System {
                call: "pidfd_open",
                source,
            })
        }
    }
}

fn keep_arguments(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    let mut own: std::env::ArgsOs = std::env::args_os();
    let name: OsString = own.next().unwrap_or_else(|| RUNNING_IMAGE.into());
    command.arg0(name);
    match test_arguments() {
        Some(arguments) => command.args(arguments),
        None => command.args(own),
    };
}

fn change_environment(command: &mut Command, environment: &Environment) {
    if environment.clear {
        command.env_clear();
    }
    for (name, value) in &environment.changes {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}
