//! Ten tasks in a pool of three processes, one after the other: each returns a square.

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
    for n in 0..10 {
        // Waits for the result before the next task is submitted.
        println!("{n} * {n} = {}", pool.apply(square, (n,))?);
    }
    pool.close();
    pool.join()
}
