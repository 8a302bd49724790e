//! A timeline of what the workers do, in the format that Perfetto and `chrome://tracing` open.
//!
//! The format is [Trace Event Format](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU),
//! its array form, in which each event is a line.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process;

use super::job::Outcome;
use super::state::State;
use super::task::Task;

/// A file that gets an event for each task.
#[derive(Debug)]
pub(super) struct Trace {
    file: BufWriter<File>,
    is_first: bool,
    /// A write has failed: nothing more is written.
    is_broken: bool,
}

/// What a worker did, on the clock of all processes.
pub(super) struct Span<'a> {
    pub(super) name: &'a str,
    pub(super) pid: u32,
    pub(super) started: u64,
    /// Nanoseconds.
    pub(super) duration: u64,
}

impl Trace {
    pub(super) fn create(path: &Path) -> io::Result<Trace> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(b"[")?;
        Ok(Trace {
            file,
            is_first: true,
            is_broken: false,
        })
    }

    /// Tells the name of a worker.
    pub(super) fn name_worker(&mut self, pid: u32, name: &str) {
        let (owner, name) = (process::id(), escaped(name));
        self.write(format_args!(
            r#"{{"ph":"M","name":"thread_name","pid":{owner},"tid":{pid},"args":{{"name":"{name}"}}}}"#
        ));
    }

    /// Tells of a task and what came of it.
    pub(super) fn write_task(&mut self, span: &Span<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Ok(produced) => format!("{} bytes", produced.bytes().len()),
            Err(error) => error.to_string(),
        };
        self.write_span("task", span, &escaped(&outcome));
    }

    /// Tells of the time from a worker's start until it was ready.
    pub(super) fn write_start(&mut self, span: &Span<'_>) {
        self.write_span("start", span, "ready");
    }

    fn write_span(&mut self, category: &str, span: &Span<'_>, outcome: &str) {
        let owner = process::id();
        let (name, tid) = (escaped(span.name), span.pid);
        let (start, duration) = (microseconds(span.started), microseconds(span.duration));
        self.write(format_args!(
            r#"{{"ph":"X","name":"{name}","cat":"{category}","pid":{owner},"tid":{tid},"ts":{start},"dur":{duration},"args":{{"outcome":"{outcome}"}}}}"#
        ));
    }

    fn write(&mut self, event: std::fmt::Arguments<'_>) {
        if self.is_broken {
            return;
        }
        let separator = if std::mem::take(&mut self.is_first) {
            "\n"
        } else {
            ",\n"
        };
        if let Err(error) = self.file.write_fmt(format_args!("{separator}{event}")) {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &io::Error) {
        self.is_broken = true;
        tracing::error!(%error, "the trace of a pool cannot be written any further");
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if !self.is_broken
            && let Err(error) = self
                .file
                .write_all(b"\n]\n")
                .and_then(|()| self.file.flush())
        {
            self.fail(&error);
        }
    }
}

impl State {
    /// Tells the trace, if there is one, of a task and what came of it.
    pub(super) fn trace_task(
        &mut self,
        task: &Task,
        pid: u32,
        started: u64,
        duration: u64,
        outcome: &Outcome,
    ) {
        if let Some(trace) = &mut self.trace {
            let span = Span {
                name: &task.job.label,
                pid,
                started,
                duration,
            };
            trace.write_task(&span, outcome);
        }
    }

    /// Tells it of a worker that has become ready.
    pub(super) fn trace_start(&mut self, seat: usize) {
        let worker = self.seats.get(seat).and_then(|seat| seat.worker.as_ref());
        if let (Some(trace), Some(worker)) = (&mut self.trace, worker)
            && let Some(ready) = worker.ready
        {
            let span = Span {
                name: "start",
                pid: worker.child.pid(),
                started: worker.started,
                duration: ready.saturating_sub(worker.started),
            };
            trace.name_worker(span.pid, worker.child.name());
            trace.write_start(&span);
        }
    }
}

/// The format's unit of time, to the nanosecond.
fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}

/// Text as it stands between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            control if u32::from(control) < 0x20 => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(control)))
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_json_wants_it() {
        assert_eq!(escaped("a \"b\"\n\\ü"), "a \\\"b\\\"\\u000a\\\\ü");
    }

    #[test]
    fn times_are_exact_to_the_nanosecond() {
        assert_eq!(microseconds(1_234_567), "1234.567");
        assert_eq!(microseconds(7), "0.007");
    }
}
