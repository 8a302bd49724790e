//! A process that runs out of descriptors gets an error, and nothing else breaks.
//!
//! Not run by the test harness: the whole program runs again with a low limit.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::io::{PipeReader, Read};
use std::process::{Command as Program, ExitCode};

use procession_engine::{
    Arguments, Child, Command, EntryError, LaunchError, Returned, StartMethod, Stdio, init,
};
use rustix::process::{Resource, getrlimit, setrlimit};
use watchdog::watch;

const LIMITED: &str = "PROCESSION_TEST_LIMITED";
const EMFILE: i32 = 24;
/// More than the limit of open files allows.
const TOO_MANY: usize = 100;

fn read_input(_: Arguments) -> Result<Returned, EntryError> {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    Ok(Returned::default())
}

fn start(method: StartMethod, input: &PipeReader) -> Result<Child, LaunchError> {
    let input = Stdio::Descriptor(
        input
            .try_clone()
            .map_err(|source| LaunchError::System {
                call: "dup",
                source,
            })?
            .into(),
    );
    Command::new()
        .start_method(method)
        .stdin(input)
        .start(read_input, b"", &[])
}

fn is_out_of_descriptors(error: &LaunchError) -> bool {
    match error {
        LaunchError::System { source, .. } | LaunchError::Executable { source, .. } => {
            source.raw_os_error() == Some(EMFILE)
        }
        _ => false,
    }
}

fn run_out_and_recover(method: StartMethod, once_started: impl FnOnce()) {
    let (input, keep_running) = std::io::pipe().unwrap();
    // The fork server comes up while there is room.
    let mut children = vec![start(method, &input).unwrap()];
    once_started();
    let error = loop {
        match start(method, &input) {
            Ok(child) => children.push(child),
            Err(error) => break error,
        }
        assert!(children.len() < TOO_MANY, "the limit is not in force");
    };
    assert!(is_out_of_descriptors(&error), "{error:?}");
    drop(keep_running);
    for child in children {
        child.wait().unwrap();
        child.outcome().unwrap();
        assert!(child.exit_status().is_some(), "the fork server was lost");
    }
    let child = start(method, &input).unwrap();
    child.wait().unwrap();
    child.outcome().unwrap();
}

/// Takes away the limit of this process, but not that of its fork server.
fn lift_own_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

fn main() -> ExitCode {
    init();
    let _watchdog = watch("descriptors");
    if std::env::var_os(LIMITED).is_some() {
        run_out_and_recover(StartMethod::Spawn, || ());
        run_out_and_recover(StartMethod::ForkServer, || ());
        run_out_and_recover(StartMethod::ForkServer, lift_own_limit);
        return ExitCode::SUCCESS;
    }
    // A fork server needs two descriptors for a child; it can be short of the first or the second.
    for limit in ["40", "41"] {
        let mut limited = Program::new("/bin/sh");
        limited.args(["-c", "ulimit -S -n \"$1\"; exec \"$0\""]);
        limited
            .arg(std::env::current_exe().unwrap())
            .arg(limit)
            .env(LIMITED, "yes");
        let status = limited.status().unwrap();
        assert!(status.success(), "{status}");
    }
    println!("running out of descriptors is survived ... ok");
    ExitCode::SUCCESS
}
