//! What comes home from a process: results, errors, panics, exit codes and signals.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::io::Read;
use std::thread;
use std::time::Duration;

use procession_engine::{
    Arguments, Child, Command, EntryError, ProcessError, Returned, StartMethod, Stdio, init_test,
};
use watchdog::watch;

const METHODS: [StartMethod; 2] = [StartMethod::Spawn, StartMethod::ForkServer];

type EntryResult = Result<Returned, EntryError>;

fn returned(bytes: Vec<u8>) -> EntryResult {
    Ok(Returned {
        bytes,
        handles: Vec::new(),
    })
}

fn reverse(arguments: Arguments) -> EntryResult {
    returned(arguments.bytes().iter().rev().copied().collect())
}

fn echo(arguments: Arguments) -> EntryResult {
    returned(arguments.bytes().to_vec())
}

/// Runs until its standard input ends, and returns what came.
fn read_input(_: Arguments) -> EntryResult {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).unwrap();
    returned(bytes)
}

fn start_reader(method: StartMethod) -> Child {
    let command = Command::new().start_method(method).stdin(Stdio::Piped);
    command.start(read_input, b"", &[]).unwrap()
}

#[test]
fn a_function_returns_its_result() {
    init_test("a_function_returns_its_result");
    let _watchdog = watch("a_function_returns_its_result");
    for method in METHODS {
        let child = Command::new()
            .start_method(method)
            .start(reverse, b"abc", &[])
            .unwrap();
        child.wait().unwrap();
        assert_eq!(*child.outcome().unwrap(), b"cba");
        assert!(child.exit_status().unwrap().success());
        assert!(!child.is_alive());
    }
}

#[test]
fn a_hundred_megabytes_go_there_and_back() {
    init_test("a_hundred_megabytes_go_there_and_back");
    let _watchdog = watch("a_hundred_megabytes_go_there_and_back");
    let large: Vec<u8> = (0..100_000_000_u32)
        .map(|number| (number >> 3) as u8)
        .collect();
    for method in METHODS {
        let command = Command::new().start_method(method);
        let child = command.start(echo, large.as_slice(), &[]).unwrap();
        child.wait().unwrap();
        assert!(*child.outcome().unwrap() == large);
    }
}

fn fall_over(_: Arguments) -> EntryResult {
    panic!("the {} broke", "wheel")
}

#[test]
fn a_panic_comes_home_and_is_printed() {
    init_test("a_panic_comes_home_and_is_printed");
    let _watchdog = watch("a_panic_comes_home_and_is_printed");
    for method in METHODS {
        let command = Command::new().start_method(method).stderr(Stdio::Piped);
        let child = command.start(fall_over, b"", &[]).unwrap();
        let mut printed = String::new();
        child
            .take_stderr()
            .unwrap()
            .read_to_string(&mut printed)
            .unwrap();
        child.wait().unwrap();
        let error = child.outcome().unwrap_err();
        let ProcessError::Panicked {
            message,
            location,
            backtrace,
            thread,
        } = &error
        else {
            panic!("expected a panic, got {error:?}");
        };
        assert_eq!(message, "the wheel broke");
        assert!(location.contains("outcome.rs:"), "{location}");
        assert!(backtrace.contains("fall_over"), "{backtrace}");
        assert!(!thread.is_empty());
        assert!(printed.contains("the wheel broke"), "{printed}");
        assert!(error.to_string().contains("the wheel broke"));
        assert_eq!(child.exit_status().unwrap().code(), Some(101));
    }
}

fn panic_with_a_number(_: Arguments) -> EntryResult {
    std::panic::panic_any(7_u8)
}

#[test]
fn a_panic_without_text_is_still_a_panic() {
    init_test("a_panic_without_text_is_still_a_panic");
    let _watchdog = watch("a_panic_without_text_is_still_a_panic");
    let command = Command::new().stderr(Stdio::Null);
    let child = command.start(panic_with_a_number, b"", &[]).unwrap();
    child.wait().unwrap();
    assert!(matches!(
        child.outcome(),
        Err(ProcessError::Panicked { .. })
    ));
}

fn exit_with(arguments: Arguments) -> EntryResult {
    std::process::exit(arguments.bytes()[0].into())
}

#[test]
fn a_function_that_exits_has_no_result() {
    init_test("a_function_that_exits_has_no_result");
    let _watchdog = watch("a_function_that_exits_has_no_result");
    for method in METHODS {
        for code in [0, 3] {
            let command = Command::new().start_method(method);
            let child = command.start(exit_with, [code], &[]).unwrap();
            child.wait().unwrap();
            let outcome = child.outcome();
            let expected = i32::from(code);
            assert!(
                matches!(outcome, Err(ProcessError::Exited { code }) if code == expected),
                "{outcome:?}"
            );
            assert_eq!(child.exit_status().unwrap().code(), Some(expected));
        }
    }
}

fn abort(_: Arguments) -> EntryResult {
    std::process::abort()
}

fn signal_of(child: &Child) -> i32 {
    child.wait().unwrap();
    match child.outcome() {
        Err(ProcessError::Signaled { signal, .. }) => signal,
        other => panic!("expected a signal, got {other:?}"),
    }
}

#[test]
fn a_signal_is_named() {
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGTERM: i32 = 15;
    init_test("a_signal_is_named");
    let _watchdog = watch("a_signal_is_named");
    for method in METHODS {
        let child = Command::new()
            .start_method(method)
            .start(abort, b"", &[])
            .unwrap();
        assert_eq!(signal_of(&child), SIGABRT);
        let child = start_reader(method);
        child.kill().unwrap();
        assert_eq!(signal_of(&child), SIGKILL);
        let child = start_reader(method);
        child.terminate().unwrap();
        assert_eq!(signal_of(&child), SIGTERM);
        child.kill().unwrap();
        child.terminate().unwrap();
    }
}

fn misunderstand(_: Arguments) -> EntryResult {
    Err(EntryError::ArgumentDecode {
        type_name: "(u8, String)".to_owned(),
        reason: "too short".to_owned(),
    })
}

fn fail_to_answer(_: Arguments) -> EntryResult {
    Err(EntryError::ResultEncode {
        type_name: "Mutex<u8>".to_owned(),
        reason: "poisoned".to_owned(),
    })
}

#[test]
fn what_cannot_be_decoded_or_encoded_names_its_type() {
    init_test("what_cannot_be_decoded_or_encoded_names_its_type");
    let _watchdog = watch("what_cannot_be_decoded_or_encoded_names_its_type");
    let child = Command::new().start(misunderstand, b"", &[]).unwrap();
    child.wait().unwrap();
    let error = child.outcome().unwrap_err();
    assert!(
        matches!(error, ProcessError::ArgumentDecode { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("(u8, String)") && error.to_string().contains("too short"));
    let child = Command::new().start(fail_to_answer, b"", &[]).unwrap();
    child.wait().unwrap();
    let error = child.outcome().unwrap_err();
    assert!(
        matches!(error, ProcessError::ResultEncode { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("Mutex<u8>") && error.to_string().contains("poisoned"));
    assert!(!child.exit_status().unwrap().success());
}

#[test]
fn a_wait_may_be_limited_and_repeated() {
    init_test("a_wait_may_be_limited_and_repeated");
    let _watchdog = watch("a_wait_may_be_limited_and_repeated");
    for method in METHODS {
        let child = start_reader(method);
        for timeout in [Duration::ZERO, Duration::from_millis(1)] {
            let outcome = child.wait_timeout(timeout);
            assert!(
                matches!(outcome, Err(ProcessError::StillRunning)),
                "{outcome:?}"
            );
        }
        assert!(child.is_alive());
        assert!(matches!(child.outcome(), Err(ProcessError::StillRunning)));
        assert_eq!(child.exit_status(), None);
        drop(child.take_stdin());
        child.wait_timeout(Duration::MAX).unwrap();
        for _ in 0..2 {
            child.wait().unwrap();
            child.wait_timeout(Duration::ZERO).unwrap();
            assert_eq!(*child.outcome().unwrap(), b"");
        }
    }
}

#[test]
fn many_threads_wait_for_one_child() {
    init_test("many_threads_wait_for_one_child");
    let _watchdog = watch("many_threads_wait_for_one_child");
    for method in METHODS {
        let child = start_reader(method);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    child.wait().unwrap();
                    assert_eq!(*child.outcome().unwrap(), b"");
                });
            }
            drop(child.take_stdin());
        });
    }
}

#[test]
fn many_threads_start_and_wait_at_once() {
    init_test("many_threads_start_and_wait_at_once");
    let _watchdog = watch("many_threads_start_and_wait_at_once");
    thread::scope(|scope| {
        for number in 0..8_u8 {
            scope.spawn(move || {
                for round in 0..8 {
                    let method = METHODS[usize::from(round & 1)];
                    let command = Command::new().start_method(method);
                    let child = command.start(reverse, [number, round], &[]).unwrap();
                    child.wait().unwrap();
                    assert_eq!(*child.outcome().unwrap(), [round, number]);
                }
            });
        }
    });
}

fn delegate(arguments: Arguments) -> EntryResult {
    let mut results = Vec::new();
    for method in METHODS {
        let command = Command::new().start_method(method);
        let child = command.start(reverse, arguments.bytes(), &[]).unwrap();
        child.wait().unwrap();
        results.extend_from_slice(&child.outcome().unwrap());
    }
    returned(results)
}

#[test]
fn a_child_has_children_of_its_own() {
    init_test("a_child_has_children_of_its_own");
    let _watchdog = watch("a_child_has_children_of_its_own");
    for method in METHODS {
        let child = Command::new()
            .start_method(method)
            .start(delegate, b"ab", &[])
            .unwrap();
        child.wait().unwrap();
        assert_eq!(*child.outcome().unwrap(), b"baba");
    }
}

fn spawn_thread_that_panics(_: Arguments) -> EntryResult {
    let outcome = thread::spawn(|| panic!("in passing")).join();
    returned(vec![u8::from(outcome.is_err())])
}

#[test]
fn a_panic_that_the_function_survives_is_its_own_affair() {
    init_test("a_panic_that_the_function_survives_is_its_own_affair");
    let _watchdog = watch("a_panic_that_the_function_survives_is_its_own_affair");
    let command = Command::new().stderr(Stdio::Null);
    let child = command.start(spawn_thread_that_panics, b"", &[]).unwrap();
    child.wait().unwrap();
    assert_eq!(*child.outcome().unwrap(), [1]);
}
