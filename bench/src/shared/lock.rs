//! A lock that is free, and one that four want.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Error, anyhow};
use procession::{Lock, QueueError, SharedError, Value};

use super::crowd::{self, Part, Signals, check, nobody, take_part};
use super::{Tells, contestant, scenario};
use crate::measure::{Column, Scenario};

/// Who wants the lock at the same time.
const CROWD: u64 = 4;

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![uncontended(), contended()]
}

fn uncontended() -> Scenario {
    let row = "lock and unlock, nobody else there";
    let by_us = |count| {
        let lock = Lock::new()?;
        timed(count, || {
            let _guard = lock.lock().map_err(SharedError::from)?;
            Ok(())
        })
    };
    let by_threads = |count| {
        let lock = Mutex::new(());
        timed(count, || {
            let _guard = lock.lock().map_err(|_| poisoned())?;
            Ok(())
        })
    };
    scenario(
        "lock",
        vec![
            contestant(Column::Procession, row, Tells::Nanoseconds, by_us),
            contestant(Column::Threads, row, Tells::Nanoseconds, by_threads),
        ],
    )
}

fn timed(count: u64, mut step: impl FnMut() -> Result<(), Error>) -> Result<Duration, Error> {
    let begin = Instant::now();
    (0..count).try_for_each(|_| step())?;
    Ok(begin.elapsed())
}

fn poisoned() -> Error {
    anyhow!("a thread panicked with the lock")
}

/// Each adds to a number in two steps, so that a step is lost if two are inside at once.
fn contended() -> Scenario {
    let row = "lock, add to a value, unlock; 4 at a time";
    let by_us = |count| {
        let shared = (Lock::new()?, Value::new(0_u64)?);
        let elapsed = crowd::processes(count, (CROWD, add), (0, nobody), &shared)?;
        check(shared.1.get()?, count)?;
        Ok(elapsed)
    };
    let by_threads = |count| {
        let sum = Mutex::new(0_u64);
        let add = |part: Part| {
            for _ in part.first..part.end {
                *sum.lock().map_err(|_| poisoned())? += 1;
            }
            Ok(())
        };
        let elapsed = crowd::threads(count, (CROWD, add), (0, |_| Ok(())))?;
        check(*sum.lock().map_err(|_| poisoned())?, count)?;
        Ok(elapsed)
    };
    let tells = Tells::MillionsPerSecond;
    scenario(
        "lock",
        vec![
            contestant(Column::Procession, row, tells, by_us),
            contestant(Column::Threads, row, tells, by_threads),
        ],
    )
}

fn add((lock, sum): (Lock, Value<u64>), part: Part, signals: Signals) -> Result<(), QueueError> {
    take_part(&signals, || {
        for _ in part.first..part.end {
            let _guard = lock.lock().map_err(SharedError::from)?;
            sum.set(sum.get()? + 1)?;
        }
        Ok(())
    })
}
