//! Several processes, or threads, that do the same at the same time.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Error, anyhow, ensure};
use procession::{Function, Process, Queue, QueueError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::crew::share;

/// Somebody's part: which one, of how many, and how much of the work is his.
#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(super) struct Part {
    pub(super) number: u64,
    pub(super) first: u64,
    pub(super) end: u64,
}

/// The parts of `count` for so many.
fn parts(count: u64, crowd: u64) -> impl Iterator<Item = Part> {
    (0..crowd).map(move |number| {
        let share = share(count, number, crowd);
        Part {
            number,
            first: share.start,
            end: share.end,
        }
    })
}

/// What members tell and are told.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Signals {
    ready: Queue<()>,
    go: Queue<()>,
    finished: Queue<Result<(), String>>,
    over: Queue<()>,
}

impl Signals {
    /// Says that this member is ready, and waits until all are.
    pub(super) fn start(&self) -> Result<(), QueueError> {
        self.ready.put(&())?;
        self.go.get()
    }

    /// Whether those who work have finished: for those who only disturb them.
    pub(super) fn are_over(&self) -> Result<bool, QueueError> {
        self.over.is_closed()
    }

    fn finish(&self, outcome: Result<(), Error>) -> Result<(), QueueError> {
        let outcome = outcome.map_err(|failure| format!("{failure:#}"));
        self.finished.put(&outcome)
    }
}

/// Runs a member's part, in its own process.
pub(super) fn take_part(
    signals: &Signals,
    work: impl FnOnce() -> Result<(), Error>,
) -> Result<(), QueueError> {
    signals.start()?;
    signals.finish(work())
}

/// Has `count` done by `workers` processes, while `disturbers` others are about as well; the time from the
/// start of the first to the end of the last.
pub(super) fn processes<A, W, D>(
    count: u64,
    (workers, work): (u64, W),
    (disturbers, disturb): (u64, D),
    address: &A,
) -> Result<Duration, Error>
where
    A: Clone + Serialize + DeserializeOwned,
    W: Function<(A, Part, Signals), Result<(), QueueError>>,
    D: Function<(A, Part, Signals), Result<(), QueueError>>,
{
    let signals = Signals {
        ready: Queue::new()?,
        go: Queue::new()?,
        finished: Queue::new()?,
        over: Queue::new()?,
    };
    let start = |name| Process::builder().name(name).daemon(true);
    let mut members = Vec::new();
    for part in parts(count, workers) {
        let arguments = (address.clone(), part, signals.clone());
        members.push(start("worker").spawn(work, arguments)?);
    }
    for part in parts(0, disturbers) {
        let arguments = (address.clone(), part, signals.clone());
        members.push(start("disturber").spawn(disturb, arguments)?);
    }
    (0..members.len()).try_for_each(|_| await_from(&signals.ready, &members))?;
    let begin = Instant::now();
    (0..members.len()).try_for_each(|_| signals.go.put(&()))?;
    for _ in 0..workers {
        await_from(&signals.finished, &members)?.map_err(|reason| anyhow!(reason))?;
    }
    let elapsed = begin.elapsed();
    signals.over.close()?;
    for member in &members {
        member.join()??;
    }
    Ok(elapsed)
}

/// What one of `members` says next, unless one of them failed instead.
fn await_from<T: DeserializeOwned + 'static>(
    queue: &Queue<T>,
    members: &[Process<Result<(), QueueError>>],
) -> Result<T, Error> {
    loop {
        match queue.get_timeout(Duration::from_secs(1)) {
            Err(QueueError::TimedOut) => {
                for member in members.iter().filter(|member| !member.is_alive()) {
                    member.join()??;
                }
            }
            got => return Ok(got?),
        }
    }
}

/// The same with threads of this process; a disturber is called again and again.
pub(super) fn threads(
    count: u64,
    (workers, work): (u64, impl Fn(Part) -> Result<(), Error> + Sync),
    (disturbers, disturb): (u64, impl Fn(u64) -> Result<(), Error> + Sync),
) -> Result<Duration, Error> {
    let everybody = Barrier::new((workers + disturbers) as usize + 1);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (everybody, over, work, disturb) = (&everybody, &over, &work, &disturb);
        let working: Vec<_> = parts(count, workers)
            .map(|part| {
                scope.spawn(move || {
                    everybody.wait();
                    work(part)
                })
            })
            .collect();
        for _ in 0..disturbers {
            scope.spawn(move || {
                everybody.wait();
                (0..)
                    .take_while(|_| !over.load(Ordering::Relaxed))
                    .try_for_each(disturb)
            });
        }
        everybody.wait();
        let begin = Instant::now();
        let outcomes: Vec<_> = working.into_iter().map(|thread| thread.join()).collect();
        let elapsed = begin.elapsed();
        over.store(true, Ordering::Relaxed);
        for outcome in outcomes {
            outcome.map_err(|_| anyhow!("a thread panicked"))??;
        }
        Ok(elapsed)
    })
}

/// Nobody disturbs.
pub(super) fn nobody<A>(_: A, _: Part, _: Signals) -> Result<(), QueueError> {
    Ok(())
}

/// Numbers below `limit` in an order that no cache foresees, the same each time.
pub(super) struct Scattered {
    state: u64,
    limit: u64,
}

impl Scattered {
    pub(super) fn new(seed: u64, limit: u64) -> Scattered {
        let state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Scattered { state, limit }
    }

    /// The generator is Marsaglia's xorshift64.
    pub(super) fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % self.limit
    }
}

/// Fails if something was not what had been put there.
pub(super) fn check(found: u64, expected: u64) -> Result<(), Error> {
    ensure!(found == expected, "{found} was found instead of {expected}");
    Ok(())
}
