//! The calling thread's identity in the session.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use procession_arena::sys::fork_epoch;
use procession_arena::{Error, Participant};

use crate::session;

/// Runs an operation on the arena in the name of the calling thread.
///
/// The first call of a process begins a session or, in a child, has been preceded by joining its
/// parent's. The first call of a thread registers it; it stays registered until it ends. Calls
/// may be nested.
///
/// # Errors
///
/// Those of the operation, and those of beginning a session and registering a thread: no memory,
/// or no free slot.
///
/// # If a process dies
///
/// The thread's slot tells everybody so, and what the operation left is recovered.
///
/// # Examples
///
/// ```
/// procession_engine::init();
/// let process = procession_engine::with_participant(|me| {
///     Ok::<_, procession_arena::Error>(me.process())
/// })?;
/// # Ok::<(), procession_arena::Error>(())
/// ```
#[inline]
pub fn with_participant<T, E: From<Error>>(
    operation: impl FnOnce(&Participant) -> Result<T, E>,
) -> Result<T, E> {
    if REGISTRATION.try_with(|_| ()).is_ok() {
        REGISTRATION.with(|registration| registration.run(operation))
    } else {
        run_once(operation)
    }
}

/// For a thread whose thread-local storage is destroyed, as it is in exit handlers.
#[cold]
fn run_once<T, E: From<Error>>(
    operation: impl FnOnce(&Participant) -> Result<T, E>,
) -> Result<T, E> {
    let registered = Registered::new()?;
    operation(&registered.participant)
}

/// Runs code that may use the session while this thread is in the middle of another operation on it: a signal handler
/// that runs while the thread waits, for instance.
///
/// For that code the thread is another one, which neither disturbs the operation nor holds a reentrant lock that the
/// thread holds.
pub fn aside<T>(code: impl FnOnce() -> T) -> T {
    let former = REGISTRATION
        .try_with(|registration| registration.is_aside.replace(true))
        .unwrap_or(true);
    let value = code();
    if !former {
        REGISTRATION.with(|registration| {
            registration.is_aside.set(false);
            if let Some(registered) = registration.aside.take().and_then(Rc::into_inner) {
                registered.end();
            }
        });
    }
    value
}

/// Whether this thread runs code of [`aside`].
pub fn is_aside() -> bool {
    REGISTRATION
        .try_with(|registration| registration.is_aside.get())
        .unwrap_or(true)
}

thread_local! {
    static REGISTRATION: Registration = const {
        Registration {
            first: OnceCell::new(),
            in_copy: RefCell::new(None),
            is_aside: Cell::new(false),
            aside: RefCell::new(None),
        }
    };
}

/// The calling thread's participant, once it has one.
struct Registration {
    /// Never replaced, so that the common path need not count who uses it.
    first: OnceCell<Registered>,
    /// In a copy of the process made by `fork`, where the first is that of the parent's thread.
    in_copy: RefCell<Option<Registered>>,
    /// The thread is in the middle of an operation, and does something else meanwhile.
    is_aside: Cell<bool>,
    /// In whose name it does, once it needs one.
    aside: RefCell<Option<Rc<Registered>>>,
}

struct Registered {
    epoch: u64,
    participant: Participant,
}

impl Registration {
    #[inline]
    fn run<T, E: From<Error>>(
        &self,
        operation: impl FnOnce(&Participant) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.is_aside.get() {
            return self.run_aside(operation);
        }
        match self.first.get() {
            Some(registered) if registered.epoch == fork_epoch() => {
                operation(&registered.participant)
            }
            Some(_) => self.run_in_copy(operation),
            None => {
                let registered = Registered::new()?;
                operation(&self.first.get_or_init(|| registered).participant)
            }
        }
    }

    #[cold]
    fn run_aside<T, E: From<Error>>(
        &self,
        operation: impl FnOnce(&Participant) -> Result<T, E>,
    ) -> Result<T, E> {
        let known = self.aside.borrow().clone();
        let registered = match known {
            Some(registered) if registered.epoch == fork_epoch() => registered,
            _ => {
                let registered = Rc::new(Registered::new()?);
                self.aside.replace(Some(Rc::clone(&registered)));
                registered
            }
        };
        operation(&registered.participant)
    }

    #[cold]
    fn run_in_copy<T, E: From<Error>>(
        &self,
        operation: impl FnOnce(&Participant) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Ok(slot) = self.in_copy.try_borrow()
            && let Some(registered) = &*slot
            && registered.epoch == fork_epoch()
        {
            return operation(&registered.participant);
        }
        let registered = Registered::new()?;
        let Ok(mut slot) = self.in_copy.try_borrow_mut() else {
            // A copy of a copy, made inside an operation: the outer one still holds the slot.
            return operation(&registered.participant);
        };
        if let Some(of_parent) = slot.replace(registered) {
            of_parent.end();
        }
        drop(slot);
        self.run_in_copy(operation)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // It is lent out if the process exits inside an operation; whoever reaps the process ends it then.
        let in_copy = self.in_copy.try_borrow_mut();
        let in_copy = in_copy.ok().and_then(|mut slot| slot.take());
        for registered in [self.first.take(), in_copy].into_iter().flatten() {
            registered.end();
        }
        if let Some(registered) = self.aside.take().and_then(Rc::into_inner) {
            registered.end();
        }
    }
}

impl Registered {
    fn new() -> Result<Registered, Error> {
        let session = session::current()?;
        Ok(Registered {
            epoch: session.epoch(),
            participant: session.register_thread()?,
        })
    }

    fn end(self) {
        // In a copy made by `fork` the registration is that of the parent's thread.
        if self.epoch != fork_epoch() {
            self.participant.disown();
        }
    }
}
