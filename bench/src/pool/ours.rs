//! procession's own pool.

use anyhow::Error;
use procession::{Pool, PoolError};

use super::Workers;
use super::work::{self, Work};

/// By which call many tasks are done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Call {
    Map,
    Imap,
    ImapUnordered,
}

struct Ours {
    pool: Pool,
    work: Work,
    call: Call,
}

pub(super) fn start(workers: usize, work: Work, call: Call) -> Result<Box<dyn Workers>, Error> {
    let pool = Pool::new(workers)?;
    Ok(Box::new(Ours { pool, work, call }))
}

impl Workers for Ours {
    fn one(&mut self, number: u64) -> Result<u64, Error> {
        Ok(match self.work {
            Work::Tiny => self.pool.apply(work::tiny, (number,))?,
            Work::Skewed => self.pool.apply(work::skewed, (number,))?,
            Work::LargeArgument => self.pool.apply(work::number_of, (work::large(number),))?,
            Work::LargeResult => work::number_of(self.pool.apply(work::large, (number,))?),
        })
    }

    fn all(&mut self, count: u64) -> Result<u64, Error> {
        let pool = &self.pool;
        let sum = match (self.work, self.call) {
            (Work::Tiny, Call::Map) => sum(pool.map(work::tiny, 0..count)?.into_iter().map(Ok)),
            (Work::Tiny, Call::Imap) => sum(pool.imap(work::tiny, 0..count)?),
            (Work::Tiny, _) => sum(pool.imap_unordered(work::tiny, 0..count)?),
            (Work::Skewed, _) => sum(pool.imap_unordered(work::skewed, 0..count)?),
            (Work::LargeArgument, _) => {
                sum(pool.imap_unordered(work::number_of, (0..count).map(work::large))?)
            }
            (Work::LargeResult, _) => {
                let results = pool.imap_unordered(work::large, 0..count)?;
                sum(results.map(|result| result.map(work::number_of)))
            }
        };
        Ok(sum?)
    }
}

fn sum(mut results: impl Iterator<Item = Result<u64, PoolError>>) -> Result<u64, PoolError> {
    results.try_fold(0_u64, |sum, result| Ok(sum.wrapping_add(result?)))
}
