//! What becomes of children when their parent ends, killed or in good order.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::parent_id;
use std::process::{Command as Program, id};
use std::thread;

use procession_arena::sys::process::Pidfd;
use procession_engine::{
    Arguments, Child, Command, EntryError, Returned, StartMethod, Stdio, init_test,
};
use watchdog::watch;

const METHODS: [StartMethod; 2] = [StartMethod::Spawn, StartMethod::ForkServer];

type EntryResult = Result<Returned, EntryError>;

/// Tells the parent who it is and who made it.
fn announce() {
    eprintln!("{} {}", id(), parent_id());
}

/// Never ends by itself.
fn daemon(_: Arguments) -> EntryResult {
    announce();
    loop {
        thread::park();
    }
}

/// Ends when its input ends; repeats what came.
fn worker(_: Arguments) -> EntryResult {
    announce();
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    print!("{text}");
    Ok(Returned::default())
}

/// Starts a daemon and a worker, and passes on what they announce when they run.
fn start_family(arguments: &Arguments) -> (Child, Child) {
    let method = METHODS[usize::from(arguments.bytes()[0])];
    let start = |entry, daemon| {
        let command = Command::new()
            .start_method(method)
            .daemon(daemon)
            .stderr(Stdio::Piped);
        let child = command.start(entry, b"", &[]).unwrap();
        let mut line = String::new();
        BufReader::new(child.take_stderr().unwrap())
            .read_line(&mut line)
            .unwrap();
        print!("{line}");
        child
    };
    (start(daemon, true), start(worker, false))
}

/// A parent that goes on until it is killed.
fn endless_parent(arguments: Arguments) -> EntryResult {
    let _family = start_family(&arguments);
    loop {
        thread::park();
    }
}

/// A parent that ends while its children run.
fn hasty_parent(arguments: Arguments) -> EntryResult {
    start_family(&arguments);
    Ok(Returned::default())
}

struct Member {
    pid: u32,
    made_by: u32,
}

struct Family {
    parent: Child,
    daemon: Member,
    worker: Member,
    output: BufReader<std::process::ChildStdout>,
}

fn meet(parent: fn(Arguments) -> EntryResult, method: usize) -> Family {
    let command = Command::new().stdin(Stdio::Piped).stdout(Stdio::Piped);
    let parent = command
        .start(parent, [u8::try_from(method).unwrap()], &[])
        .unwrap();
    let mut output = BufReader::new(parent.take_stdout().unwrap());
    let mut next = || {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let (pid, parent) = line.trim_end().split_once(' ').unwrap();
        Member {
            pid: pid.parse().unwrap(),
            made_by: parent.parse().unwrap(),
        }
    };
    let (daemon, worker) = (next(), next());
    Family {
        parent,
        daemon,
        worker,
        output,
    }
}

#[test]
fn when_the_parent_is_killed_daemons_end_and_others_go_on() {
    init_test("when_the_parent_is_killed_daemons_end_and_others_go_on");
    let _watchdog = watch("when_the_parent_is_killed_daemons_end_and_others_go_on");
    for method in 0..METHODS.len() {
        let mut family = meet(endless_parent, method);
        // All of them live until this test lets them end, so the numbers are still their own.
        let [daemon, worker] =
            [&family.daemon, &family.worker].map(|it| Pidfd::open(it.pid).unwrap());
        // With the start method `Spawn` this is the parent itself.
        let maker = Pidfd::open(family.worker.made_by).unwrap();
        family.parent.kill().unwrap();
        family.parent.wait().unwrap();
        assert!(daemon.wait_exit(None).unwrap());
        assert!(maker.wait_exit(None).unwrap());
        // The worker lives: it still answers.
        family
            .parent
            .take_stdin()
            .unwrap()
            .write_all(b"still here")
            .unwrap();
        let mut answer = String::new();
        family.output.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "still here");
        assert!(worker.wait_exit(None).unwrap());
    }
}

#[test]
fn at_exit_daemons_are_ended_and_others_are_waited_for() {
    init_test("at_exit_daemons_are_ended_and_others_are_waited_for");
    let _watchdog = watch("at_exit_daemons_are_ended_and_others_are_waited_for");
    for method in 0..METHODS.len() {
        let mut family = meet(hasty_parent, method);
        // The worker keeps the parent, and its maker, from ending.
        let [worker, maker] =
            [family.worker.pid, family.worker.made_by].map(|pid| Pidfd::open(pid).unwrap());
        wait_until_gone(family.daemon.pid);
        assert!(family.parent.is_alive() && !worker.is_dead().unwrap());
        drop(family.parent.take_stdin());
        family.parent.wait().unwrap();
        family.parent.outcome().unwrap();
        assert!(worker.is_dead().unwrap() && maker.is_dead().unwrap());
        family.output.read_to_string(&mut String::new()).unwrap();
    }
}

/// Waits for the end of a process that may have ended, and been reaped, already.
fn wait_until_gone(pid: u32) {
    if let Ok(process) = Pidfd::open(pid) {
        assert!(process.wait_exit(None).unwrap());
    }
}

/// Stops itself, so that it does not act on `SIGTERM`.
fn stubborn_daemon(_: Arguments) -> EntryResult {
    let stop = ["-c", "kill -STOP $PPID"];
    let null = std::process::Stdio::null();
    Program::new("/bin/sh")
        .args(stop)
        .stdin(null)
        .status()
        .unwrap();
    // Its threads do not stop all at once: this one may get here.
    loop {
        thread::park();
    }
}

fn is_stopped(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(')')
        .next()
        .unwrap()
        .trim_start()
        .starts_with('T')
}

fn parent_of_stubborn_daemon(arguments: Arguments) -> EntryResult {
    let method = METHODS[usize::from(arguments.bytes()[0])];
    let command = Command::new().start_method(method).daemon(true);
    let daemon = command.start(stubborn_daemon, b"", &[]).unwrap();
    while !is_stopped(daemon.pid()) {
        assert!(
            daemon.is_alive(),
            "{:?}",
            daemon.wait().and_then(|()| daemon.outcome())
        );
        thread::yield_now();
    }
    Ok(Returned {
        bytes: daemon.pid().to_le_bytes().to_vec(),
        handles: Vec::new(),
    })
}

#[test]
fn a_daemon_that_does_not_listen_is_killed_at_exit() {
    init_test("a_daemon_that_does_not_listen_is_killed_at_exit");
    let _watchdog = watch("a_daemon_that_does_not_listen_is_killed_at_exit");
    for method in 0..METHODS.len() {
        let bytes = [u8::try_from(method).unwrap()];
        let parent = Command::new()
            .start(parent_of_stubborn_daemon, bytes, &[])
            .unwrap();
        parent.wait().unwrap();
        let pid = u32::from_le_bytes(parent.outcome().unwrap().as_slice().try_into().unwrap());
        // Reaped by its parent, so the number may be anybody's; but nobody's who is stopped.
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists() || !is_stopped(pid));
    }
}
