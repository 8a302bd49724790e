//! There and back through two pipes.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Error, ensure};

use super::frame::{FrameReader, FrameWriter};
use super::{input, output};
use crate::echo::{Pace, round_trips};
use crate::role;

/// Makes `count` round trips to another process.
pub(crate) fn run(count: u64, pace: Pace) -> Result<Duration, Error> {
    let mut child = role::command("pipe-echo", &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut to = FrameWriter::new(child.stdin.take().context("no stdin")?);
    let mut from = FrameReader::new(child.stdout.take().context("no stdout")?);
    let elapsed = round_trips(count, pace, |number| {
        to.put(&number)?;
        to.flush()?;
        from.require("answer")
    })?;
    drop(to);
    let status = child.wait()?;
    ensure!(status.success(), "the echo ended with {status}");
    Ok(elapsed)
}

/// The part of the other side.
pub(crate) fn echo() -> Result<(), Error> {
    let (mut input, mut output) = (input()?, output()?);
    while let Some(number) = input.get::<u64>()? {
        output.put(&number)?;
        output.flush()?;
    }
    Ok(())
}
