//! `task_done` and `join` as one writes them by hand: a channel and a counter.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Error;

use super::{channel, join};
use crate::crew::drain;
use crate::load::Load;
use crate::tally::Tally;

/// Messages that are not done yet.
#[derive(Default)]
struct Unfinished {
    count: AtomicU64,
    gate: Mutex<()>,
    none_left: Condvar,
}

impl Unfinished {
    fn add(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn done(&self) {
        if self.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            // The gate keeps this notice from falling between a joiner's check and its sleep.
            let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
            self.none_left.notify_all();
        }
    }

    fn join(&self) {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = |(): &mut ()| self.count.load(Ordering::Acquire) > 0;
        drop(self.none_left.wait_while(gate, pending));
    }
}

/// Moves `count` numbers to a consumer that reports each as done; until all are done.
pub(crate) fn run(count: u64) -> Result<Duration, Error> {
    let (to, from) = channel::<u64>(Some(Load::Number.capacity()));
    let unfinished = Arc::new(Unfinished::default());
    let reports = Arc::clone(&unfinished);
    let consumer = thread::spawn(move || {
        drain(|tally| {
            let Ok(number) = from.recv() else {
                return Ok(false);
            };
            tally.add(number);
            reports.done();
            Ok(true)
        })
    });
    let start = Instant::now();
    for number in 0..count {
        unfinished.add();
        to.send(number)?;
    }
    unfinished.join();
    let elapsed = start.elapsed();
    drop(to);
    join(consumer)?.verify(Tally::expected(Load::Number, count))?;
    Ok(elapsed)
}
