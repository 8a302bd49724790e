//! Lanes: each holds one call at a time, so that the record of a call is not overwritten by another one's while it may still be needed.

use std::sync::{Mutex, PoisonError};

/// The lanes of a process that are free, and how many there are.
#[derive(Default)]
pub(super) struct Lanes(Mutex<(Vec<u32>, u32)>);

/// A lane that is in use, and afterwards free again.
pub(super) struct Lane<'a> {
    lanes: &'a Lanes,
    pub(super) number: u32,
}

impl Lane<'_> {
    /// Has it never used again, because a call in it was given up that may still arrive: a server that was stopped carries out
    /// what it finds in its buffers when it goes on. It would overwrite the record of whichever call was in the lane then.
    pub(super) fn abandon(self) {
        std::mem::forget(self);
    }
}

impl Lanes {
    pub(super) fn take(&self) -> Lane<'_> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (free, count) = &mut *lanes;
        let number = free.pop().unwrap_or_else(|| {
            *count += 1;
            *count
        });
        Lane {
            lanes: self,
            number,
        }
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        let mut lanes = self.lanes.0.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.0.push(self.number);
    }
}
