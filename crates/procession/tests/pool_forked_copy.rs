//! A pool's owner copies itself by a bare `fork`, as Python's `os.fork` does.
//!
//! Not run by the test harness: as few threads as possible may run when a process is copied.

mod watchdog;

use std::error::Error;
use std::process::ExitCode;

use procession::{AsyncResult, Event, Pool, PoolError};
use procession_arena::sys::fork::{Forked, fork};
use procession_arena::sys::process::wait_for_child;
use watchdog::watch;

fn negate(number: i64) -> i64 {
    -number
}

/// What the copy does; it must leave its original's pool alone, and be told so.
fn live_as_copy(pool: Pool, done: &AsyncResult<i64>, waiting: &AsyncResult<bool>) -> bool {
    let refusals = [
        pool.apply(negate, (1,)).map(drop),
        pool.map(negate, [1]).map(drop),
        pool.apply_async_with(negate, (1,), |_| (), |_| ())
            .map(drop),
        pool.imap(negate, [1]).map(drop),
        waiting.get().map(drop),
        waiting.wait(),
        waiting.cancel().map(drop),
        waiting.successful().map(drop),
        pool.join(),
    ];
    pool.close();
    pool.terminate();
    drop(pool);
    let is_refused =
        |refusal: &Result<(), PoolError>| matches!(refusal, Err(PoolError::ForkedCopy));
    for refusal in refusals.iter().filter(|refusal| !is_refused(refusal)) {
        eprintln!("the copy was not refused: {refusal:?}");
    }
    // Nothing is needed for what has been told already.
    matches!(done.get(), Ok(-7)) && refusals.iter().all(is_refused)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    procession::init();
    let pool = Pool::new(1)?;
    let done = pool.apply_async(negate, (7,))?;
    done.wait()?;
    let go = Event::new()?;
    let waiting = pool.apply_async(|go: Event| go.wait().is_ok(), (go.clone(),))?;
    // SAFETY: the pool's threads sleep, or hold for a moment what belongs to the pool, which the copy is not let in to; the
    // watchdog starts below.
    let copy = match unsafe { fork() }? {
        Forked::Child => {
            let is_well = live_as_copy(pool, &done, &waiting);
            return Ok(ExitCode::from(u8::from(!is_well)));
        }
        Forked::Parent { child } => child,
    };
    let _watchdog = watch();
    let status = wait_for_child(copy)?.ok_or("the copy has no status")?;
    assert!(status.success(), "{status}");
    go.set()?;
    assert!(waiting.get()?, "the original's worker has gone on");
    assert_eq!(pool.map(negate, 0..3)?, [0, -1, -2]);
    println!("a forked copy leaves its original's pool alone ... ok");
    Ok(ExitCode::SUCCESS)
}
