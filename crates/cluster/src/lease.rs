//! What a process knows of something that the server has given to it for a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::keeper::{Kept, Renew};
use crate::object::Object;
use crate::script::Script;

/// The part of a lease by which this process considers it over earlier than the server does: clocks do not run at the same speed.
const MARGIN: u32 = 10;

/// What this process knows of something that the server has given to it for a time, from the moment before the server was asked.
#[derive(Debug)]
pub(crate) struct Lease {
    length: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Until then it is this process's, whatever the server does.
    certain_until: Instant,
    end: Option<End>,
}

/// How it ended, as the server has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In time, so that somebody has ended it on purpose.
    TakenAway,
    /// The server had not heard of this process for too long.
    RanOut,
}

impl Lease {
    pub(crate) fn new(length: Duration, asked: Instant) -> Lease {
        let length = length - length / MARGIN;
        Lease {
            length,
            state: Mutex::new(State {
                certain_until: asked + length,
                end: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It was renewed by a call that began at that time.
    pub(crate) fn renewed(&self, asked: Instant) {
        let mut state = self.lock();
        state.certain_until = state.certain_until.max(asked + self.length);
    }

    /// The server says that it is not this process's any more.
    pub(crate) fn over(&self) -> End {
        let mut state = self.lock();
        let end = match Instant::now() < state.certain_until {
            true => End::TakenAway,
            false => End::RanOut,
        };
        *state.end.get_or_insert(end)
    }

    /// Whether it may be somebody else's by now.
    pub(crate) fn is_lost(&self) -> bool {
        let state = self.lock();
        state.end.is_some() || Instant::now() >= state.certain_until
    }

    fn is_over(&self) -> bool {
        self.lock().end.is_some()
    }
}

/// Has the keeper renew a lease.
pub(crate) struct Renewal {
    /// Its keys are these parts of the object, its arguments who is asking and how long a lease is; it answers 1, or 0 if there is nothing
    /// to be renewed any more.
    pub(crate) script: &'static Script,
    pub(crate) parts: &'static [&'static str],
    pub(crate) object: Arc<Object>,
    pub(crate) holder: String,
    lease: Arc<Lease>,
}

impl Renewal {
    /// A lease that the server has given in answer to a call which began at `asked`, and its renewal.
    pub(crate) fn new(
        script: &'static Script,
        parts: &'static [&'static str],
        object: &Arc<Object>,
        holder: &str,
        asked: Instant,
    ) -> (Arc<Lease>, Renewal) {
        let lease = Arc::new(Lease::new(object.cluster().lease(), asked));
        let renewal = Renewal {
            script,
            parts,
            object: Arc::clone(object),
            holder: holder.to_owned(),
            lease: Arc::clone(&lease),
        };
        (lease, renewal)
    }

    /// Has it renewed from now on, until the answer is dropped.
    pub(crate) fn begin(self) -> Result<Kept, ClusterError> {
        let object = Arc::clone(&self.object);
        object.cluster().keep(Arc::new(self))
    }
}

impl Renew for Renewal {
    fn renew(&self) -> Result<(), ClusterError> {
        if self.lease.is_over() {
            return Ok(());
        }
        let mut call = Call::new(self.script, &self.object);
        for part in self.parts {
            call = call.keys([part]);
        }
        let call = call
            .argument(self.holder.as_str())
            .argument(self.object.cluster().lease());
        let asked = Instant::now();
        match self.object.cluster().call_with(call, Effort::Once) {
            Ok(reply) if reply.integer()? == 1 => self.lease.renewed(asked),
            Ok(_) => drop(self.lease.over()),
            Err(error @ ClusterError::Gone { .. }) => {
                self.lease.over();
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn slot(&self) -> Option<u16> {
        Some(self.object.slot())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn long_ago() -> Instant {
        Instant::now().checked_sub(LONG).unwrap()
    }

    #[test]
    fn it_is_lost_a_while_before_the_server_gives_it_away() {
        let length = Duration::from_secs(1000);
        let asked = Instant::now()
            .checked_sub(Duration::from_secs(950))
            .unwrap();
        assert!(Lease::new(length, asked).is_lost());
        let asked = Instant::now()
            .checked_sub(Duration::from_secs(850))
            .unwrap();
        assert!(!Lease::new(length, asked).is_lost());
    }

    #[test]
    fn renewing_counts_from_when_the_call_began() {
        let lease = Lease::new(LONG / 2, long_ago());
        assert!(lease.is_lost());
        lease.renewed(Instant::now());
        assert!(!lease.is_lost());
        lease.renewed(long_ago());
        assert!(!lease.is_lost());
    }

    #[test]
    fn what_ends_in_time_was_taken_away() {
        let lease = Lease::new(LONG, Instant::now());
        assert_eq!(lease.over(), End::TakenAway);
        assert!(lease.is_lost());
        let lease = Lease::new(LONG / 2, long_ago());
        assert_eq!(lease.over(), End::RanOut);
    }
}
