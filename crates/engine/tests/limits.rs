//! The limits of a session: too many processes, too large messages.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::io::Read;

use procession_arena::Error;
use procession_engine::{
    Arguments, Command, EntryError, LaunchError, ProcessError, Returned, Stdio, configure,
    init_test,
};
use watchdog::watch;

const MAX_PROCESSES: u16 = 8;
const MEMORY_CAP: u64 = 32 << 20;

fn read_input(_: Arguments) -> Result<Returned, EntryError> {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    Ok(Returned::default())
}

fn answer_at_length(_: Arguments) -> Result<Returned, EntryError> {
    Ok(Returned {
        bytes: vec![1; 2 * MEMORY_CAP as usize],
        handles: Vec::new(),
    })
}

fn reader() -> Command {
    Command::new().stdin(Stdio::Piped)
}

/// One test, because the limits are the session's, and the test binary is one session.
#[test]
fn limits_are_kept_and_survived() {
    init_test("limits_are_kept_and_survived");
    let _watchdog = watch("limits_are_kept_and_survived");
    configure(|limits| {
        limits.max_processes = MAX_PROCESSES;
        limits.memory_cap = MEMORY_CAP;
    })
    .unwrap();

    // This process has a slot as well.
    let room = MAX_PROCESSES - 1;
    for _ in 0..3 {
        let children: Vec<_> = (0..room)
            .map(|_| reader().start(read_input, b"", &[]).unwrap())
            .collect();
        let error = reader().start(read_input, b"", &[]).unwrap_err();
        assert!(
            matches!(
                error,
                LaunchError::Arena(Error::TooManyProcesses {
                    limit: MAX_PROCESSES
                })
            ),
            "{error:?}"
        );
        for child in &children {
            drop(child.take_stdin());
            child.wait().unwrap();
            child.outcome().unwrap();
        }
    }

    let arguments = vec![1; 2 * MEMORY_CAP as usize];
    let error = reader().start(read_input, arguments, &[]).unwrap_err();
    assert!(
        matches!(error, LaunchError::Arena(Error::OutOfMemory { .. })),
        "{error:?}"
    );

    for _ in 0..3 {
        let child = Command::new().start(answer_at_length, b"", &[]).unwrap();
        child.wait().unwrap();
        let error = child.outcome().unwrap_err();
        assert!(
            matches!(error, ProcessError::ResultNotStored { .. }),
            "{error:?}"
        );
    }

    assert!(configure(|limits| limits.max_processes = 1).is_err());
}
