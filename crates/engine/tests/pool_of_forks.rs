//! A pool whose workers are started by the program itself, by a bare `fork`, as an interpreter does it.
//!
//! Not run by the test harness: as few threads as possible may run when a process is copied.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use procession_arena::sys::fork::{Forked, fork};
use procession_arena::sys::process::{Pidfd, wait_for_child};
use procession_engine::host::Answer;
use procession_engine::pool::{
    Item, Job, JobSettings, NamedWork, Order, Outcome, Pool, PoolConfig, StartWorker, TaskOptions,
    WorkerProcess, serve_as_worker,
};
use procession_engine::{EntryError, PoolError, ProcessError, init_library};
use watchdog::watch;

#[derive(Debug)]
struct Copy {
    pid: u32,
    pidfd: Pidfd,
}

impl WorkerProcess for Copy {
    fn pid(&self) -> u32 {
        self.pid
    }

    fn name(&self) -> &str {
        "copy"
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    fn kill(&self) -> Result<(), ProcessError> {
        self.pidfd.kill().unwrap();
        Ok(())
    }

    fn ending(&self) -> Result<(), ProcessError> {
        let status = wait_for_child(self.pid).unwrap().unwrap();
        match (status.code(), status.signal()) {
            (Some(0), _) => Ok(()),
            (Some(code), _) => Err(ProcessError::Exited { code }),
            (None, signal) => Err(ProcessError::Signaled {
                signal: signal.unwrap(),
                core_dumped: false,
            }),
        }
    }
}

#[derive(Debug, Default)]
struct Copier {
    /// Why each worker is to refuse its work.
    refusal: Option<&'static str>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl StartWorker for Copier {
    fn start(&self, appointment: Vec<u8>) -> Result<Arc<dyn WorkerProcess>, String> {
        // SAFETY: the pool's other threads hold nothing but what is the pool's, which a copy does not touch; the watchdog
        // sleeps.
        match unsafe { fork() }.unwrap() {
            Forked::Child => {
                let prepare = || {
                    self.refusal
                        .map_or(Ok(()), |refusal| Err(refusal.to_owned()))
                };
                let is_well = serve_as_worker(appointment, prepare).unwrap();
                std::process::exit(if is_well { 0 } else { 3 })
            }
            Forked::Parent { child } => Ok(Arc::new(Copy {
                pid: child,
                pidfd: Pidfd::open(child).unwrap(),
            })),
        }
    }

    fn spawn(&self, supervise: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        self.threads.lock().unwrap().push(thread::spawn(supervise));
        Ok(())
    }
}

/// Answers with the sum of its arguments, and its process's number.
fn sum(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError> {
    let bytes = std::mem::take(bytes);
    let sum: u32 = bytes.into_iter().map(u32::from).sum();
    answer(
        [sum, std::process::id()].map(u32::to_le_bytes).concat(),
        &[],
    );
    Ok(())
}

fn end(_: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
    std::process::exit(7)
}

fn park(_: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
    loop {
        thread::park();
    }
}

static SUM: NamedWork = NamedWork::new(sum);
static END: NamedWork = NamedWork::new(end);
static PARK: NamedWork = NamedWork::new(park);

fn submit(pool: &Pool, work: &'static NamedWork, bytes: &[u8], retries: u32) -> Job {
    let settings = JobSettings {
        label: "task".into(),
        options: TaskOptions {
            retries,
            ..TaskOptions::default()
        },
        order: Order::AsSubmitted,
        callback: None,
        attended: false,
    };
    let job = pool.job(work, settings).unwrap();
    job.push(Item::new(bytes.to_vec(), &[]).unwrap()).unwrap();
    job.seal();
    job
}

fn run(pool: &Pool, work: &'static NamedWork, bytes: &[u8]) -> Result<(u32, u32), PoolError> {
    let (_, outcome): (_, Outcome) = submit(pool, work, bytes, 0).next(None)?.unwrap();
    let produced = outcome?;
    let (sum, pid) = produced.bytes().split_at(4);
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    Ok((number(sum), number(pid)))
}

fn pool(copier: &Arc<Copier>) -> Pool {
    let starter = Arc::clone(copier);
    Pool::new(PoolConfig {
        workers: 1,
        starter: Some(starter),
        max_tasks_per_worker: 3.try_into().ok(),
        ..PoolConfig::default()
    })
    .unwrap()
}

fn works_and_replaces_workers() {
    let copier = Arc::new(Copier::default());
    let pool = pool(&copier);
    let mut pids: Vec<u32> = (0..6u8)
        .map(|number| {
            let (sum, pid) = run(&pool, &SUM, &[number, 10]).unwrap();
            assert_eq!(sum, u32::from(number) + 10);
            pid
        })
        .collect();
    assert!(!pids.contains(&std::process::id()));
    pids.dedup();
    assert_eq!(pids.len(), 2, "a worker ends after three tasks");
    let lost = run(&pool, &END, b"");
    let Err(PoolError::WorkerLost { cause, .. }) = lost else {
        panic!("{lost:?}");
    };
    assert!(matches!(*cause, ProcessError::Exited { code: 7 }));
    assert_eq!(run(&pool, &SUM, b"").unwrap().0, 0);
    pool.close();
    pool.join(None).unwrap();
    for thread in copier.threads.lock().unwrap().drain(..) {
        thread.join().unwrap();
    }
}

fn gives_up_if_no_worker_can_be_prepared() {
    let copier = Arc::new(Copier {
        refusal: Some("out of order"),
        ..Copier::default()
    });
    let broken = run(&pool(&copier), &SUM, b"");
    let Err(PoolError::Broken { reason, .. }) = broken else {
        panic!("{broken:?}");
    };
    assert!(reason.contains("out of order"), "{reason}");
}

fn terminates() {
    let copier = Arc::new(Copier::default());
    let pool = pool(&copier);
    let job = submit(&pool, &PARK, b"", 0);
    pool.terminate();
    pool.join(None).unwrap();
    assert!(matches!(
        job.next(None).unwrap().unwrap().1,
        Err(PoolError::Terminated)
    ));
}

/// The owner of a pool is killed: its worker, which waits for the next task, ends with it.
fn ends_with_its_owner() {
    let (mut reading, mut writing) = io::pipe().unwrap();
    // SAFETY: the pools of the other cases have ended, and their threads with them.
    match unsafe { fork() }.unwrap() {
        Forked::Child => {
            drop(reading);
            let pool = pool(&Arc::new(Copier::default()));
            run(&pool, &SUM, b"").unwrap();
            io::Write::write_all(&mut writing, b"x").unwrap();
            loop {
                thread::park();
            }
        }
        Forked::Parent { child } => {
            drop(writing);
            io::Read::read_exact(&mut reading, &mut [0]).unwrap();
            Pidfd::open(child).unwrap().kill().unwrap();
            wait_for_child(child).unwrap();
            // The worker is the last to hold the other end.
            assert_eq!(io::Read::read(&mut reading, &mut [0]).unwrap(), 0);
        }
    }
}

fn main() {
    init_library();
    ends_with_its_owner();
    let _watchdog = watch("a pool of forks");
    works_and_replaces_workers();
    gives_up_if_no_worker_can_be_prepared();
    terminates();
    println!("a pool whose workers are copies of the program ... ok");
}
