//! What a process is started with: environment, directory, streams, name, memory limit.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, Write};

use procession_engine::{
    Arguments, Command, Current, Entry, EntryError, LaunchError, ProcessError, Returned,
    StartMethod, Stdio, current, init_test,
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

fn run(command: Command, entry: Entry, arguments: &[u8]) -> String {
    let child = command.start(entry, arguments, &[]).unwrap();
    child.wait().unwrap();
    String::from_utf8(child.outcome().unwrap().to_vec()).unwrap()
}

/// The variables of this process, but not the mark that a child under the test harness keeps.
fn variables() -> BTreeMap<String, String> {
    std::env::vars()
        .filter(|(name, _)| name != "PROCESSION_CHILD")
        .collect()
}

fn environment(_: Arguments) -> EntryResult {
    returned(format!("{:?}", variables()).into_bytes())
}

#[test]
fn the_environment_is_inherited_and_changed() {
    init_test("the_environment_is_inherited_and_changed");
    let _watchdog = watch("the_environment_is_inherited_and_changed");
    let mut expected = variables();
    expected.remove("PATH");
    expected.insert("PROCESSION_TEST".to_owned(), "包子".to_owned());
    for method in METHODS {
        let command = Command::new().start_method(method);
        let command = command.env("PROCESSION_TEST", "包子").env_remove("PATH");
        assert_eq!(run(command, environment, b""), format!("{expected:?}"));
    }
}

#[test]
fn the_environment_can_be_cleared() {
    init_test("the_environment_can_be_cleared");
    let _watchdog = watch("the_environment_can_be_cleared");
    for method in METHODS {
        let command = Command::new()
            .start_method(method)
            .env("BEFORE", "1")
            .env_clear();
        assert_eq!(
            run(command.env("AFTER", "2"), environment, b""),
            "{\"AFTER\": \"2\"}"
        );
    }
}

#[test]
fn an_impossible_variable_is_an_error() {
    init_test("an_impossible_variable_is_an_error");
    let _watchdog = watch("an_impossible_variable_is_an_error");
    for method in METHODS {
        for (name, value) in [("", ""), ("a=b", "c"), ("a", "nul\0")] {
            let impossible = Command::new().start_method(method).env(name, value);
            let outcome = impossible.start(environment, b"", &[]);
            assert!(
                matches!(outcome, Err(LaunchError::Variable { .. })),
                "{outcome:?}"
            );
        }
    }
}

fn directory(_: Arguments) -> EntryResult {
    returned(
        std::env::current_dir()
            .unwrap()
            .into_os_string()
            .into_encoded_bytes(),
    )
}

#[test]
fn a_child_works_in_the_directory_it_is_told() {
    init_test("a_child_works_in_the_directory_it_is_told");
    let _watchdog = watch("a_child_works_in_the_directory_it_is_told");
    for method in METHODS {
        let command = Command::new().start_method(method).current_dir("/proc");
        assert_eq!(run(command, directory, b""), "/proc");
        let nowhere = Command::new()
            .start_method(method)
            .current_dir("/no/such/directory");
        let child = nowhere.start(directory, b"", &[]).unwrap();
        child.wait().unwrap();
        let error = child.outcome().unwrap_err();
        assert!(matches!(error, ProcessError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("/no/such/directory"), "{error}");
    }
}

/// Turns its input to upper case; what it says about that goes to standard error.
fn shout(_: Arguments) -> EntryResult {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    print!("{}", text.to_uppercase());
    eprint!("{} bytes", text.len());
    returned(Vec::new())
}

#[test]
fn streams_lead_through_pipes() {
    init_test("streams_lead_through_pipes");
    let _watchdog = watch("streams_lead_through_pipes");
    for method in METHODS {
        let command = Command::new().start_method(method);
        let command = command
            .stdin(Stdio::Piped)
            .stdout(Stdio::Piped)
            .stderr(Stdio::Piped);
        let child = command.start(shout, b"", &[]).unwrap();
        child.take_stdin().unwrap().write_all(b"hello").unwrap();
        let (mut output, mut error) = (String::new(), String::new());
        child
            .take_stdout()
            .unwrap()
            .read_to_string(&mut output)
            .unwrap();
        child
            .take_stderr()
            .unwrap()
            .read_to_string(&mut error)
            .unwrap();
        child.wait().unwrap();
        // Nothing that the test harness prints in the child gets into its output.
        assert_eq!((output.as_str(), error.as_str()), ("HELLO", "5 bytes"));
        assert!(child.take_stdin().is_none() && child.take_stdout().is_none());
    }
}

#[test]
fn streams_lead_to_files_and_to_nowhere() {
    init_test("streams_lead_to_files_and_to_nowhere");
    let _watchdog = watch("streams_lead_to_files_and_to_nowhere");
    for method in METHODS {
        let path = std::env::temp_dir().join(format!(
            "procession-streams-{}-{method:?}",
            std::process::id()
        ));
        let mut file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .unwrap();
        std::fs::remove_file(&path).unwrap();
        file.write_all(b"from a file").unwrap();
        file.rewind().unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        let command = Command::new()
            .start_method(method)
            .stdin(Stdio::Descriptor(file.into()))
            .stdout(Stdio::Descriptor(writer.into()))
            .stderr(Stdio::Null);
        let child = command.start(shout, b"", &[]).unwrap();
        let mut output = String::new();
        reader.read_to_string(&mut output).unwrap();
        child.wait().unwrap();
        child.outcome().unwrap();
        assert_eq!(output, "FROM A FILE");
    }
}

fn who_am_i(_: Arguments) -> EntryResult {
    let current = current().unwrap();
    returned(format!("{} {}", current.name(), current.is_daemon()).into_bytes())
}

#[test]
fn a_child_knows_its_name() {
    init_test("a_child_knows_its_name");
    let _watchdog = watch("a_child_knows_its_name");
    assert_eq!(current().map(Current::name), None);
    for method in METHODS {
        let command = Command::new().start_method(method);
        assert_eq!(
            run(command.name("egg").daemon(true), who_am_i, b""),
            "egg true"
        );
        let unnamed = Command::new().start_method(method);
        assert!(run(unnamed, who_am_i, b"").starts_with("Process-"));
    }
}

fn arguments_of_program(_: Arguments) -> EntryResult {
    let arguments: Vec<String> = std::env::args().collect();
    returned(arguments.join("\n").into_bytes())
}

#[test]
fn the_program_keeps_its_name() {
    init_test("the_program_keeps_its_name");
    let _watchdog = watch("the_program_keeps_its_name");
    for method in METHODS {
        let seen = run(
            Command::new().start_method(method),
            arguments_of_program,
            b"",
        );
        assert_eq!(
            seen.lines().next().map(str::to_owned),
            std::env::args().next()
        );
    }
}

fn allocate(arguments: Arguments) -> EntryResult {
    let size: usize = String::from_utf8_lossy(arguments.bytes()).parse().unwrap();
    let mut memory: Vec<u8> = Vec::new();
    let outcome = memory.try_reserve_exact(size);
    returned(if outcome.is_ok() {
        b"enough".to_vec()
    } else {
        b"too much".to_vec()
    })
}

fn use_too_much(_: Arguments) -> EntryResult {
    returned(vec![1; 1 << 30])
}

#[test]
fn memory_can_be_limited() {
    const SIGABRT: i32 = 6;
    init_test("memory_can_be_limited");
    let _watchdog = watch("memory_can_be_limited");
    for method in METHODS {
        let limited = || Command::new().start_method(method).memory_limit(256 << 20);
        assert_eq!(run(limited(), allocate, b"1000000"), "enough");
        assert_eq!(run(limited(), allocate, b"1000000000"), "too much");
        let unlimited = Command::new().start_method(method);
        assert_eq!(run(unlimited, allocate, b"1000000000"), "enough");
        let child = limited()
            .stderr(Stdio::Null)
            .start(use_too_much, b"", &[])
            .unwrap();
        child.wait().unwrap();
        let outcome = child.outcome();
        assert!(
            matches!(
                outcome,
                Err(ProcessError::Signaled {
                    signal: SIGABRT,
                    ..
                })
            ),
            "{outcome:?}"
        );
    }
}
