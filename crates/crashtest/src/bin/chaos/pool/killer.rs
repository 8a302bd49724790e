//! Somebody who kills a worker now and then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use procession::Pool;
use procession_arena::sys::process::Pidfd;

use crate::random::Random;

/// A hundred times a second.
const EVERY: Duration = Duration::from_millis(10);

/// Kills one of the pool's workers after another until it is told that it is over; says how many.
pub(super) fn kill_workers(
    pool: &Pool,
    over: &AtomicBool,
    random: &mut Random,
) -> Result<u64, String> {
    let mut kills = 0;
    let mut next = Instant::now();
    while !over.load(Ordering::Relaxed) {
        next += EVERY / 2 + EVERY * random.below(1_000) as u32 / 1_000;
        sleep(next.saturating_duration_since(Instant::now()));
        kills += u64::from(kill_one(pool, random).map_err(|error| error.to_string())?);
    }
    Ok(kills)
}

fn kill_one(pool: &Pool, random: &mut Random) -> std::io::Result<bool> {
    let pids = pool.pids();
    if pids.is_empty() {
        return Ok(false);
    }
    let victim = pids[random.below(pids.len() as u64) as usize];
    // It may have ended by now, and may even have been reaped.
    let Ok(worker) = Pidfd::open(victim) else {
        return Ok(false);
    };
    // If it still is one of the workers, then it was when it was opened: so the number meant no other process.
    if !pool.pids().contains(&victim) || worker.is_dead()? {
        return Ok(false);
    }
    worker.kill()?;
    Ok(true)
}

/// Whether all workers are there and alive.
pub(super) fn is_at_full_strength(pool: &Pool) -> bool {
    let pids = pool.pids();
    let lives =
        |pid: &u32| Pidfd::open(*pid).is_ok_and(|worker| worker.is_dead().is_ok_and(|dead| !dead));
    pids.len() == pool.workers() && pids.iter().all(lives)
}
