//! What everybody can write by hand: worker processes with a pipe each way, and a thread of this process for each
//! of them, which takes the next few tasks when the last ones have come back.

use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, Error, anyhow, ensure};

use super::Workers;
use super::work::{self, Work};
use crate::pipe::{FrameReader, FrameWriter, input, output};
use crate::role;

struct Pipes {
    work: Work,
    workers: Vec<Worker>,
}

struct Worker {
    process: Child,
    /// `None` once it is told to end.
    tasks: Option<FrameWriter<ChildStdin>>,
    results: FrameReader<ChildStdout>,
}

pub(super) fn start(workers: usize, work: Work) -> Result<Box<dyn Workers>, Error> {
    let workers = (0..workers)
        .map(|_| Worker::start(work))
        .collect::<Result<_, _>>()?;
    Ok(Box::new(Pipes { work, workers }))
}

impl Workers for Pipes {
    fn one(&mut self, number: u64) -> Result<u64, Error> {
        let worker = self.workers.first_mut().context("no worker")?;
        worker.portion(self.work, number..number + 1)
    }

    fn all(&mut self, count: u64) -> Result<u64, Error> {
        let (work, next) = (self.work, &AtomicU64::new(0));
        thread::scope(|scope| {
            let threads: Vec<_> = self
                .workers
                .iter_mut()
                .map(|worker| scope.spawn(move || worker.serve(work, next, count)))
                .collect();
            threads.into_iter().try_fold(0, |sum: u64, thread| {
                let part = thread.join().map_err(|_| anyhow!("a thread panicked"))??;
                Ok(sum.wrapping_add(part))
            })
        })
    }
}

/// Tasks that are sent before their results are read. Those of unknown length go one by one, so that none waits behind
/// a long one; so do large ones, since both sides would be writing.
fn portion(work: Work) -> u64 {
    match work {
        Work::Tiny => 256,
        Work::Skewed | Work::LargeArgument | Work::LargeResult => 1,
    }
}

impl Worker {
    fn start(work: Work) -> Result<Worker, Error> {
        let mut process = role::command("pool-worker", &[&work.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let tasks = process.stdin.take().context("no stdin")?;
        let results = process.stdout.take().context("no stdout")?;
        Ok(Worker {
            process,
            tasks: Some(FrameWriter::new(tasks)),
            results: FrameReader::new(results),
        })
    }

    fn serve(&mut self, work: Work, next: &AtomicU64, count: u64) -> Result<u64, Error> {
        let mut sum = 0_u64;
        loop {
            let first = next.fetch_add(portion(work), Ordering::Relaxed).min(count);
            let end = count.min(first + portion(work));
            if first == end {
                return Ok(sum);
            }
            sum = sum.wrapping_add(self.portion(work, first..end)?);
        }
    }

    fn portion(&mut self, work: Work, numbers: std::ops::Range<u64>) -> Result<u64, Error> {
        let tasks = self.tasks.as_mut().context("the worker has ended")?;
        for number in numbers.clone() {
            match work {
                Work::LargeArgument => tasks.put_bytes(&work::large(number))?,
                Work::Tiny | Work::Skewed | Work::LargeResult => tasks.put(&number)?,
            }
        }
        tasks.flush()?;
        let mut sum = 0_u64;
        for _ in numbers {
            let number = match work {
                Work::LargeResult => work::number_of(self.bytes()?),
                Work::Tiny | Work::Skewed | Work::LargeArgument => {
                    self.results.require("result")?
                }
            };
            sum = sum.wrapping_add(number);
        }
        Ok(sum)
    }

    fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        let bytes = self.results.get_bytes()?;
        Ok(bytes.context("the worker has ended")?.to_vec())
    }

    fn end(&mut self) -> Result<(), Error> {
        self.tasks = None;
        let status = self.process.wait()?;
        ensure!(status.success(), "a worker ended with {status}");
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Err(failure) = self.end() {
            eprintln!("bench: {failure:#}");
        }
    }
}

/// The part of a worker.
pub(crate) fn worker(work: Work) -> Result<(), Error> {
    let (mut tasks, mut results) = (input()?, output()?);
    loop {
        match work {
            Work::LargeArgument => match tasks.get_bytes()? {
                Some(message) => results.put(&work::number_of(message.to_vec()))?,
                None => return Ok(()),
            },
            Work::LargeResult => match tasks.get()? {
                Some(number) => results.put_bytes(&work::large(number))?,
                None => return Ok(()),
            },
            Work::Tiny | Work::Skewed => match tasks.get()? {
                Some(number) if work == Work::Tiny => results.put(&work::tiny(number))?,
                Some(number) => results.put(&work::skewed(number))?,
                None => return Ok(()),
            },
        }
        if tasks.has_read_all() {
            results.flush()?;
        }
    }
}
