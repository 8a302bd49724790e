//! Ending a phase.

use super::Barrier;
use super::phase::{FINISH, RESET};
use crate::keeper::Kept;
use crate::{ClusterError, SyncError};

/// The turn of the last one to come: the others wait until it [releases](Self::release) them.
///
/// If it is dropped instead, they are told when its lease ends.
#[derive(Debug)]
#[must_use = "the others wait"]
pub struct LastTurn {
    barrier: Barrier,
    name: String,
    phase: u64,
    _kept: Kept,
}

/// What came of giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// All had come in the meantime.
    Through {
        /// How many had come before this thread.
        index: u16,
    },
    /// The barrier is broken now; or this thread took no part.
    Broken,
}

impl LastTurn {
    pub(super) fn new(barrier: &Barrier, name: &str, phase: u64, kept: Kept) -> LastTurn {
        LastTurn {
            barrier: barrier.clone(),
            name: name.to_owned(),
            phase,
            _kept: kept,
        }
    }

    /// Lets the others go on.
    ///
    /// # Errors
    ///
    /// [`SyncError::BrokenBarrier`] if the barrier broke meanwhile, or was reset; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its
    /// like.
    pub fn release(self) -> Result<(), SyncError> {
        let end = self.barrier.finish("release", self.phase, &self.name)?;
        match end.as_str() {
            "released" => Ok(()),
            _ => Err(SyncError::BrokenBarrier),
        }
    }

    /// Breaks the barrier instead.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn give_up(self) -> Result<(), ClusterError> {
        let end = self.barrier.finish("give up", self.phase, &self.name);
        end.map(drop)
    }
}

impl Barrier {
    pub(super) fn give_up(&self, phase: u64, index: u16, name: &str) -> Result<GivenUp, SyncError> {
        match self.finish("give up", phase, name)?.as_str() {
            "released" => Ok(GivenUp::Through { index }),
            "ended" => Ok(GivenUp::Broken),
            _ => Err(SyncError::BrokenBarrier),
        }
    }

    fn finish(&self, how: &str, phase: u64, name: &str) -> Result<String, ClusterError> {
        let call = self.phase_call(&FINISH);
        let call = call.argument(how).argument(phase).argument(name);
        self.object.cluster().call(call)?.into_text()
    }

    /// Breaks the barrier: whoever waits is sent away, and whoever comes, until it is [reset](Self::reset).
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn abort(&self) -> Result<(), ClusterError> {
        let call = self.phase_call(&RESET).argument("abort");
        self.object.cluster().call(call).map(drop)
    }

    /// Makes the barrier as good as new; whoever waits is sent away.
    ///
    /// # Errors
    ///
    /// As [`abort`](Self::abort).
    pub fn reset(&self) -> Result<(), ClusterError> {
        let call = self.phase_call(&RESET).argument("reset");
        self.object.cluster().call(call).map(drop)
    }
}
