//! The pool of the crate procspawn.

use std::collections::VecDeque;

use anyhow::Error;
use procspawn::{JoinHandle, Pool};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Workers;
use super::work::{self, Work};

/// Tasks that can be on their way at a time: each takes four descriptors, of which a process may have a thousand.
const WINDOW: usize = 64;

struct Procspawn {
    pool: Pool,
    work: Work,
    /// Tasks that are on their way at a time.
    window: usize,
}

pub(super) fn start(workers: usize, work: Work) -> Result<Box<dyn Workers>, Error> {
    let pool = Pool::new(workers)?;
    let window = match work {
        // Submitting a large task waits until its worker takes it; and no worker takes another one before the result of its
        // last one has been asked for. With one task more than workers, both wait for ever.
        Work::LargeArgument => workers,
        Work::Tiny | Work::Skewed | Work::LargeResult => WINDOW,
    };
    Ok(Box::new(Procspawn { pool, work, window }))
}

impl Procspawn {
    /// Sums up what `number_of` says of the results of tasks `0..count`, whose arguments `argument` makes.
    fn sum<A, R>(
        &self,
        count: u64,
        function: fn(A) -> R,
        argument: fn(u64) -> A,
        number_of: fn(R) -> u64,
    ) -> Result<u64, Error>
    where
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + Send + 'static,
    {
        let mut sum = 0_u64;
        let mut take = |handle: JoinHandle<R>| -> Result<(), Error> {
            sum = sum.wrapping_add(number_of(handle.join()?));
            Ok(())
        };
        let mut under_way = VecDeque::with_capacity(self.window);
        for number in 0..count {
            if under_way.len() == self.window
                && let Some(handle) = under_way.pop_front()
            {
                take(handle)?;
            }
            under_way.push_back(self.pool.spawn(argument(number), function));
        }
        under_way.into_iter().try_for_each(take)?;
        Ok(sum)
    }
}

impl Workers for Procspawn {
    fn one(&mut self, number: u64) -> Result<u64, Error> {
        let pool = &self.pool;
        Ok(match self.work {
            Work::Tiny => pool.spawn(number, work::tiny).join()?,
            Work::Skewed => pool.spawn(number, work::skewed).join()?,
            Work::LargeArgument => pool.spawn(work::large(number), work::number_of).join()?,
            Work::LargeResult => work::number_of(pool.spawn(number, work::large).join()?),
        })
    }

    fn all(&mut self, count: u64) -> Result<u64, Error> {
        let same = |number: u64| number;
        match self.work {
            Work::Tiny => self.sum(count, work::tiny, same, same),
            Work::Skewed => self.sum(count, work::skewed, same, same),
            Work::LargeArgument => self.sum(count, work::number_of, work::large, same),
            Work::LargeResult => self.sum(count, work::large, same, work::number_of),
        }
    }
}
