//! Pools of workers that carry out tasks.

mod by_pipe;
mod by_procspawn;
mod by_rayon;
mod ours;
mod scenarios;
mod work;

use anyhow::Error;

use crate::measure::Column;

pub(crate) use by_pipe::worker as pipe_worker;
pub(crate) use scenarios::scenarios;
use work::Work;

/// A pool of some kind whose workers do one kind of work.
trait Workers {
    /// Has one task done, and waits for its result.
    fn one(&mut self, number: u64) -> Result<u64, Error>;

    /// Has tasks `0..count` done; the sum of their results.
    fn all(&mut self, count: u64) -> Result<u64, Error>;
}

type Start = fn(usize, Work) -> Result<Box<dyn Workers>, Error>;

/// Everybody who has one way to do many tasks.
const PEERS: [(Column, Start); 3] = [
    (Column::Procspawn, by_procspawn::start),
    (Column::Pipe, by_pipe::start),
    (Column::Rayon, by_rayon::start),
];
