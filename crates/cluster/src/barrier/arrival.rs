//! Coming to a barrier, and waiting there.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use procession_arena::Wait;

use super::Barrier;
use super::end::{GivenUp, LastTurn};
use super::phase::{ARRIVE, LOOK};
use crate::keeper::Kept;
use crate::lease::Renewal;
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::waiting::wait_for;
use crate::{ClusterError, SyncError};

pub(super) static RENEW: Script = script!("renew");

/// What came of waiting.
#[derive(Debug)]
pub enum Turn {
    /// All have come.
    Through {
        /// How many had come before this thread.
        index: u16,
    },
    /// This thread was the last to come, and the others wait for it.
    Last(LastTurn),
}

/// Somebody who comes to a barrier.
///
/// If it is dropped before it has [waited](Self::wait) to the end or [given up](Self::give_up), it counts as dead when its lease ends.
#[derive(Debug)]
#[must_use = "the barrier breaks if nobody waits to the end"]
pub struct Arrival {
    barrier: Barrier,
    name: String,
    acts: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Not there yet; until that phase is over, if there is one, since somebody acts in it.
    Outside(Option<u64>),
    Waiting {
        phase: u64,
        index: u16,
        _kept: Kept,
    },
    /// It is through, or was sent away.
    Over,
}

/// What came of trying.
enum Attempt {
    Turn(Turn),
    /// Something is to be waited for, behind that signal.
    NotYet(String),
    /// It is not to wait.
    WouldWait,
}

impl Barrier {
    /// Comes to the barrier; it takes part once it [waits](Arrival::wait). If `acts`, the last to come may do something before the others go on.
    ///
    /// # Errors
    ///
    /// [`ClusterError::System`].
    pub fn arrival(&self, acts: bool) -> Result<Arrival, ClusterError> {
        Ok(Arrival {
            name: self.object.cluster().fresh_name()?,
            barrier: self.clone(),
            acts,
            stage: Stage::Outside(None),
        })
    }
}

impl Arrival {
    /// Waits until all have come; `None` if the time is over before. Then it can be called again, or given up.
    ///
    /// # Errors
    ///
    /// [`SyncError::BrokenBarrier`]; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn wait(&mut self, wait: Wait) -> Result<Option<Turn>, SyncError> {
        let signal = RefCell::new(String::new());
        let barrier = self.barrier.clone();
        let attempt = || match self.attempt(wait == Wait::Never)? {
            Attempt::Turn(turn) => Ok(Some(Some(turn))),
            Attempt::WouldWait => Ok(Some(None)),
            Attempt::NotYet(last) => {
                signal.replace(last);
                Ok(None)
            }
        };
        let pause = |slice: Duration| -> Result<(), SyncError> {
            let cluster = barrier.object.cluster();
            let last = signal.borrow();
            Ok(cluster.wait_for_signal(&barrier.object, "g", &last, slice)?)
        };
        let found: Result<_, SyncError> = wait_for(wait, attempt, pause);
        Ok(found?.flatten())
    }

    fn attempt(&mut self, never_waits: bool) -> Result<Attempt, SyncError> {
        match &self.stage {
            Stage::Outside(None) => self.arrive(never_waits),
            Stage::Outside(Some(phase)) => match self.look(*phase, "")? {
                Some(last) => Ok(Attempt::NotYet(last)),
                None => self.arrive(never_waits),
            },
            Stage::Waiting { phase, index, .. } => {
                let (phase, index) = (*phase, *index);
                match self.look(phase, &self.name) {
                    Ok(Some(last)) => Ok(Attempt::NotYet(last)),
                    Ok(None) => {
                        self.stage = Stage::Over;
                        Ok(Attempt::Turn(Turn::Through { index }))
                    }
                    Err(error) => Err(error),
                }
            }
            Stage::Over => Err(SyncError::BrokenBarrier),
        }
    }

    fn arrive(&mut self, never_waits: bool) -> Result<Attempt, SyncError> {
        let object = &self.barrier.object;
        let call = self.barrier.phase_call(&ARRIVE);
        let call = call
            .argument(self.name.as_str())
            .argument(object.cluster().lease())
            .argument(self.acts)
            .argument(never_waits);
        let asked = Instant::now();
        let mut reply = object.cluster().call(call)?.into_array()?;
        reply.resize(4, Reply::Integer(0));
        let [what, phase, index, last] = Reply::Array(reply).into_parts()?;
        let phase = phase.count()?;
        let index = u16::try_from(index.count()?).unwrap_or(u16::MAX);
        let kept = || {
            let (_, renewal) = Renewal::new(&RENEW, &["h", "z"], object, &self.name, asked);
            renewal.begin()
        };
        match what.into_text()?.as_str() {
            "early" => {
                self.stage = Stage::Outside(Some(phase));
                Ok(Attempt::NotYet(last.into_text()?))
            }
            "waits" => {
                self.stage = Stage::Waiting {
                    phase,
                    index,
                    _kept: kept()?,
                };
                Ok(Attempt::NotYet(last.into_text()?))
            }
            "acts" => {
                let turn = LastTurn::new(&self.barrier, &self.name, phase, kept()?);
                self.stage = Stage::Over;
                Ok(Attempt::Turn(Turn::Last(turn)))
            }
            "released" => {
                self.stage = Stage::Over;
                Ok(Attempt::Turn(Turn::Through { index }))
            }
            "would wait" => Ok(Attempt::WouldWait),
            _ => Err(SyncError::BrokenBarrier),
        }
    }

    /// The last signal if the phase goes on, `None` if it has been released.
    fn look(&self, phase: u64, name: &str) -> Result<Option<String>, SyncError> {
        let call = self.barrier.phase_call(&LOOK);
        let call = call.argument(phase).argument(name);
        let reply = self.barrier.object.cluster().call(call)?.into_array()?;
        let mut reply = reply.into_iter();
        let what = reply.next().unwrap_or(Reply::Nil).into_text()?;
        match (what.as_str(), reply.next()) {
            ("waits", Some(last)) => Ok(Some(last.into_text()?)),
            ("released", _) => Ok(None),
            _ => Err(SyncError::BrokenBarrier),
        }
    }

    /// Waits no more: if it takes part, and all the others have not come yet, the barrier breaks.
    ///
    /// # Errors
    ///
    /// [`SyncError::BrokenBarrier`] if the barrier is broken already; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn give_up(mut self) -> Result<GivenUp, SyncError> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Waiting { phase, index, .. } => self.barrier.give_up(phase, index, &self.name),
            Stage::Outside(_) | Stage::Over => Ok(GivenUp::Broken),
        }
    }
}
