//! A barrier: so many threads wait until all of them have come. The argument is in `README.md`.

mod arrival;
mod end;
mod phase;
#[cfg(test)]
mod script_tests;

use std::sync::Arc;

use procession_arena::Wait;

use crate::call::Call;
use crate::object::{Kind, Object};
use crate::script::{Script, script};
use crate::{Cluster, ClusterError, SyncError};

pub use arrival::{Arrival, Turn};
pub use end::{GivenUp, LastTurn};

static STATE: Script = script!("state");

/// A handle on a barrier, at which so many threads, of any processes, wait for each other. Clones are the same.
///
/// # If a process dies
///
/// While it waits, or while it acts as the last one: the barrier breaks when its lease ends, and all the others are told.
#[derive(Clone, Debug)]
pub struct Barrier {
    object: Arc<Object>,
    parties: u16,
}

impl Barrier {
    /// Makes a barrier for so many threads, none counting as one; or attaches to the one of that name.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if that one has other parties, [`ClusterError::Unavailable`] and its like.
    pub fn create(
        cluster: &Cluster,
        name: Option<&str>,
        parties: u16,
    ) -> Result<Barrier, ClusterError> {
        let object = Object::new(cluster, Kind::Barrier, name)?;
        let parties = parties.max(1);
        object.create(&[("parties", &parties.to_string())])?;
        Ok(Barrier {
            object: Arc::new(object),
            parties,
        })
    }

    /// A handle on the barrier that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<Barrier, ClusterError> {
        let object = Object::attach(cluster, Kind::Barrier, name)?;
        let [parties] = object.settings(["parties"])?.map(Option::unwrap_or_default);
        let parties = parties.parse().map_err(|_| {
            ClusterError::protocol(format!("{object} has a number of parties {parties:?}"))
        })?;
        Ok(Barrier {
            object: Arc::new(object),
            parties,
        })
    }

    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// How many threads must come.
    pub fn parties(&self) -> u16 {
        self.parties
    }

    /// Waits until all have come; returns how many had come before this thread.
    ///
    /// With [`Wait::Never`] it takes no part unless it is the last.
    ///
    /// # Errors
    ///
    /// [`SyncError::BrokenBarrier`] if the barrier is broken, or breaks meanwhile; [`SyncError::TimedOut`]: if this thread had arrived by then, the
    /// barrier breaks; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    ///
    /// # If a process dies
    ///
    /// One that waits: the barrier breaks.
    pub fn wait(&self, wait: Wait) -> Result<u16, SyncError> {
        match self.come(false, wait)? {
            Turn::Through { index } => Ok(index),
            // Nobody acts who did not say so.
            Turn::Last(turn) => turn.release().map(|()| self.parties - 1),
        }
    }

    /// As [`wait`](Self::wait), but the last to come may do something before the others go on.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # If a process dies
    ///
    /// One that waits, or the last one before it releases the others: the barrier breaks.
    pub fn arrive(&self, wait: Wait) -> Result<Turn, SyncError> {
        self.come(true, wait)
    }

    fn come(&self, acts: bool, wait: Wait) -> Result<Turn, SyncError> {
        let mut arrival = self.arrival(acts)?;
        match arrival.wait(wait) {
            Ok(Some(turn)) => Ok(turn),
            Ok(None) => match arrival.give_up()? {
                GivenUp::Through { index } => Ok(Turn::Through { index }),
                GivenUp::Broken => Err(SyncError::TimedOut),
            },
            Err(error) => Err(error),
        }
    }

    /// How many threads wait at this moment.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn n_waiting(&self) -> Result<u16, ClusterError> {
        self.state().map(|(_, waiting)| waiting)
    }

    /// Whether the barrier is broken at this moment.
    ///
    /// # Errors
    ///
    /// As [`n_waiting`](Self::n_waiting).
    pub fn is_broken(&self) -> Result<bool, ClusterError> {
        self.state().map(|(is_broken, _)| is_broken)
    }

    fn state(&self) -> Result<(bool, u16), ClusterError> {
        let call = Call::new(&STATE, &self.object).keys(["h", "z"]);
        let [is_broken, waiting] = self.object.cluster().call(call)?.into_parts()?;
        let waiting = u16::try_from(waiting.count()?).unwrap_or(u16::MAX);
        Ok((is_broken.integer()? == 1, waiting))
    }
}
