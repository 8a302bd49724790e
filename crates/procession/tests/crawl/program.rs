//! The example while it runs.

use std::io;
use std::ops::{Deref, DerefMut};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use crate::examples::example;
use crate::tree::Tree;

/// A program that was started; killed when it is dropped, if it has not ended.
pub(crate) struct Program(Child);

impl Program {
    pub(crate) fn start(arguments: &[&str]) -> io::Result<Program> {
        let mut command = Command::new(example("crawl"));
        command.args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map(Program)
    }

    /// A worker host with one worker.
    pub(crate) fn host(url: &str) -> io::Result<Program> {
        let mut command = Command::new(example("crawl"));
        command.args(["--procession-worker", url, "--slots", "1"]);
        command.spawn().map(Program)
    }

    pub(crate) fn crawling(tree: &Tree, url: &str) -> io::Result<Program> {
        Program::start(&["--on", url, tree.text()])
    }

    /// Waits until something is so, which must be before this one has ended.
    pub(crate) fn until(&mut self, mut is_so: impl FnMut() -> bool) -> io::Result<()> {
        while !is_so() {
            assert!(self.try_wait()?.is_none(), "it has ended already");
            thread::yield_now();
        }
        Ok(())
    }

    /// What it has said when it has ended.
    pub(crate) fn output(mut self) -> io::Result<Output> {
        let (stdout, stderr) = (self.stdout.take(), self.stderr.take());
        // At the same time, since it waits for whichever is full.
        let errors = thread::spawn(move || stderr.map(io::read_to_string).transpose());
        let lines = stdout.map(io::read_to_string).transpose()?;
        let errors = errors.join().map_err(|_| io::Error::other("a panic"))??;
        Ok(Output {
            status: self.wait()?,
            stdout: lines.unwrap_or_default().into(),
            stderr: errors.unwrap_or_default().into(),
        })
    }
}

impl Deref for Program {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Program {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
