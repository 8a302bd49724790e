//! Consumers with a pipe each; the parent deals the messages out in turn.

use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, Error, ensure};

use super::frame::{FrameReader, FrameWriter};
use super::{input, output};
use crate::crew::{Crew, drain};
use crate::load::{BATCH, Load, Message, Sample, stamp, stamped};
use crate::role;
use crate::tally::Tally;

struct PipeCrew {
    load: Load,
    children: Vec<Child>,
    inputs: Vec<FrameWriter<ChildStdin>>,
    outputs: Vec<FrameReader<ChildStdout>>,
}

/// Starts consumers and waits until all of them can receive.
pub(crate) fn start(load: Load, consumers: usize) -> Result<Box<dyn Crew>, Error> {
    let mut crew = PipeCrew {
        load,
        children: vec![],
        inputs: vec![],
        outputs: vec![],
    };
    for _ in 0..consumers {
        let mut child = role::command("pipe-consumer", &[&load.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = FrameWriter::new(child.stdin.take().context("no stdin")?);
        input.signal()?;
        crew.inputs.push(input);
        crew.outputs
            .push(FrameReader::new(child.stdout.take().context("no stdout")?));
        crew.children.push(child);
    }
    for output in &mut crew.outputs {
        output.await_signal()?;
    }
    Ok(Box::new(crew))
}

impl Crew for PipeCrew {
    fn feed(&mut self, count: u64) -> Result<(), Error> {
        match self.load {
            Load::Number => self.deal::<u64>(count, 1),
            Load::Sample => self.deal::<Sample>(count, 1),
            Load::Batches => self.deal::<u64>(count, BATCH),
            Load::Bytes(size) => self.deal_bytes(count, size),
        }
    }

    fn finish(&mut self) -> Result<Tally, Error> {
        self.inputs.clear();
        let mut all = Tally::default();
        for output in &mut self.outputs {
            all.merge(output.require("tally")?);
        }
        Ok(all)
    }

    fn join(self: Box<Self>) -> Result<(), Error> {
        for mut child in self.children {
            let status = child.wait()?;
            ensure!(status.success(), "a consumer ended with {status}");
        }
        Ok(())
    }
}

impl PipeCrew {
    /// Writes `at_once` messages to one consumer with one system call, then turns to the next.
    fn deal<M: Message>(&mut self, count: u64, at_once: usize) -> Result<(), Error> {
        let mut next = 0;
        while next < count {
            for input in &mut self.inputs {
                let end = count.min(next + at_once as u64);
                for number in next..end {
                    input.put(&M::numbered(number))?;
                }
                input.flush()?;
                next = end;
            }
        }
        Ok(())
    }

    fn deal_bytes(&mut self, count: u64, size: usize) -> Result<(), Error> {
        let mut message = vec![0; size];
        let consumers = self.inputs.len() as u64;
        for number in 0..count {
            stamp(&mut message, number);
            let input = &mut self.inputs[(number % consumers) as usize];
            input.put_bytes(&message)?;
            input.flush()?;
        }
        Ok(())
    }
}

/// The part of a consumer.
pub(crate) fn consumer(load: Load) -> Result<(), Error> {
    let (mut input, mut output) = (input()?, output()?);
    input.await_signal()?;
    output.signal()?;
    let tally = match load {
        Load::Number | Load::Batches => consume::<u64>(&mut input),
        Load::Sample => consume::<Sample>(&mut input),
        Load::Bytes(size) => drain(|tally| {
            let Some(message) = input.get_bytes()? else {
                return Ok(false);
            };
            tally.add(stamped(message, size)?);
            Ok(true)
        }),
    }?;
    output.put(&tally)?;
    output.flush()
}

fn consume<M: Message>(input: &mut FrameReader<std::fs::File>) -> Result<Tally, Error> {
    drain(|tally| {
        let Some(message) = input.get::<M>()? else {
            return Ok(false);
        };
        tally.add(message.checksum());
        Ok(true)
    })
}
