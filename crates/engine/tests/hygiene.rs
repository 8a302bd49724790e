//! No zombies and no descriptors are left behind. One test, because it counts what the whole
//! process has.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::io::Read;

use procession_arena::sys::process::Pidfd;
use procession_engine::{
    Arguments, Child, Command, EntryError, Returned, StartMethod, Stdio, init_test,
};
use watchdog::watch;

const METHODS: [StartMethod; 2] = [StartMethod::Spawn, StartMethod::ForkServer];
const MANY: usize = 20;

/// Says that it runs, and goes on until its input ends.
fn report_and_wait(_: Arguments) -> Result<Returned, EntryError> {
    println!("running");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    Ok(Returned::default())
}

fn return_at_once(_: Arguments) -> Result<Returned, EntryError> {
    Ok(Returned::default())
}

fn run_one(method: StartMethod) {
    let child = Command::new()
        .start_method(method)
        .start(return_at_once, b"", &[])
        .unwrap();
    child.wait().unwrap();
    child.outcome().unwrap();
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn zombies() -> usize {
    let own = format!(" {} ", std::process::id());
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|entry| std::fs::read(entry.path().join("stat")).ok());
    let stats = stats.map(|stat| String::from_utf8_lossy(&stat).into_owned());
    stats
        .filter(|stat| {
            stat.rsplit(')')
                .next()
                .is_some_and(|rest| rest.starts_with(&format!(" Z{own}")))
        })
        .count()
}

/// Starts children and waits until they run; their pipes are closed on this side.
fn start_running(method: StartMethod) -> (Vec<Child>, std::io::PipeWriter) {
    let (input, keep_running) = std::io::pipe().unwrap();
    let start = |_| {
        let input = input.try_clone().unwrap();
        let command = Command::new().start_method(method);
        let command = command
            .stdin(Stdio::Descriptor(input.into()))
            .stdout(Stdio::Piped);
        let child = command.start(report_and_wait, b"", &[]).unwrap();
        let mut word = [0; 7];
        child.take_stdout().unwrap().read_exact(&mut word).unwrap();
        child
    };
    ((0..MANY).map(start).collect(), keep_running)
}

#[test]
fn nothing_is_left_behind() {
    init_test("nothing_is_left_behind");
    let _watchdog = watch("nothing_is_left_behind");
    // What a process needs once: the arena, and its fork server.
    for method in METHODS {
        run_one(method);
    }
    let before = open_descriptors();

    for (method, descriptors_each) in METHODS.into_iter().zip([1, 2]) {
        let (children, keep_running) = start_running(method);
        run_one(method);
        // The pipe to their input is one more.
        assert_eq!(
            open_descriptors(),
            before + 1 + descriptors_each * MANY,
            "{method:?}"
        );
        drop(keep_running);
        for child in &children {
            child.wait().unwrap();
        }
        drop(children);
        assert_eq!(open_descriptors(), before, "{method:?}");
        assert_eq!(zombies(), 0, "{method:?}");
    }

    for method in METHODS {
        let (children, keep_running) = start_running(method);
        let processes: Vec<Pidfd> = children
            .iter()
            .map(|child| Pidfd::open(child.pid()).unwrap())
            .collect();
        drop(children);
        drop(keep_running);
        for process in processes {
            assert!(process.wait_exit(None).unwrap());
        }
        // A child of a fork server has been reaped by it; an own one is reaped by any wait.
        run_one(method);
        assert_eq!(zombies(), 0, "{method:?}");
        assert_eq!(open_descriptors(), before, "{method:?}");
    }
}
