//! Giving an answer.

use procession_arena::{Error, Handle, Participant, Wait};
use procession_objects::Queue;

use super::wire::{Outcome, ReturnAddress};
use crate::launch::message::{self, Completion};

/// Puts an answer into its caller's queue; if the caller is gone, nobody misses it.
///
/// # Errors
///
/// [`Error::Corrupt`] if the session is damaged.
pub(super) fn answer(
    me: &Participant,
    address: ReturnAddress,
    bytes: Vec<u8>,
    handles: &[Handle],
    completion: Completion,
) -> Result<(), Error> {
    let queue = match Queue::attach(me, address.queue()) {
        Ok(queue) => queue,
        Err(Error::StaleHandle { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let told = tell(me, &queue, address.number, bytes, handles, completion);
    queue.detach(me)?;
    match told {
        // The caller has closed it, which it does when it does not wait any more.
        Err(Error::Closed) => Ok(()),
        told => told,
    }
}

fn tell(
    me: &Participant,
    queue: &Queue,
    number: u64,
    bytes: Vec<u8>,
    handles: &[Handle],
    completion: Completion,
) -> Result<(), Error> {
    let size = bytes.len() as u64;
    let failure = match put(me, queue, number, bytes, handles, completion) {
        Ok(()) => return Ok(()),
        Err(failure) => failure,
    };
    let not_stored = Completion::ResultNotStored {
        size,
        reason: failure.to_string(),
    };
    match put(me, queue, number, Vec::new(), &[], not_stored) {
        Ok(()) => Ok(()),
        // Not even room for that: the caller must not wait for ever.
        Err(_) => queue.close(me),
    }
}

fn put(
    me: &Participant,
    queue: &Queue,
    number: u64,
    mut bytes: Vec<u8>,
    handles: &[Handle],
    completion: Completion,
) -> Result<(), Error> {
    let outcome = Outcome { number, completion };
    message::append(&mut bytes, &outcome).map_err(|_| Error::Corrupt {
        what: "an answer could not be written down",
    })?;
    queue.put(me, &bytes, handles, Wait::Forever)
}
