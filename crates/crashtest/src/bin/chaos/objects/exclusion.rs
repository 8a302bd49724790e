//! Places where one may be at a time.

use procession::{Lock, LockError, RLock, SharedError, Value};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::random::Random;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Exclusion {
    lock: Lock,
    reentrant: RLock,
    in_lock: Value<u64>,
    in_reentrant: Value<u64>,
}

impl Exclusion {
    pub(super) fn new() -> Outcome<Exclusion> {
        Ok(Exclusion {
            lock: Lock::new()?,
            reentrant: RLock::new()?,
            in_lock: Value::new(0)?,
            in_reentrant: Value::new(0)?,
        })
    }

    pub(super) fn act(&self, name: u64, random: &mut Random) -> Outcome<()> {
        match random.below(2) {
            0 => self.enter(name, random),
            _ => self.enter_twice(name, random),
        }
    }

    fn enter(&self, name: u64, random: &mut Random) -> Outcome<()> {
        let tried = match random.below(4) {
            0 => self.lock.try_lock(),
            1 => self.lock.lock_timeout(random.moment()),
            _ => self.lock.lock(),
        };
        match inside(tried)? {
            Some((_guard, abandoned)) => stay(&self.in_lock, name, abandoned, random),
            None => Ok(()),
        }
    }

    fn enter_twice(&self, name: u64, random: &mut Random) -> Outcome<()> {
        let tried = match random.below(4) {
            0 => self.reentrant.try_lock(),
            1 => self.reentrant.lock_timeout(random.moment()),
            _ => self.reentrant.lock(),
        };
        let Some((_outer, abandoned)) = inside(tried)? else {
            return Ok(());
        };
        stay(&self.in_reentrant, name, abandoned, random)?;
        let _inner = self.reentrant.lock().map_err(SharedError::from)?;
        match self.reentrant.depth()? {
            2 => stay(&self.in_reentrant, name, false, random),
            depth => {
                Err(format!("the reentrant lock is held {depth} times instead of twice").into())
            }
        }
    }
}

/// The guard and whether somebody died with the lock; nothing if the time was over.
pub(super) fn inside<G>(tried: Result<G, LockError<G>>) -> Result<Option<(G, bool)>, SharedError> {
    match tried {
        Ok(guard) => Ok(Some((guard, false))),
        Err(LockError::Failed(SharedError::WouldBlock | SharedError::TimedOut)) => Ok(None),
        Err(error) => Ok(Some((error.into_guard()?, true))),
    }
}

/// Is inside for a moment. Unless somebody died inside, nobody is there who comes in or goes out.
fn stay(place: &Value<u64>, name: u64, abandoned: bool, random: &mut Random) -> Outcome<()> {
    let before = place.swap(name)?;
    if before != 0 && !abandoned {
        return Err(format!("{before} is inside while {name} comes in").into());
    }
    random.linger();
    match place.swap(0)? {
        after if after == name => Ok(()),
        after => Err(format!("{after} came in while {name} was inside").into()),
    }
}
