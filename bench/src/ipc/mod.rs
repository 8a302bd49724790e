//! The peer `ipc-channel`: typed channels over sockets, many senders and one receiver each.

mod crew;
mod line;
pub(crate) mod pairs;
pub(crate) mod round_trip;

use std::process::{Child, Stdio};

use anyhow::Error;
use ipc_channel::ipc::{IpcOneShotServer, IpcSender};
use serde::{Deserialize, Serialize};

use crate::crew::Crew;
use crate::load::{Load, Sample};
use crate::role;
use line::{Batches, Bytes, Typed};

/// Starts consumers and waits until all of them can receive.
pub(crate) fn start(load: Load, consumers: usize) -> Result<Box<dyn Crew>, Error> {
    match load {
        Load::Number => crew::start::<Typed<u64>>(load, consumers),
        Load::Sample => crew::start::<Typed<Sample>>(load, consumers),
        Load::Batches => crew::start::<Batches>(load, consumers),
        Load::Bytes(_) => crew::start::<Bytes>(load, consumers),
    }
}

/// The part of a consumer.
pub(crate) fn consumer(load: Load, server: &str) -> Result<(), Error> {
    match load {
        Load::Number => crew::consumer::<Typed<u64>>(load, server),
        Load::Sample => crew::consumer::<Typed<Sample>>(load, server),
        Load::Batches => crew::consumer::<Batches>(load, server),
        Load::Bytes(_) => crew::consumer::<Bytes>(load, server),
    }
}

/// A process that plays a part and has yet to say that it is running.
struct Starting<Hello> {
    child: Child,
    server: IpcOneShotServer<Hello>,
}

impl<Hello> Starting<Hello>
where
    Hello: for<'de> Deserialize<'de> + Serialize,
{
    fn launch(role: &str, arguments: &[&str]) -> Result<Self, Error> {
        let (server, name) = IpcOneShotServer::<Hello>::new()?;
        let arguments = [arguments, &[&name]].concat();
        let child = role::command(role, &arguments)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self { child, server })
    }

    /// Waits for the first thing it sends.
    fn hello(self) -> Result<(Child, Hello), Error> {
        let (_, hello) = self.server.accept()?;
        Ok((self.child, hello))
    }
}

/// Sends the first thing to the process that started this one.
fn say_hello<Hello: Serialize>(server: &str, hello: Hello) -> Result<(), Error> {
    Ok(IpcSender::connect(server.to_owned())?.send(hello)?)
}
