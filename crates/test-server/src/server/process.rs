//! The process of a server.

use std::fs;

use crate::watcher::Watcher;

#[derive(Debug)]
pub(super) struct Process {
    pub(super) watcher: Watcher,
    pub(super) id: u32,
    pub(super) state: State,
    /// The length of the log when this process was started, in bytes.
    pub(super) log_before: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Paused,
    Killed,
}

/// Whether a process is gone, or dead and not yet waited for.
pub(super) fn has_ended(id: &str) -> bool {
    matches!(kernel_state(id), None | Some('Z' | 'X'))
}

/// The letter that stands for the state of a process in `/proc`.
pub(super) fn kernel_state(id: &str) -> Option<char> {
    let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // It follows the name, which stands in parentheses.
    let (_, rest) = line.rsplit_once(") ")?;
    rest.chars().next()
}
