//! Histories of a lock, and of a reentrant one.

use std::marker::PhantomData;
use std::mem;
use std::time::Duration;

use procession::{Lock, LockError, RLock, SharedError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::chance::Chance;
use crate::search::{Answer, Model};
use crate::subject::{DONE, Subject};

/// The time that a wait with a limit lasts at most.
const LIMIT: Duration = Duration::from_micros(200);

const BUSY: Answer = 1;
const ABANDONED: Answer = 2;
const NOT_HELD: Answer = 3;
const HELD_BY_ANOTHER: Answer = 4;

pub(crate) struct OfLock<L>(PhantomData<L>);

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    /// Waits as long as it takes.
    Acquire,
    TryAcquire,
    /// Waits a moment.
    AcquireSoon,
    Release,
    IsLocked,
    /// What a process does last that is killed.
    Die,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Free,
    Held {
        by: usize,
        depth: u32,
    },
    /// Its holder has died, and nobody was told yet.
    Abandoned,
}

/// How the two locks differ, and what they have in common.
pub(crate) trait AnyLock: Clone + Serialize + DeserializeOwned + 'static {
    /// Whether its holder can acquire it again, and nobody else can release it.
    const IS_REENTRANT: bool;
    fn create() -> Result<Self, SharedError>;
    /// Acquires it and forgets the guard.
    fn acquire(&self, limit: Option<Duration>) -> Result<Answer, SharedError>;
    fn release(&self) -> Result<(), SharedError>;
    fn is_locked(&self) -> Result<bool, SharedError>;
}

/// The answer to an acquisition, whose guard is forgotten.
fn acquired<G>(tried: Result<G, LockError<G>>) -> Result<Answer, SharedError> {
    match tried {
        Ok(guard) => {
            mem::forget(guard);
            Ok(DONE)
        }
        Err(LockError::Failed(SharedError::WouldBlock | SharedError::TimedOut)) => Ok(BUSY),
        Err(error) => {
            mem::forget(error.into_guard()?);
            Ok(ABANDONED)
        }
    }
}

macro_rules! any_lock {
    ($lock:ty, $is_reentrant:literal, $is_locked:expr) => {
        impl AnyLock for $lock {
            const IS_REENTRANT: bool = $is_reentrant;

            fn create() -> Result<Self, SharedError> {
                <$lock>::new()
            }

            fn acquire(&self, limit: Option<Duration>) -> Result<Answer, SharedError> {
                match limit {
                    None => acquired(self.lock()),
                    Some(Duration::ZERO) => acquired(self.try_lock()),
                    Some(limit) => acquired(self.lock_timeout(limit)),
                }
            }

            fn release(&self) -> Result<(), SharedError> {
                <$lock>::release(self)
            }

            fn is_locked(&self) -> Result<bool, SharedError> {
                $is_locked(self)
            }
        }
    };
}

any_lock!(Lock, false, Lock::is_locked);
any_lock!(RLock, true, RLock::is_locked);

impl<L: AnyLock> Model for OfLock<L> {
    type Operation = Operation;
    type State = State;

    fn step(state: &State, process: usize, operation: &Operation) -> Option<(State, Answer)> {
        let held = State::Held {
            by: process,
            depth: 1,
        };
        Some(match (operation, *state) {
            (Operation::Die, State::Held { by, .. }) if by == process => (State::Abandoned, DONE),
            (Operation::Die, state) => (state, DONE),
            (Operation::IsLocked, state) => (state, matches!(state, State::Held { .. }).into()),
            (Operation::Release, State::Held { by, depth }) => match L::IS_REENTRANT {
                true if by != process => (*state, HELD_BY_ANOTHER),
                true if depth > 1 => (
                    State::Held {
                        by,
                        depth: depth - 1,
                    },
                    DONE,
                ),
                _ => (State::Free, DONE),
            },
            (Operation::Release, state) => (state, NOT_HELD),
            (_, State::Free) => (held, DONE),
            (_, State::Abandoned) => (held, ABANDONED),
            (_, State::Held { by, depth }) if L::IS_REENTRANT && by == process => (
                State::Held {
                    by,
                    depth: depth + 1,
                },
                DONE,
            ),
            (Operation::Acquire, State::Held { .. }) => return None,
            (_, State::Held { .. }) => (*state, BUSY),
        })
    }
}

impl<L: AnyLock> Subject for OfLock<L> {
    type Object = L;

    fn make(_: &mut Chance) -> Result<(L, State), SharedError> {
        Ok((L::create()?, State::Free))
    }

    /// Either all acquire and release in turn, or each does what comes to its mind, without waiting for ever.
    fn plan(round: u64, chance: &mut Chance, steps: usize) -> Vec<Operation> {
        match round % 2 {
            0 => in_turn(steps),
            _ => (0..steps).map(|_| any(chance)).collect(),
        }
    }

    fn perform(lock: &L, operation: &Operation) -> Result<Answer, SharedError> {
        match operation {
            Operation::Acquire => lock.acquire(None),
            Operation::TryAcquire => lock.acquire(Some(Duration::ZERO)),
            Operation::AcquireSoon => lock.acquire(Some(LIMIT)),
            Operation::Release => match lock.release() {
                Ok(()) => Ok(DONE),
                Err(SharedError::NotHeld) => Ok(NOT_HELD),
                Err(SharedError::HeldByAnother { .. }) => Ok(HELD_BY_ANOTHER),
                Err(error) => Err(error),
            },
            Operation::IsLocked => Ok(lock.is_locked()?.into()),
            Operation::Die => Ok(DONE),
        }
    }

    fn epilogue() -> Vec<Operation> {
        vec![Operation::IsLocked, Operation::TryAcquire]
    }

    fn death() -> Option<Operation> {
        Some(Operation::Die)
    }
}

fn in_turn(steps: usize) -> Vec<Operation> {
    let pair = [Operation::Acquire, Operation::Release];
    pair.into_iter().cycle().take(steps).collect()
}

fn any(chance: &mut Chance) -> Operation {
    match chance.below(8) {
        0..2 => Operation::TryAcquire,
        2..4 => Operation::AcquireSoon,
        4..7 => Operation::Release,
        _ => Operation::IsLocked,
    }
}
