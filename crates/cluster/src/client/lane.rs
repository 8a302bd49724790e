//! Lanes: each holds one call at a time, so that the record of a call is not overwritten by another one's while it may still be needed.

use std::sync::{Mutex, PoisonError};

/// The lanes of a process that are free, and how many there are.
#[derive(Default)]
pub(super) struct Lanes(Mutex<(Vec<u32>, u32)>);

/// A lane that is in use.
pub(super) struct Lane<'a> {
    lanes: &'a Lanes,
    pub(super) number: u32,
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
