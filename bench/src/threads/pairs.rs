//! Several producers and consumers on one channel.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Error;

use super::{channel, join};
use crate::crew::{drain, share};
use crate::load::Load;
use crate::tally::Tally;

/// Moves `count` numbers from `pairs` producers to as many consumers.
pub(crate) fn run(pairs: u64, count: u64) -> Result<Duration, Error> {
    let (to, from) = channel::<u64>(Some(Load::Number.capacity()));
    let ready = Arc::new(Barrier::new(2 * pairs as usize + 1));
    let consumers: Vec<_> = (0..pairs)
        .map(|_| {
            let (from, ready) = (from.clone(), Arc::clone(&ready));
            thread::spawn(move || {
                ready.wait();
                drain(|tally| Ok(from.recv().map(|number| tally.add(number)).is_ok()))
            })
        })
        .collect();
    let producers: Vec<_> = (0..pairs)
        .map(|index| {
            let (to, ready) = (to.clone(), Arc::clone(&ready));
            thread::spawn(move || {
                ready.wait();
                Ok(share(count, index, pairs).try_for_each(|number| to.send(number))?)
            })
        })
        .collect();
    drop(to);

    ready.wait();
    let start = Instant::now();
    producers.into_iter().try_for_each(join)?;
    let mut all = Tally::default();
    for consumer in consumers {
        all.merge(join(consumer)?);
    }
    let elapsed = start.elapsed();
    all.verify(Tally::expected(Load::Number, count))?;
    Ok(elapsed)
}
