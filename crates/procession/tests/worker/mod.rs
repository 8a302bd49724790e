//! Killing the workers of an example.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;

use procession_arena::sys::process::Pidfd;

/// Waits until a worker of `program` has opened the file, or one in the directory, and kills it.
pub(crate) fn kill_the_worker_with(path: &Path, program: &Child) {
    while !killed_a_worker_with(path, program) {
        thread::yield_now();
    }
}

/// Kills a worker of `program` that has opened the file, or one in the directory, if there is such a worker.
pub(crate) fn killed_a_worker_with(path: &Path, program: &Child) -> bool {
    for pid in children(program.id()) {
        // The file is open in the process that the descriptor stands for, or in none: a process
        // that got the number since has not opened this file.
        if let Ok(worker) = Pidfd::open(pid)
            && has_open(pid, path)
            && worker.kill().is_ok()
        {
            while !worker.is_dead().unwrap_or(true) {
                thread::yield_now();
            }
            return true;
        }
    }
    false
}

/// Whether a worker of `program` has opened the file.
#[allow(dead_code, reason = "only the example with worker hosts asks")]
pub(crate) fn a_worker_has_open(path: &Path, program: &Child) -> bool {
    let mut workers = children(program.id()).into_iter();
    workers.any(|pid| has_open(pid, path))
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let pids = children.collect::<String>();
    pids.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

fn has_open(pid: u32, path: &Path) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let mut open = descriptors.filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
    open.any(|open: PathBuf| open.starts_with(path))
}
