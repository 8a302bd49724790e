//! A program that does not call `init`, or not in its children.
//!
//! Not run by the test harness: what is tested is what a whole program does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::process::ExitCode;

use procession_engine::{Arguments, Command, EntryError, LaunchError, ProcessError, Returned};
use watchdog::watch;

const REFUSED: u8 = 42;
const NOT_REFUSED: u8 = 43;

fn nothing(_: Arguments) -> Result<Returned, EntryError> {
    Ok(Returned::default())
}

fn main() -> ExitCode {
    let _watchdog = watch("without_init");
    let error = match Command::new().start(nothing, b"", &[]) {
        Err(error @ LaunchError::NotInitialised) => error.to_string(),
        other => {
            eprintln!("expected a refusal, got {other:?}");
            return ExitCode::from(NOT_REFUSED);
        }
    };
    assert!(error.contains("procession::init()"), "{error}");
    if std::env::var_os("PROCESSION_CHILD").is_some() {
        // This is the child. It has just been refused to start another, and ends here.
        return ExitCode::from(REFUSED);
    }
    procession_engine::init();
    let child = Command::new().start(nothing, b"", &[]).unwrap();
    child.wait().unwrap();
    let outcome = child.outcome();
    let expected = i32::from(REFUSED);
    assert!(
        matches!(outcome, Err(ProcessError::NotStarted { code }) if code == expected),
        "{outcome:?}"
    );
    println!("a program without init() starts nothing ... ok");
    ExitCode::SUCCESS
}
