//! A hundred processes count down together.
//!
//! ```console
//! $ cargo run --release --example countdown
//! {"count": 0}
//! ```
//!
//! The count stands in a dict that all processes share. Taking one off is two steps, reading and
//! writing, so each process holds a lock meanwhile; without it, two could read the same count, and one
//! of their steps would be lost.

use std::error::Error;

use procession::{Dict, Lock, Manager, Process, SharedError, StartMethod};

/// How many processes count, one step each.
const PROCESSES: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    procession::init();
    let manager = Manager::new()?;
    let counts = manager.dict::<String, u32>()?;
    let lock = manager.lock()?;
    counts.insert("count", &PROCESSES)?;

    let mut counting = Vec::new();
    for _ in 0..PROCESSES {
        let process = Process::builder().start_method(StartMethod::ForkServer);
        counting.push(process.spawn(count_down, (counts.clone(), lock.clone()))?);
    }
    for process in counting {
        process.join()??;
    }
    println!("{:?}", counts.to_map()?);
    Ok(())
}

/// Runs in each of the processes.
fn count_down(counts: Dict<String, u32>, lock: Lock) -> Result<(), SharedError> {
    let _guard = lock.lock()?;
    let count = counts.require("count")?;
    counts.insert("count", &(count - 1))
}
