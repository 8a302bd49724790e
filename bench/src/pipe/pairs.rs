//! Several producers and consumers: a pipe joins two processes, so each producer gets a consumer.

use std::io::pipe;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, ensure};

use super::frame::{FrameReader, FrameWriter};
use super::{input, output};
use crate::crew::share;
use crate::load::Load;
use crate::role;
use crate::tally::Tally;

struct Pair {
    producer: Child,
    consumer: Child,
    orders: FrameWriter<ChildStdin>,
    tally: FrameReader<ChildStdout>,
}

/// Moves `count` numbers through `pairs` pipes; the time from the first order to the last tally.
pub(crate) fn run(pairs: u64, count: u64) -> Result<Duration, Error> {
    let mut pairs = (0..pairs)
        .map(|_| Pair::start())
        .collect::<Result<Vec<_>, _>>()?;
    for pair in &mut pairs {
        pair.tally.await_signal()?;
    }
    let producers = pairs.len() as u64;
    let start = Instant::now();
    for (index, pair) in pairs.iter_mut().enumerate() {
        let share = share(count, index as u64, producers);
        pair.orders.put(&(share.start, share.end))?;
        pair.orders.flush()?;
    }
    let mut all = Tally::default();
    for pair in &mut pairs {
        all.merge(pair.tally.require("tally")?);
    }
    let elapsed = start.elapsed();
    pairs.into_iter().try_for_each(Pair::join)?;
    all.verify(Tally::expected(Load::Number, count))?;
    Ok(elapsed)
}

impl Pair {
    fn start() -> Result<Self, Error> {
        let (from, to) = pipe()?;
        let mut producer = role::command("pipe-producer", &[])
            .stdin(Stdio::piped())
            .stdout(to)
            .spawn()?;
        let mut consumer = role::command("pipe-consumer", &[&Load::Number.to_string()])
            .stdin(from)
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = FrameWriter::new(producer.stdin.take().context("no stdin")?);
        let tally = FrameReader::new(consumer.stdout.take().context("no stdout")?);
        Ok(Self {
            producer,
            consumer,
            orders,
            tally,
        })
    }

    fn join(mut self) -> Result<(), Error> {
        for child in [&mut self.producer, &mut self.consumer] {
            let status = child.wait()?;
            ensure!(status.success(), "a process ended with {status}");
        }
        Ok(())
    }
}

/// The part of a producer.
pub(crate) fn producer() -> Result<(), Error> {
    let (mut input, mut output) = (input()?, output()?);
    output.signal()?;
    let (first, end): (u64, u64) = input.require("order")?;
    for number in first..end {
        output.put(&number)?;
        output.flush()?;
    }
    Ok(())
}
