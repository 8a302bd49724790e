//! This process's hold on a shared object, as long as there is the Python object.

use procession_arena::{Error, Handle, Participant};
use procession_engine::with_participant;
use procession_objects as objects;
use pyo3::prelude::*;

use crate::error::to_exception;
use crate::session::meanwhile;

/// An object in shared memory, as the floor below knows it.
pub(crate) trait SharedObject: Sized {
    /// Takes hold of the object that `handle` names.
    fn attach(me: &Participant, handle: Handle) -> Result<Self, Error>;

    /// Its name in every process of the session.
    fn handle(&self) -> Handle;

    /// Ends the hold.
    fn detach(&self, me: &Participant) -> Result<(), Error>;
}

macro_rules! shared_objects {
    ($($object:ident),*) => {$(
        impl SharedObject for objects::$object {
            fn attach(me: &Participant, handle: Handle) -> Result<Self, Error> {
                objects::$object::attach(me, handle)
            }

            fn handle(&self) -> Handle {
                objects::$object::handle(self)
            }

            fn detach(&self, me: &Participant) -> Result<(), Error> {
                objects::$object::detach(self, me)
            }
        }
    )*};
}

shared_objects!(
    Queue,
    Lock,
    ReentrantLock,
    Semaphore,
    Condition,
    Event,
    Barrier
);

/// A handle as Python code passes it around: `(index, generation)`.
pub(crate) type HandleNumbers = (u32, u32);

/// A hold on an object, which ends when this is dropped. Should the process be killed, the session ends it.
pub(crate) struct Held<O: SharedObject>(O);

impl<O: SharedObject> Held<O> {
    /// Takes hold of the object that `handle` names or, without one, of one that `create` makes.
    pub(crate) fn new(
        py: Python<'_>,
        handle: Option<HandleNumbers>,
        create: impl FnOnce(&Participant) -> Result<O, Error>,
    ) -> PyResult<Held<O>> {
        meanwhile(|| {
            with_participant(|me| match handle {
                Some((index, generation)) => O::attach(me, Handle { index, generation }),
                None => create(me),
            })
        })
        .map(Held)
        .map_err(|error| to_exception(py, error))
    }

    pub(crate) fn object(&self) -> &O {
        &self.0
    }

    pub(crate) fn handle(&self) -> HandleNumbers {
        let Handle { index, generation } = self.0.handle();
        (index, generation)
    }

    /// Does something with the object that cannot take long, as this thread.
    #[inline]
    pub(crate) fn with<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&O, &Participant) -> Result<T, Error>,
    ) -> PyResult<T> {
        with_participant(|me| work(&self.0, me)).map_err(|error| to_exception(py, error))
    }
}

impl<O: SharedObject> Drop for Held<O> {
    fn drop(&mut self) {
        // A failure means that the session is damaged, which the next operation on it reports.
        let _ = meanwhile(|| with_participant(|me| self.0.detach(me)));
    }
}
