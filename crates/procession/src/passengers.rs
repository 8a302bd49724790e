//! Handles that came along with messages and other values.

use procession_arena::{Error, Handle};
use procession_engine::with_participant;
use procession_objects::{Batch, Snapshot};

/// What carries handles; this process has attached each of them once.
pub(crate) trait Carrier {
    /// Calls `visit` with each handle.
    fn visit_handles(&self, visit: impl FnMut(Handle));
}

/// The handles of a single value.
impl Carrier for Vec<Handle> {
    #[inline]
    fn visit_handles(&self, visit: impl FnMut(Handle)) {
        self.iter().copied().for_each(visit);
    }
}

impl Carrier for Batch {
    fn visit_handles(&self, mut visit: impl FnMut(Handle)) {
        for index in 0..self.len() {
            self.handles(index)
                .unwrap_or_default()
                .iter()
                .copied()
                .for_each(&mut visit);
        }
    }
}

impl Carrier for Snapshot {
    fn visit_handles(&self, mut visit: impl FnMut(Handle)) {
        for entry in self.iter() {
            entry.handles.iter().copied().for_each(&mut visit);
        }
    }
}

/// Lets go of the objects when it is dropped, that is after the values have attached them
/// themselves, or have turned out not to want them.
pub(crate) struct Passengers<'a, C: Carrier>(pub(crate) &'a C);

impl<C: Carrier> Drop for Passengers<'_, C> {
    #[inline]
    fn drop(&mut self) {
        self.0.visit_handles(let_go);
    }
}

#[cold]
fn let_go(handle: Handle) {
    if let Err(error) = with_participant::<_, Error>(|me| me.detach(handle)) {
        tracing::warn!(%error, %handle, "an object that came with a value could not be let go of");
    }
}
