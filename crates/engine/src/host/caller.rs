//! Asking the server, and waiting for its answer.

use std::cell::Cell;

use procession_arena::sys::fork_epoch;
use procession_arena::{Error, Handle, Participant, ProcessId, Wait};
use procession_objects::{Message, Queue};

use super::error::{HostError, to_result};
use super::wire::{Outcome, ReturnAddress};
use crate::launch::message;
use crate::with_participant;

thread_local! {
    /// Taken out while it is in use, since user code may ask in the middle of reading an answer.
    static CALLER: Cell<Option<Caller>> = const { Cell::new(None) };
}

/// A thread's side of all its calls.
#[derive(Debug)]
struct Caller {
    epoch: u64,
    answers: Queue,
    last: u64,
    message: Message,
}

/// Sends something to `server` and hands the answer's bytes to `read`; the objects whose handles came with
/// them are held until it returns.
///
/// # Errors
///
/// What `send` returns; [`HostError::ServerGone`] at once when the server has ended.
pub(super) fn ask<R>(
    me: &Participant,
    server: ProcessId,
    wait: Wait,
    send: impl FnOnce(ReturnAddress) -> Result<(), HostError>,
    read: impl FnOnce(&mut Vec<u8>) -> R,
) -> Result<R, HostError> {
    if me.arena().living_thread_of(server)?.is_none() {
        // What were sent to it now would lie there for as long as anybody has the proxy.
        return Err(HostError::ServerGone);
    }
    let mut caller = Caller::of_this_thread(me)?;
    let address = caller.next_address();
    let outcome = send(address).and_then(|()| caller.wait(me, address.number, wait, Some(server)));
    let answer = outcome.map(|()| caller.hand_over(me, read));
    caller.put_back();
    answer
}

/// As [`ask`], of a server that is not there yet: `slice` tells how long to wait until it is asked again, or
/// why no server will come.
pub(super) fn ask_newcomer<R>(
    me: &Participant,
    send: impl FnOnce(ReturnAddress) -> Result<(), HostError>,
    mut slice: impl FnMut() -> Result<Wait, HostError>,
    read: impl FnOnce(&mut Vec<u8>) -> R,
) -> Result<R, HostError> {
    let mut caller = Caller::of_this_thread(me)?;
    let address = caller.next_address();
    let outcome = send(address).and_then(|()| {
        loop {
            let (wait, none_will_come) = match slice() {
                Ok(wait) => (wait, None),
                // It may have answered right before it ended.
                Err(reason) => (Wait::Never, Some(reason)),
            };
            match (caller.wait(me, address.number, wait, None), none_will_come) {
                (Err(HostError::TimedOut), None) => {}
                (Err(HostError::TimedOut), Some(reason)) => return Err(reason),
                (outcome, _) => return outcome,
            }
        }
    });
    let answer = outcome.map(|()| caller.hand_over(me, read));
    caller.put_back();
    answer
}

impl Caller {
    fn of_this_thread(me: &Participant) -> Result<Caller, Error> {
        match CALLER.try_with(Cell::take).ok().flatten() {
            Some(caller) if caller.epoch == fork_epoch() => Ok(caller),
            // None yet, or the copy of that of the thread that forked this process.
            of_other => {
                drop(of_other);
                Ok(Caller {
                    epoch: fork_epoch(),
                    answers: Queue::create(me, &Default::default())?,
                    last: 0,
                    message: Message::default(),
                })
            }
        }
    }

    fn put_back(self) {
        // Fails in a thread that is ending; then its queue ends here.
        let _ = CALLER.try_with(|place| place.set(Some(self)));
    }

    fn next_address(&mut self) -> ReturnAddress {
        self.last += 1;
        ReturnAddress::new(self.answers.handle(), self.last)
    }

    /// Waits for the answer `number`; answers to calls that were given up are thrown away.
    fn wait(
        &mut self,
        me: &Participant,
        number: u64,
        wait: Wait,
        server: Option<ProcessId>,
    ) -> Result<(), HostError> {
        loop {
            let message = &mut self.message;
            let got = match server {
                Some(server) => self.answers.get_from(me, message, wait, server),
                None => self.answers.get(me, message, wait),
            };
            match got {
                Ok(()) => {}
                Err(Error::Closed) => return Err(self.renew(me)?),
                Err(Error::Empty) => return Err(HostError::TimedOut),
                Err(error) => return Err(error.into()),
            }
            let outcome: Outcome = message::cut(&mut self.message.bytes).ok_or(UNINTELLIGIBLE)?;
            let result = to_result(outcome.completion);
            if outcome.number == number && result.is_ok() {
                return Ok(());
            }
            let_go(me, &self.message.handles);
            if outcome.number == number {
                return result;
            }
        }
    }

    /// The server has closed the queue, for it could not even put a short answer into it.
    fn renew(&mut self, me: &Participant) -> Result<HostError, HostError> {
        let closed = std::mem::replace(&mut self.answers, Queue::create(me, &Default::default())?);
        closed.detach(me)?;
        Ok(HostError::ResultNotStored {
            reason: "out of shared memory".to_owned(),
        })
    }

    fn hand_over<R>(&mut self, me: &Participant, read: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let read = read(&mut self.message.bytes);
        let_go(me, &self.message.handles);
        read
    }
}

const UNINTELLIGIBLE: HostError = HostError::Arena(Error::Corrupt {
    what: "an answer of a manager's server is unintelligible",
});

impl Drop for Caller {
    fn drop(&mut self) {
        // The copy in a forked process is not its own.
        if self.epoch == fork_epoch()
            && let Err(error) = with_participant(|me| self.answers.detach(me))
        {
            tracing::warn!(%error, "a queue for answers could not be let go of");
        }
    }
}

/// Lets go of objects that came along with a message.
pub(super) fn let_go(me: &Participant, handles: &[Handle]) {
    for &handle in handles {
        if let Err(error) = me.detach(handle) {
            tracing::warn!(%error, %handle, "an object that came with a call could not be let go of");
        }
    }
}
