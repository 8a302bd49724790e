//! A pool that calls back: with each result as it comes, or with what went wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use procession::{Pool, PoolError};

/// Runs in a worker.
fn reciprocal(n: i32) -> f64 {
    assert!(n != 0, "there is no reciprocal of zero");
    1.0 / f64::from(n)
}

fn main() -> Result<(), PoolError> {
    procession::init();
    let pool = Pool::new(3)?;
    let failures = Arc::new(AtomicU32::new(0));
    for n in -2..=2 {
        let failures = Arc::clone(&failures);
        pool.apply_async_with(
            reciprocal,
            (n,),
            move |result| println!("1 / {n} = {result}"),
            move |error| {
                failures.fetch_add(1, Ordering::Relaxed);
                println!("1 / {n}: {error}");
            },
        )?;
    }
    pool.close();
    pool.join()?; // all callbacks have returned
    println!("{} of 5 failed", failures.load(Ordering::Relaxed));
    Ok(())
}
