//! The shell between a test and its server.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Reads the orders of this module, and ends the server when they end.
const SCRIPT: &str = include_str!("watcher.sh");

/// The server's parent, which outlives the test for as long as it takes to clean up.
///
/// A signal on the parent's death will not do: it comes when the *thread* ends that started the server, and
/// it takes code between fork and exec. The end of a pipe comes exactly when the last process is gone that
/// could have given an order.
#[derive(Debug)]
pub(crate) struct Watcher {
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Watcher {
    /// Starts the shell alone; from here on the directory is removed in the end.
    pub(crate) fn begin(
        executable: &Path,
        directory: &Path,
        arguments: &[&str],
    ) -> io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "procession-test-server"])
            .arg(executable)
            .arg(directory)
            .args(arguments)
            // What a terminal sends to the test, Ctrl-C above all, must not end the one who cleans up.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let orders = shell.stdin.take();
        let answers = shell.stdout.take().ok_or_else(without_pipe)?;
        Ok(Self {
            shell,
            orders,
            answers: BufReader::new(answers),
        })
    }

    /// Starts the server, and returns its process id.
    pub(crate) fn start(&mut self) -> io::Result<u32> {
        let answer = self.order("start")?;
        answer
            .trim()
            .parse()
            .map_err(|_| io::Error::other(format!("no process id: {answer:?}")))
    }

    /// Kills the server, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.order("KILL").map(drop)
    }

    pub(crate) fn pause(&mut self) -> io::Result<()> {
        self.order("STOP").map(drop)
    }

    pub(crate) fn resume(&mut self) -> io::Result<()> {
        self.order("CONT").map(drop)
    }

    fn order(&mut self, order: &str) -> io::Result<String> {
        let orders = self.orders.as_mut().ok_or_else(without_pipe)?;
        orders.write_all(format!("{order}\n").as_bytes())?;
        let mut answer = String::new();
        match self.answers.read_line(&mut answer)? {
            0 => Err(io::Error::other("the shell that watches the server died")),
            _ => Ok(answer),
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.orders = None;
        // The server and its directory are gone when the shell is. If it cannot be waited for, nothing is to be done.
        let _ = self.shell.wait();
    }
}

fn without_pipe() -> io::Error {
    io::Error::other("the shell that watches the server has no pipe")
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::{env, fs, process};

    /// The test is killed after it has given an order, and before it has read the answer.
    #[test]
    fn an_answer_that_nobody_reads_does_not_end_the_watcher() {
        let directory = env::temp_dir().join(format!("procession-watcher-{}", process::id()));
        fs::create_dir(&directory).unwrap();
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "procession-test-server", "true"])
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        drop(shell.stdout.take());
        let mut orders = shell.stdin.take().unwrap();
        orders.write_all(b"start\n").unwrap();
        drop(orders);
        shell.wait().unwrap();
        assert!(!directory.exists());
    }
}
