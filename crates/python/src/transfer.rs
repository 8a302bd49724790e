//! Shared objects on their way, inside values that are encoded or decoded.
//!
//! As in the Rust face: a name alone keeps nothing alive. So while a value is encoded, each shared object in it notes its name in
//! a list of this thread; the list goes along with the bytes, and the message counts as one more holder of each.
//!
//! A value that goes to a server may be read on another machine, which has no part in this one's memory: objects in shared memory are refused there, and
//! objects on that server go by their names (`crate::cluster::travel`).

use std::cell::RefCell;

use procession_arena::Handle;
use procession_cluster::Cluster;
use procession_engine::with_participant;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::held::HandleNumbers;
use crate::session::meanwhile;

thread_local! {
    /// The values that are being encoded: code of the user may encode another in the middle of the first.
    static DEPARTURES: RefCell<Vec<Destination>> = const { RefCell::new(Vec::new()) };
    /// Where the value comes from that is being decoded, if that is a server.
    static ORIGIN: RefCell<Option<Cluster>> = const { RefCell::new(None) };
}

/// Where a value is to go.
#[derive(Clone, Copy)]
pub(crate) enum Goal<'a> {
    Session,
    /// An object on that server, which processes of this machine may read as well.
    Server(&'a Cluster),
    /// A worker host of that server.
    Host(&'a Cluster),
}

impl<'a> Goal<'a> {
    /// A worker: of this machine's, or a host's if there is a server.
    pub(crate) fn worker(server: Option<&'a Cluster>) -> Goal<'a> {
        server.map_or(Goal::Session, Goal::Host)
    }
}

/// Where a value goes.
enum Destination {
    /// Within the session, along with these objects.
    Session(Vec<Handle>),
    Server(Cluster),
    Host(Cluster),
}

/// The encoding of one value, in this thread.
pub(crate) struct Departure(());

impl Departure {
    pub(crate) fn begin(goal: Goal<'_>) -> Departure {
        let destination = match goal {
            Goal::Session => Destination::Session(Vec::new()),
            Goal::Server(server) => Destination::Server(server.clone()),
            Goal::Host(server) => Destination::Host(server.clone()),
        };
        DEPARTURES.with_borrow_mut(|departures| departures.push(destination));
        Departure(())
    }

    /// The objects that were noted.
    pub(crate) fn handles(self) -> Vec<Handle> {
        DEPARTURES.with_borrow_mut(|departures| match departures.last_mut() {
            Some(Destination::Session(handles)) => std::mem::take(handles),
            _ => Vec::new(),
        })
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        DEPARTURES.with_borrow_mut(Vec::pop);
    }
}

/// Notes that an object in shared memory goes along with the value that is being encoded; False if none is.
#[pyfunction]
pub(crate) fn note_travelling(handle: HandleNumbers) -> PyResult<bool> {
    let (index, generation) = handle;
    DEPARTURES.with_borrow_mut(|departures| match departures.last_mut() {
        Some(Destination::Session(handles)) => {
            handles.push(Handle { index, generation });
            Ok(true)
        }
        Some(Destination::Server(server) | Destination::Host(server)) => Err(PyTypeError::new_err(format!(
            "an object in this machine's shared memory cannot go to the server {}, where other machines could not use it: make it with the \
             context that procession.connect() has returned",
            server.address()
        ))),
        None => Ok(false),
    })
}

/// The address of the server to whose worker hosts the value goes that is being encoded; None if it does not.
#[pyfunction]
pub(crate) fn bound_for_hosts_of() -> Option<String> {
    DEPARTURES.with_borrow(|departures| match departures.last() {
        Some(Destination::Host(server)) => Some(server.address().to_string()),
        _ => None,
    })
}

/// What the value that is being encoded is bound for.
pub(crate) enum Bound {
    /// Nothing is being encoded.
    Nowhere,
    Session,
    Server(Cluster),
}

pub(crate) fn bound_for() -> Bound {
    DEPARTURES.with_borrow(|departures| match departures.last() {
        None => Bound::Nowhere,
        Some(Destination::Session(_)) => Bound::Session,
        Some(Destination::Server(server) | Destination::Host(server)) => {
            Bound::Server(server.clone())
        }
    })
}

/// While it exists, what this thread decodes comes from that server, or else from the session.
pub(crate) struct Origin(Option<Cluster>);

impl Origin {
    pub(crate) fn begin(server: Option<&Cluster>) -> Origin {
        Origin(ORIGIN.replace(server.cloned()))
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // A thread that is ending decodes nothing more.
        let _ = ORIGIN.try_with(|origin| origin.replace(self.0.take()));
    }
}

/// The server that the value comes from that is being decoded.
pub(crate) fn origin() -> Option<Cluster> {
    ORIGIN.with_borrow(Option::clone)
}

/// Objects that came along with a value, each attached once for it; lets go of them when dropped, that is after the value's
/// parts have attached them themselves.
pub(crate) struct Arrival(pub(crate) Vec<Handle>);

impl Drop for Arrival {
    fn drop(&mut self) {
        for handle in self.0.drain(..) {
            // A failure means that the session is damaged, which the next operation on it reports.
            let _ = meanwhile(|| with_participant(|me| me.detach(handle)));
        }
    }
}
