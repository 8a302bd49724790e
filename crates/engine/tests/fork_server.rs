//! The fork server: one for each process, replaceable, and gone when nobody needs it.
//!
//! Not run by the test harness, under which a process never has only one thread.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::io::Read;
use std::os::unix::process::parent_id;

use procession_arena::sys::process::Pidfd;
use procession_engine::{
    Arguments, Child, Command, EntryError, ProcessError, Returned, StartMethod, Stdio, init,
};
use watchdog::watch;

type EntryResult = Result<Returned, EntryError>;

fn who_made_me(_: Arguments) -> EntryResult {
    Ok(Returned {
        bytes: parent_id().to_le_bytes().to_vec(),
        handles: Vec::new(),
    })
}

/// Runs until its input ends; then returns, or exits if that is what came.
fn obey(_: Arguments) -> EntryResult {
    let mut order = String::new();
    std::io::stdin().read_to_string(&mut order).unwrap();
    match order.parse() {
        Ok(code) => std::process::exit(code),
        Err(_) => Ok(Returned {
            bytes: order.into_bytes(),
            handles: Vec::new(),
        }),
    }
}

fn start(entry: fn(Arguments) -> EntryResult) -> Child {
    let command = Command::new()
        .start_method(StartMethod::ForkServer)
        .stdin(Stdio::Piped);
    command.start(entry, b"", &[]).unwrap()
}

fn order(child: &Child, order: &str) {
    use std::io::Write;
    child
        .take_stdin()
        .unwrap()
        .write_all(order.as_bytes())
        .unwrap();
}

fn fork_server_pid() -> u32 {
    let child = start(who_made_me);
    child.wait().unwrap();
    u32::from_le_bytes(child.outcome().unwrap().as_slice().try_into().unwrap())
}

fn one_server_with_one_thread_makes_all_children() {
    let pid = fork_server_pid();
    assert_ne!(pid, std::process::id());
    assert_eq!(fork_server_pid(), pid);
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"))
        .unwrap()
        .count();
    assert_eq!(threads, 1);
}

fn children_survive_their_server_but_their_exit_codes_do_not() {
    let [returning, exiting, killed] = [start(obey), start(obey), start(obey)];
    let server = fork_server_pid();
    // An own child that nobody has waited for: the number is its own.
    let server_process = Pidfd::open(server).unwrap();
    server_process.kill().unwrap();
    assert!(server_process.wait_exit(None).unwrap());

    assert_ne!(fork_server_pid(), server);
    for child in [&returning, &exiting, &killed] {
        assert!(child.is_alive());
    }
    order(&returning, "well");
    order(&exiting, "3");
    killed.kill().unwrap();
    for child in [&returning, &exiting, &killed] {
        child.wait().unwrap();
        assert_eq!(child.exit_status(), None);
    }
    assert_eq!(*returning.outcome().unwrap(), b"well");
    for child in [&exiting, &killed] {
        let outcome = child.outcome();
        assert!(
            matches!(outcome, Err(ProcessError::StatusUnknown { .. })),
            "{outcome:?}"
        );
        assert!(outcome.unwrap_err().to_string().contains("fork server"));
    }
}

/// A server that was killed is a zombie until somebody looks; every start looks.
fn a_dead_server_leaves_no_zombie() {
    let server = fork_server_pid();
    let server_process = Pidfd::open(server).unwrap();
    server_process.kill().unwrap();
    assert!(server_process.wait_exit(None).unwrap());
    let child = Command::new().start(obey, b"", &[]);
    drop(child);
    assert!(server_process.reap().is_err(), "it has been reaped already");
}

fn main() {
    init();
    let _watchdog = watch("fork_server");
    one_server_with_one_thread_makes_all_children();
    children_survive_their_server_but_their_exit_codes_do_not();
    a_dead_server_leaves_no_zombie();
    println!("fork server ... ok");
}
