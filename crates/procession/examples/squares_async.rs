//! Ten tasks in a pool of three processes, three at a time: all are submitted before the first result is asked for.

use std::process;
use std::thread::sleep;
use std::time::Duration;

use procession::{Pool, PoolError};

/// Runs in a worker.
fn square(n: u32) -> u32 {
    println!("{n} squared by process {}", process::id());
    sleep(Duration::from_millis(50));
    n * n
}

fn main() -> Result<(), PoolError> {
    procession::init();
    let pool = Pool::new(3)?;
    let results = (0..10)
        .map(|n| pool.apply_async(square, (n,)))
        .collect::<Result<Vec<_>, _>>()?;
    pool.close(); // no more tasks come
    pool.join()?; // all of them are done
    for (n, result) in results.iter().enumerate() {
        println!("{n} * {n} = {}", result.get()?);
    }
    Ok(())
}
