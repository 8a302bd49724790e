//! Consumers with a channel each; the parent deals the messages out in turn.

use std::process::Child;

use anyhow::{Error, ensure};
use ipc_channel::ipc::{self, IpcReceiver};
use serde::{Deserialize, Serialize};

use super::line::Line;
use super::{Starting, say_hello};
use crate::crew::{Crew, drain};
use crate::load::Load;
use crate::tally::Tally;

/// What a consumer sends first.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Hello<L: Line> {
    pub(super) messages: L::Sender,
    pub(super) tally: IpcReceiver<Tally>,
}

struct IpcCrew<L: Line> {
    children: Vec<Child>,
    senders: Vec<L::Sender>,
    tallies: Vec<IpcReceiver<Tally>>,
    buffer: Vec<u8>,
}

pub(super) fn start<L: Line>(load: Load, consumers: usize) -> Result<Box<dyn Crew>, Error> {
    let mut crew = IpcCrew::<L> {
        children: vec![],
        senders: vec![],
        tallies: vec![],
        buffer: vec![0; large(load)],
    };
    let load = load.to_string();
    let starting = (0..consumers)
        .map(|_| Starting::<Hello<L>>::launch("ipc-consumer", &[&load]))
        .collect::<Result<Vec<_>, _>>()?;
    for consumer in starting {
        let (child, hello) = consumer.hello()?;
        crew.children.push(child);
        crew.senders.push(hello.messages);
        crew.tallies.push(hello.tally);
    }
    Ok(Box::new(crew))
}

impl<L: Line> Crew for IpcCrew<L> {
    fn feed(&mut self, count: u64) -> Result<(), Error> {
        let mut next = 0;
        while next < count {
            for sender in &self.senders {
                if next < count {
                    next = L::send(sender, next, count, &mut self.buffer)?;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Tally, Error> {
        self.senders.clear();
        let mut all = Tally::default();
        for tally in &self.tallies {
            all.merge(tally.recv()?);
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

pub(super) fn consumer<L: Line>(load: Load, server: &str) -> Result<(), Error> {
    let (messages, from) = L::open()?;
    let (result, tally) = ipc::channel()?;
    say_hello(server, Hello::<L> { messages, tally })?;
    let seen = drain(|tally| L::receive(&from, large(load), tally))?;
    Ok(result.send(seen)?)
}

fn large(load: Load) -> usize {
    match load {
        Load::Bytes(size) => size,
        Load::Number | Load::Sample | Load::Batches => 0,
    }
}
