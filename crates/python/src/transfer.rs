//! Shared objects on their way, inside values that are encoded or decoded.
//!
//! As in the Rust face: a name alone keeps nothing alive. So while a value is encoded, each shared object in it notes its name in
//! a list of this thread; the list goes along with the bytes, and the message counts as one more holder of each.

use std::cell::RefCell;

use procession_arena::Handle;
use procession_engine::with_participant;
use pyo3::prelude::*;

use crate::held::HandleNumbers;
use crate::session::meanwhile;

thread_local! {
    /// One list for each value that is being encoded: code of the user may encode another in the middle of the first.
    static LISTS: RefCell<Vec<Vec<Handle>>> = const { RefCell::new(Vec::new()) };
}

/// The encoding of one value, in this thread.
pub(crate) struct Departure(());

impl Departure {
    pub(crate) fn begin() -> Departure {
        LISTS.with_borrow_mut(|lists| lists.push(Vec::new()));
        Departure(())
    }

    /// The objects that were noted.
    pub(crate) fn handles(self) -> Vec<Handle> {
        LISTS.with_borrow_mut(|lists| lists.last_mut().map(std::mem::take).unwrap_or_default())
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        LISTS.with_borrow_mut(Vec::pop);
    }
}

/// Notes that a shared object goes along with the value that is being encoded; False if none is.
#[pyfunction]
pub(crate) fn note_travelling(handle: HandleNumbers) -> bool {
    let (index, generation) = handle;
    LISTS.with_borrow_mut(|lists| match lists.last_mut() {
        Some(list) => {
            list.push(Handle { index, generation });
            true
        }
        None => false,
    })
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
