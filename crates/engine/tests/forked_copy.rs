//! A process that copies itself by a bare `fork`, as Python's `os.fork` does.
//!
//! Not run by the test harness: only a process with one thread may be copied.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::io::Read;

use procession_arena::Error;
use procession_arena::sys::fork::{Forked, fork};
use procession_arena::sys::process::wait_for_child;
use procession_engine::{
    Arguments, Child, Command, EntryError, ProcessError, Returned, StartMethod, Stdio, init,
    with_participant,
};
use watchdog::watch;

fn read_input(_: Arguments) -> Result<Returned, EntryError> {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    Ok(Returned::default())
}

fn process_slot() -> u16 {
    with_participant(|me| Ok::<u16, Error>(me.process().index)).unwrap()
}

/// What the copy does; it ends by `exit`, where it must leave its original's children alone.
fn live_as_copy(children: &[Child], original: u16) -> ! {
    for child in children {
        assert!(matches!(child.wait(), Err(ProcessError::NotOwnChild)));
        assert!(matches!(child.outcome(), Err(ProcessError::NotOwnChild)));
    }
    assert_ne!(process_slot(), original);
    for method in [StartMethod::Spawn, StartMethod::ForkServer] {
        let own = Command::new().start_method(method).stdin(Stdio::Null);
        let own = own.start(read_input, b"", &[]).unwrap();
        own.wait().unwrap();
        own.outcome().unwrap();
    }
    std::process::exit(0)
}

fn main() {
    init();
    let methods = [StartMethod::Spawn, StartMethod::ForkServer];
    let children = methods.map(|method| {
        let command = Command::new()
            .start_method(method)
            .stdin(Stdio::Piped)
            .daemon(true);
        command.start(read_input, b"", &[]).unwrap()
    });
    let slot = process_slot();
    // SAFETY: this process has no second thread yet; the watchdog starts below.
    let copy = match unsafe { fork() }.unwrap() {
        Forked::Child => live_as_copy(&children, slot),
        Forked::Parent { child } => child,
    };
    let _watchdog = watch("forked_copy");
    // It holds copies of the pipes to the children's input, so it ends before they do.
    let status = wait_for_child(copy).unwrap().unwrap();
    assert!(status.success(), "{status}");
    for child in children {
        assert!(child.is_alive());
        drop(child.take_stdin());
        child.wait().unwrap();
        child.outcome().unwrap();
    }
    assert_eq!(process_slot(), slot);
    println!("a forked copy leaves its original's children alone ... ok");
}
