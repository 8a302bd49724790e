//! How each kind of load travels best over `ipc-channel`.

use std::marker::PhantomData;

use anyhow::Error;
use ipc_channel::IpcError;
use ipc_channel::ipc::{self, IpcBytesReceiver, IpcBytesSender, IpcReceiver, IpcSender};
use serde::{Deserialize, Serialize};

use crate::load::{BATCH, Message, stamp, stamped};
use crate::tally::Tally;

/// One channel and what goes over it.
pub(super) trait Line: 'static {
    type Sender: Serialize + for<'de> Deserialize<'de>;
    type Receiver;

    fn open() -> Result<(Self::Sender, Self::Receiver), Error>;

    /// Sends messages from `number` on, as many as go at a time but none from `end` on, and
    /// returns the next number. `buffer` has the size of a large message.
    fn send(to: &Self::Sender, number: u64, end: u64, buffer: &mut [u8]) -> Result<u64, Error>;

    /// Adds what comes next to the tally; false when nothing more can come.
    fn receive(from: &Self::Receiver, size: usize, tally: &mut Tally) -> Result<bool, Error>;
}

/// Small messages, one at a time.
pub(super) struct Typed<M>(PhantomData<M>);

impl<M: Message> Line for Typed<M> {
    type Sender = IpcSender<M>;
    type Receiver = IpcReceiver<M>;

    fn open() -> Result<(Self::Sender, Self::Receiver), Error> {
        Ok(ipc::channel()?)
    }

    fn send(to: &Self::Sender, number: u64, _: u64, _: &mut [u8]) -> Result<u64, Error> {
        to.send(M::numbered(number))?;
        Ok(number + 1)
    }

    fn receive(from: &Self::Receiver, _: usize, tally: &mut Tally) -> Result<bool, Error> {
        let message = unless_closed(from.recv())?;
        Ok(message
            .inspect(|message| tally.add(message.checksum()))
            .is_some())
    }
}

/// Numbers, many to a message: what a user does who needs speed.
pub(super) struct Batches;

impl Line for Batches {
    type Sender = IpcSender<Vec<u64>>;
    type Receiver = IpcReceiver<Vec<u64>>;

    fn open() -> Result<(Self::Sender, Self::Receiver), Error> {
        Ok(ipc::channel()?)
    }

    fn send(to: &Self::Sender, number: u64, end: u64, _: &mut [u8]) -> Result<u64, Error> {
        let next = end.min(number + BATCH as u64);
        to.send((number..next).collect())?;
        Ok(next)
    }

    fn receive(from: &Self::Receiver, _: usize, tally: &mut Tally) -> Result<bool, Error> {
        let batch = unless_closed(from.recv())?;
        Ok(batch
            .inspect(|batch| batch.iter().for_each(|number| tally.add(*number)))
            .is_some())
    }
}

/// Large messages, without any encoding; at 4 KB and at 1 MB this is faster than `IpcSharedMemory`.
pub(super) struct Bytes;

impl Line for Bytes {
    type Sender = IpcBytesSender;
    type Receiver = IpcBytesReceiver;

    fn open() -> Result<(Self::Sender, Self::Receiver), Error> {
        Ok(ipc::bytes_channel()?)
    }

    fn send(to: &Self::Sender, number: u64, _: u64, buffer: &mut [u8]) -> Result<u64, Error> {
        stamp(buffer, number);
        to.send(buffer)?;
        Ok(number + 1)
    }

    fn receive(from: &Self::Receiver, size: usize, tally: &mut Tally) -> Result<bool, Error> {
        let Some(message) = unless_closed(from.recv())? else {
            return Ok(false);
        };
        tally.add(stamped(&message, size)?);
        Ok(true)
    }
}

/// A channel ends when its last sender is dropped; that is no failure.
fn unless_closed<T>(received: Result<T, IpcError>) -> Result<Option<T>, Error> {
    match received {
        Ok(message) => Ok(Some(message)),
        Err(IpcError::Disconnected) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}
