//! Processes that cannot be started, or end before they take up their work.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::path::{Path, PathBuf};
use std::process::Command as Program;

use procession_engine::{
    Arguments, Child, Command, EntryError, LaunchError, ProcessError, Returned, StartMethod,
    build_id, init_test,
};
use watchdog::watch;

fn nothing(_: Arguments) -> Result<Returned, EntryError> {
    Ok(Returned::default())
}

fn start(executable: impl Into<PathBuf>) -> Child {
    Command::new()
        .executable(executable)
        .start(nothing, b"", &[])
        .unwrap()
}

#[test]
fn a_program_that_never_calls_init_is_told_to() {
    init_test("a_program_that_never_calls_init_is_told_to");
    let _watchdog = watch("a_program_that_never_calls_init_is_told_to");
    for (program, code) in [("/bin/true", 0), ("/bin/false", 1)] {
        let child = start(program);
        child.wait().unwrap();
        let error = child.outcome().unwrap_err();
        let expected = code;
        assert!(
            matches!(error, ProcessError::NotStarted { code } if code == expected),
            "{error:?}"
        );
        assert!(error.to_string().contains("procession::init()"), "{error}");
    }
}

#[test]
fn a_missing_executable_is_an_error_at_once() {
    init_test("a_missing_executable_is_an_error_at_once");
    let _watchdog = watch("a_missing_executable_is_an_error_at_once");
    let command = Command::new().executable("/no/such/program");
    let error = command.start(nothing, b"", &[]).unwrap_err();
    assert!(matches!(error, LaunchError::Executable { .. }), "{error:?}");
    assert!(error.to_string().contains("/no/such/program"), "{error}");
}

#[test]
fn the_fork_server_runs_no_other_executable() {
    init_test("the_fork_server_runs_no_other_executable");
    let _watchdog = watch("the_fork_server_runs_no_other_executable");
    let command = Command::new()
        .start_method(StartMethod::ForkServer)
        .executable("/bin/true");
    let error = command.start(nothing, b"", &[]).unwrap_err();
    assert!(
        matches!(error, LaunchError::ForkServerExecutable),
        "{error:?}"
    );
}

/// A copy of this program in a file of its own.
struct ProgramCopy(PathBuf);

impl ProgramCopy {
    fn of(program: &Path, name: &str) -> ProgramCopy {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        // Not written by this process: a child that another thread starts meanwhile would inherit
        // the open file for a moment, and a file that is open for writing cannot be executed.
        let status = Program::new("/bin/cp")
            .arg(program)
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success(), "{status}");
        ProgramCopy(path)
    }

    /// The copy differs from this program in nothing but its build id.
    fn with_other_build_id() -> ProgramCopy {
        let own = std::env::current_exe().unwrap();
        let mut program = std::fs::read(own).unwrap();
        // The first byte says where the id comes from; the rest stands in the file.
        let id = build_id().unwrap().as_bytes()[1..].to_vec();
        let place = program
            .windows(id.len())
            .position(|window| window == id)
            .unwrap();
        program[place] ^= 0xff;
        let draft = ProgramCopy::of(Path::new("/bin/true"), "procession-draft");
        std::fs::write(draft.path(), program).unwrap();
        ProgramCopy::of(draft.path(), "procession-other-build")
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ProgramCopy {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn another_build_of_the_program_is_refused() {
    init_test("another_build_of_the_program_is_refused");
    let _watchdog = watch("another_build_of_the_program_is_refused");
    let other = ProgramCopy::with_other_build_id();
    let child = start(other.path());
    child.wait().unwrap();
    let error = child.outcome().unwrap_err();
    let ProcessError::BuildMismatch { expected, found } = &error else {
        panic!("expected a mismatch, got {error:?}");
    };
    assert_eq!(expected, build_id().unwrap());
    assert_eq!(expected.as_bytes().len(), found.as_bytes().len());
    assert_ne!(expected, found);
    assert!(error.to_string().contains(&found.to_string()), "{error}");
}

#[test]
fn a_copy_of_the_same_build_is_as_good() {
    init_test("a_copy_of_the_same_build_is_as_good");
    let _watchdog = watch("a_copy_of_the_same_build_is_as_good");
    let copy = ProgramCopy::of(&std::env::current_exe().unwrap(), "procession-same-build");
    let child = start(copy.path());
    child.wait().unwrap();
    child.outcome().unwrap();
}
