//! A value that processes share.

mod arithmetic;
mod get_set;
mod on_server;
mod travel;
mod update;

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use procession_arena::Handle;
use procession_cluster::value::Value as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::{AtomicCell, Value as Core};

use crate::SharedError;
use crate::attachment::{Attachment, SharedObject};
use crate::place::Place;

/// One value of type `T` that any number of processes read and change.
///
/// A `T` is anything that serde can serialize and deserialize. Integers, floating-point numbers,
/// `bool` and `char` are kept as they are, and every operation on them is one atomic instruction
/// (or a short loop around one), as on the atomic types of the standard library. Any other value is kept
/// encoded and replaced as a whole: a reader gets the value before a change or the one after it, never a
/// mixture, and waits for nobody.
///
/// To change a value by what it was, do not [`get`](Value::get) and [`set`](Value::set) it: another
/// process may change it in between. Use [`fetch_add`](Value::fetch_add) and its like for numbers,
/// and [`update`](Value::update) for everything else. What should be changed *in part*, and by many,
/// is better off in several values or another object.
///
/// The value in your hand is a *handle*: cloning it is cheap, and it is a serde value that can be
/// passed to other processes as an argument, as a result, or inside other shared objects. What it names
/// ends with its last handle.
///
/// # Ordering
///
/// Whoever reads what another process wrote into a value also sees everything which that process had
/// written to shared objects before. Operations on numbers have one order that all processes agree on
/// (`SeqCst`).
///
/// # On a server
///
/// A value that a [`Cluster`](crate::Cluster) has made is the same in all but this:
///
/// - Each method asks the server, once in most cases, and fails with [`SharedError::Cluster`] if that cannot be used, or the value was unlinked.
/// - Numbers stand there in digits. Adding and subtracting is one step there; the other operations read, calculate and exchange, again if
///   somebody was faster. A NaN may come back as another NaN.
/// - Any other value has 64 MiB at most, and cannot hold handles of objects in this machine's memory.
/// - If the server loses the last moments of its data, as its settings may allow, the value is the one before them.
///
/// # If a process dies
///
/// In the middle of changing a value: it is the old one or the new one. Nobody ever waits for it.
///
/// # Examples
///
/// ```
/// use procession::{Process, SharedError, Value};
///
/// fn work(progress: Value<u32>, log: Value<Vec<String>>) -> Result<(), SharedError> {
///     for step in 0..100 {
///         progress.fetch_add(1)?;
///         if step == 50 {
///             log.update(|mut lines| {
///                 lines.push("half of it".to_owned());
///                 lines
///             })?;
///         }
///     }
///     Ok(())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let (progress, log) = (Value::new(0)?, Value::new(Vec::new())?);
///     let first = Process::spawn(work, (progress.clone(), log.clone()))?;
///     let second = Process::spawn(work, (progress.clone(), log.clone()))?;
///     first.join()??;
///     second.join()??;
///     assert_eq!(progress.get()?, 200);
///     assert_eq!(log.get()?, ["half of it", "half of it"]);
///     Ok(())
/// }
/// ```
pub struct Value<T> {
    place: Place<Core, OnServer>,
    // Values are encoded and decoded, never held: a handle is `Send` and `Sync` whatever `T` is.
    value: PhantomData<fn(T) -> T>,
}

impl SharedObject for Core {
    const NAME: &'static str = "value";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }
}

impl<T> Value<T> {
    fn of(place: Place<Core, OnServer>) -> Value<T> {
        Value {
            place,
            value: PhantomData,
        }
    }

    /// Which value it is, among all that this process can see.
    pub(crate) fn identity(&self) -> Identity {
        match &self.place {
            Place::Memory(value) => Identity::Memory(value.handle()),
            Place::Server(value) => {
                let object = value.object();
                Identity::Server(object.cluster().clone(), object.name().to_owned())
            }
        }
    }

    /// Removes a value that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is gone. One in
    /// memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }
}

/// Which value it is, among all that a process can see.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    Memory(Handle),
    Server(Cluster, String),
}

impl<T> Clone for Value<T> {
    fn clone(&self) -> Value<T> {
        Value {
            place: self.place.clone(),
            value: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("type", &format_args!("{}", type_name::<T>()))
            .finish()
    }
}

/// Does something with the word in shared memory that a value is.
#[inline]
fn with_cell<R>(
    value: &Attachment<Core>,
    work: impl FnOnce(AtomicCell<'_>) -> R,
) -> Result<R, SharedError> {
    Ok(value.with(|value, me| value.cell(me).map(work))?)
}
