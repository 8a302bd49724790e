//! How the handle of a shared object travels.
//!
//! On the wire the handle of an object in memory is two numbers, `{index, generation}`: the name of the object in the session.
//! A name alone keeps nothing alive. So while procession encodes a value, every handle in it notes
//! its name in a list of this thread ([`Transfer::handles`]); the list goes along with the bytes, and
//! the floor below counts the message as one more holder of each object. While procession decodes a
//! value, every handle attaches itself to its object, and only afterwards the message lets go.
//!
//! The handle of an object on a server is that object's name there (`on_server`), which needs nobody to hold it. Whatever goes to a server can carry
//! no others: what lies in this machine's memory is out of reach for other machines.
//!
//! Anywhere else (JSON, a file) the two numbers would mean nothing to their reader, so that a
//! handle refuses to be serialized, or deserialized, outside of procession's own transfers.

mod on_server;

use std::cell::{Cell, RefCell};

use procession_arena::Handle;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

pub(crate) use on_server::{FromServer, ServerName, ToServer};

/// What this thread is doing; a byte without a destructor, since every put and get sets it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Outside,
    Encoding,
    /// Encoding, and the last list of [`LISTS`] belongs to this value.
    EncodingHandles,
    Decoding,
}

thread_local! {
    static PHASE: Cell<Phase> = const { Cell::new(Phase::Outside) };

    /// One list for each value that is being encoded, has handles in it, and is not finished: user
    /// code may encode another value in the middle of the first.
    static LISTS: RefCell<Vec<Vec<Handle>>> = const { RefCell::new(Vec::new()) };
}

/// A value on its way to bytes or back, in this thread; ends when dropped.
pub(crate) struct Transfer {
    outer: Phase,
}

impl Transfer {
    #[inline]
    pub(crate) fn encoding() -> Transfer {
        Transfer {
            outer: PHASE.replace(Phase::Encoding),
        }
    }

    #[inline]
    pub(crate) fn decoding() -> Transfer {
        Transfer {
            outer: PHASE.replace(Phase::Decoding),
        }
    }

    /// The handles that were met while encoding.
    #[inline]
    pub(crate) fn handles(self) -> Vec<Handle> {
        match PHASE.replace(Phase::Encoding) {
            Phase::EncodingHandles => last_list(),
            _ => Vec::new(),
        }
    }
}

impl Drop for Transfer {
    #[inline]
    fn drop(&mut self) {
        if PHASE.replace(self.outer) == Phase::EncodingHandles {
            last_list();
        }
    }
}

#[cold]
fn last_list() -> Vec<Handle> {
    LISTS
        .try_with(|lists| lists.borrow_mut().pop())
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// Writes a handle, and notes that it goes along with the value that is being encoded.
pub(crate) fn serialize<S: Serializer>(handle: Handle, serializer: S) -> Result<S::Ok, S::Error> {
    if on_server::is_bound_for_server() {
        return Err(ser::Error::custom(IN_MEMORY));
    }
    let first = match PHASE.get() {
        Phase::Encoding => true,
        Phase::EncodingHandles => false,
        Phase::Outside | Phase::Decoding => return Err(ser::Error::custom(OUTSIDE)),
    };
    let noted = LISTS.try_with(|lists| {
        let mut lists = lists.borrow_mut();
        match lists.last_mut() {
            Some(list) if !first => list.push(handle),
            _ => lists.push(vec![handle]),
        }
    });
    noted.map_err(|_| ser::Error::custom("this thread has already ended"))?;
    PHASE.set(Phase::EncodingHandles);
    Wire::Memory(handle.index, handle.generation).serialize(serializer)
}

/// Any handle as it is written.
#[derive(Serialize, Deserialize)]
enum Wire {
    /// Index and generation.
    Memory(u32, u32),
    Server(ServerName),
}

/// Any handle that was read.
pub(crate) enum Arrived {
    Memory(Handle),
    Server(ServerName),
}

/// Writes the name of an object on a server.
pub(crate) fn serialize_name<S: Serializer>(
    name: ServerName,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match PHASE.get() {
        Phase::Encoding | Phase::EncodingHandles => Wire::Server(name).serialize(serializer),
        Phase::Outside | Phase::Decoding => Err(ser::Error::custom(OUTSIDE)),
    }
}

/// Reads a handle of either kind.
pub(crate) fn deserialize_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Arrived, D::Error> {
    if PHASE.get() != Phase::Decoding {
        return Err(de::Error::custom(OUTSIDE));
    }
    Ok(match Wire::deserialize(deserializer)? {
        Wire::Memory(index, generation) => Arrived::Memory(Handle { index, generation }),
        Wire::Server(name) => Arrived::Server(name),
    })
}

/// Reads a handle; the caller attaches it at once, while the message still holds the object.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Handle, D::Error> {
    match deserialize_any(deserializer)? {
        Arrived::Memory(handle) => Ok(handle),
        Arrived::Server(_) => Err(de::Error::custom(
            "an object on a server where one in memory was expected",
        )),
    }
}

/// A handle on its way out, as part of a value.
pub(crate) struct HandleOut(pub(crate) Handle);

impl Serialize for HandleOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.0, serializer)
    }
}

/// A handle that came as part of a value.
pub(crate) struct HandleIn(pub(crate) Handle);

impl<'de> Deserialize<'de> for HandleIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HandleIn, D::Error> {
        deserialize(deserializer).map(HandleIn)
    }
}

const OUTSIDE: &str = "a handle of a shared object travels only by procession itself: as an argument \
                       or result of a process, or inside another shared object";

const IN_MEMORY: &str = "an object in this machine's memory cannot go to other machines: make it with \
                         what `procession::connect` returned";
