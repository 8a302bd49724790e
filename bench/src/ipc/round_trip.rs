//! There and back through two channels.

use std::time::Duration;

use anyhow::{Error, ensure};
use ipc_channel::IpcError;
use ipc_channel::ipc::{self, IpcReceiver, IpcSender};

use super::{Starting, say_hello};
use crate::echo::{Pace, round_trips};

/// What the other side sends first: where to send to, and where to receive from.
type Hello = (IpcSender<u64>, IpcReceiver<u64>);

/// Makes `count` round trips to another process.
pub(crate) fn run(count: u64, pace: Pace) -> Result<Duration, Error> {
    let (mut child, (to, from)) = Starting::<Hello>::launch("ipc-echo", &[])?.hello()?;
    let elapsed = round_trips(count, pace, |number| {
        to.send(number)?;
        Ok(from.recv()?)
    })?;
    drop(to);
    let status = child.wait()?;
    ensure!(status.success(), "the echo ended with {status}");
    Ok(elapsed)
}

/// The part of the other side.
pub(crate) fn echo(server: &str) -> Result<(), Error> {
    let (to_me, mine) = ipc::channel::<u64>()?;
    let (back, from_me) = ipc::channel::<u64>()?;
    say_hello::<Hello>(server, (to_me, from_me))?;
    loop {
        match mine.recv() {
            Ok(number) => back.send(number)?,
            Err(IpcError::Disconnected) => return Ok(()),
            Err(failure) => return Err(failure.into()),
        }
    }
}
