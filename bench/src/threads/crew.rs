//! Consumer threads that share one channel.

use std::thread::{self, JoinHandle};

use anyhow::{Context, Error};
use crossbeam_channel::{Receiver, Sender, bounded};

use super::{channel, join};
use crate::crew::{Crew, drain};
use crate::load::{BATCH, Load, Message, Sample, stamp, stamped};
use crate::tally::Tally;

/// How each kind of load travels best over a channel.
pub(crate) trait Parcel: Send + Sized + 'static {
    /// Packs messages from `number` on, as many as go at a time but none from `end` on, and
    /// returns the next number. `buffer` has the size of a large message.
    fn pack(number: u64, end: u64, buffer: &mut [u8]) -> (Self, u64);

    fn unpack(self, size: usize, tally: &mut Tally) -> Result<(), Error>;
}

struct Single<M>(M);

impl<M: Message> Parcel for Single<M> {
    fn pack(number: u64, _: u64, _: &mut [u8]) -> (Self, u64) {
        (Self(M::numbered(number)), number + 1)
    }

    fn unpack(self, _: usize, tally: &mut Tally) -> Result<(), Error> {
        tally.add(self.0.checksum());
        Ok(())
    }
}

struct Batch(Vec<u64>);

impl Parcel for Batch {
    fn pack(number: u64, end: u64, _: &mut [u8]) -> (Self, u64) {
        let next = end.min(number + BATCH as u64);
        (Self((number..next).collect()), next)
    }

    fn unpack(self, _: usize, tally: &mut Tally) -> Result<(), Error> {
        self.0.iter().for_each(|number| tally.add(*number));
        Ok(())
    }
}

/// A copy of the producer's buffer, since a channel takes what is sent away from the sender.
struct Bytes(Vec<u8>);

impl Parcel for Bytes {
    fn pack(number: u64, _: u64, buffer: &mut [u8]) -> (Self, u64) {
        stamp(buffer, number);
        (Self(buffer.to_vec()), number + 1)
    }

    fn unpack(self, size: usize, tally: &mut Tally) -> Result<(), Error> {
        tally.add(stamped(&self.0, size)?);
        Ok(())
    }
}

struct ThreadCrew<P> {
    threads: Vec<JoinHandle<Result<(), Error>>>,
    messages: Option<Sender<P>>,
    tallies: Receiver<Tally>,
    buffer: Vec<u8>,
}

/// Starts consumers; the channel holds `capacity` messages, or any number of them.
pub(crate) fn start(
    load: Load,
    consumers: usize,
    capacity: Option<usize>,
) -> Result<Box<dyn Crew>, Error> {
    Ok(match load {
        Load::Number => ThreadCrew::<Single<u64>>::start(consumers, capacity, 0)?,
        Load::Sample => ThreadCrew::<Single<Sample>>::start(consumers, capacity, 0)?,
        Load::Batches => ThreadCrew::<Batch>::start(consumers, capacity, 0)?,
        Load::Bytes(size) => ThreadCrew::<Bytes>::start(consumers, capacity, size)?,
    })
}

impl<P: Parcel> ThreadCrew<P> {
    fn start(
        consumers: usize,
        capacity: Option<usize>,
        size: usize,
    ) -> Result<Box<dyn Crew>, Error> {
        let (messages, from) = channel::<P>(capacity);
        let (result, tallies) = bounded(consumers);
        let (ready, started) = bounded(consumers);
        let consumer = || {
            let (from, result, ready) = (from.clone(), result.clone(), ready.clone());
            thread::spawn(move || {
                ready.send(())?;
                let seen = drain(|tally| match from.recv() {
                    Ok(parcel) => parcel.unpack(size, tally).map(|()| true),
                    Err(_) => Ok(false),
                })?;
                Ok(result.send(seen)?)
            })
        };
        let threads: Vec<_> = (0..consumers).map(|_| consumer()).collect();
        (0..consumers).try_for_each(|_| started.recv())?;
        Ok(Box::new(Self {
            threads,
            messages: Some(messages),
            tallies,
            buffer: vec![0; size],
        }))
    }
}

impl<P: Parcel> Crew for ThreadCrew<P> {
    fn feed(&mut self, count: u64) -> Result<(), Error> {
        let messages = self.messages.as_ref().context("already finished")?;
        let mut next = 0;
        while next < count {
            let (parcel, following) = P::pack(next, count, &mut self.buffer);
            messages
                .send(parcel)
                .ok()
                .context("all consumers have ended")?;
            next = following;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Tally, Error> {
        self.messages = None;
        let mut all = Tally::default();
        for _ in &self.threads {
            all.merge(self.tallies.recv()?);
        }
        Ok(all)
    }

    fn join(self: Box<Self>) -> Result<(), Error> {
        self.threads.into_iter().try_for_each(join)
    }
}
