//! What tasks write to their standard output and standard error, kept apart by task.

use std::io::{self, Write};

use procession_arena::sys::fork::Standard;
use procession_arena::sys::output_file::OutputFile;

use crate::launch::{Command, Stdio};

/// What a task has written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskOutput {
    /// To its standard output.
    pub stdout: Vec<u8>,
    /// To its standard error.
    pub stderr: Vec<u8>,
}

impl TaskOutput {
    pub(super) fn is_empty(&self) -> bool {
        self.stdout.is_empty() && self.stderr.is_empty()
    }

    /// Both in one, and where the second begins.
    pub(super) fn join(mut self) -> (Vec<u8>, u64) {
        let boundary = self.stdout.len() as u64;
        self.stdout.append(&mut self.stderr);
        (self.stdout, boundary)
    }

    pub(super) fn split(mut bytes: Vec<u8>, boundary: u64) -> TaskOutput {
        let boundary = usize::try_from(boundary)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let stderr = bytes.split_off(boundary);
        TaskOutput {
            stdout: bytes,
            stderr,
        }
    }

    /// Writes it to where it would have gone.
    pub(super) fn pass_on(&self) {
        // Nobody could be told that standard output is gone.
        let _ = io::stdout().write_all(&self.stdout);
        let _ = io::stderr().write_all(&self.stderr);
    }
}

/// The files to which a worker's standard streams lead.
///
/// # If a process dies
///
/// What the worker had written by then is still in them; the owner takes it.
#[derive(Debug)]
pub(super) struct Capture {
    stdout: OutputFile,
    stderr: OutputFile,
}

impl Capture {
    /// The owner's side.
    pub(super) fn new() -> io::Result<Capture> {
        Ok(Capture {
            stdout: OutputFile::new()?,
            stderr: OutputFile::new()?,
        })
    }

    /// The worker's side.
    pub(super) fn of_this_process() -> io::Result<Capture> {
        Ok(Capture {
            stdout: OutputFile::of_standard(Standard::Output)?,
            stderr: OutputFile::of_standard(Standard::Error)?,
        })
    }

    /// Leads the streams of a process to be started here.
    pub(super) fn lead(&self, command: Command) -> io::Result<Command> {
        let stdout = Stdio::Descriptor(self.stdout.descriptor()?);
        let stderr = Stdio::Descriptor(self.stderr.descriptor()?);
        Ok(command.stdout(stdout).stderr(stderr))
    }

    /// Takes what was written since the last time. What cannot be read is left out.
    pub(super) fn take(&self) -> TaskOutput {
        let take = |file: &OutputFile| {
            file.take().unwrap_or_else(|error| {
                tracing::warn!(%error, "the captured output of a task cannot be read");
                Vec::new()
            })
        };
        TaskOutput {
            stdout: take(&self.stdout),
            stderr: take(&self.stderr),
        }
    }

    /// As [`take`](Self::take), with what this process has written and not sent off.
    pub(super) fn flush_and_take(&self) -> TaskOutput {
        // Standard error is never held back.
        let _ = io::stdout().flush();
        self.take()
    }
}
