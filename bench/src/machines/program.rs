//! Programs that a round starts for its workers.

use std::io::{BufRead, BufReader, Read, stdin};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

use anyhow::Error;

use crate::role;

/// This program once more, with other arguments; it ends with this value, or with this process, however that dies.
pub(super) struct Program(Child);

impl Program {
    pub(super) fn start(arguments: &[&str]) -> Result<Program, Error> {
        let guard = role::command("guard", arguments)
            .stdin(Stdio::piped())
            .spawn()?;
        Ok(Program(guard))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Whatever fails here, nothing depends on it any more.
        let _ = self.0.wait();
    }
}

/// The part of who starts the program, and kills it when nobody holds the other end of standard input any more.
pub(crate) fn guard(arguments: &[&str]) -> Result<(), Error> {
    let mut program = Command::new("/proc/self/exe")
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(said) = program.stderr.take() {
        thread::spawn(move || pass_complaints_on(said));
    }
    stdin().read_to_end(&mut Vec::new())?;
    program.kill()?;
    program.wait()?;
    Ok(())
}

/// Hosts tell also what is as it should be.
fn pass_complaints_on(said: ChildStderr) {
    BufReader::new(said)
        .lines()
        .map_while(Result::ok)
        .filter(|line| !line.contains(": INFO: "))
        .for_each(|line| eprintln!("{line}"));
}
