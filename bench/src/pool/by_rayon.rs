//! Threads, as the limit of what processes can do.

use anyhow::Error;
use rayon::ThreadPool;
use rayon::iter::{IntoParallelIterator, ParallelBridge, ParallelIterator};

use super::Workers;
use super::work::{self, Work};

struct Threads {
    pool: ThreadPool,
    work: Work,
}

pub(super) fn start(workers: usize, work: Work) -> Result<Box<dyn Workers>, Error> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .build()?;
    Ok(Box::new(Threads { pool, work }))
}

impl Workers for Threads {
    fn one(&mut self, number: u64) -> Result<u64, Error> {
        let work = self.work;
        Ok(self.pool.install(move || match work {
            Work::Tiny => work::tiny(number),
            Work::Skewed => work::skewed(number),
            Work::LargeArgument | Work::LargeResult => work::number_of(work::large(number)),
        }))
    }

    fn all(&mut self, count: u64) -> Result<u64, Error> {
        let each: fn(u64) -> u64 = match self.work {
            Work::Tiny => work::tiny,
            Work::Skewed => work::skewed,
            Work::LargeArgument | Work::LargeResult => |number| number,
        };
        Ok(match self.work {
            Work::Tiny | Work::Skewed => {
                let results: Vec<u64> = self
                    .pool
                    .install(|| (0..count).into_par_iter().map(each).collect());
                results.into_iter().fold(0, u64::wrapping_add)
            }
            // Somebody else makes the message than takes it.
            Work::LargeArgument | Work::LargeResult => self.pool.install(|| {
                let messages = (0..count).map(work::large).par_bridge();
                messages
                    .map(work::number_of)
                    .reduce(|| 0, u64::wrapping_add)
            }),
        })
    }
}
