//! What this thread holds, and how often.

use std::cell::RefCell;
use std::collections::HashMap;

use procession_arena::sys::fork_epoch;

use crate::keeper::Kept;
use crate::lock::Hold;

/// A thread's hold of one lock.
struct Count {
    hold: Hold,
    depth: u32,
    _kept: Kept,
    epoch: u64,
}

thread_local! {
    /// By the full name of the lock.
    static COUNTS: RefCell<HashMap<String, Count>> = RefCell::default();
}

/// This thread's hold of a lock, and how often it has it.
pub(super) fn present(lock: &str) -> Option<(Hold, u32)> {
    with(|counts| {
        let count = counts
            .get(lock)
            .filter(|count| count.epoch == fork_epoch())?;
        Some((count.hold.clone(), count.depth))
    })
    .flatten()
}

/// This thread has a hold so often from now on.
pub(super) fn begin(lock: &str, hold: &Hold, depth: u32, kept: Kept) {
    let count = Count {
        hold: hold.clone(),
        depth,
        _kept: kept,
        epoch: fork_epoch(),
    };
    let former = with(|counts| counts.insert(lock.to_owned(), count));
    // Not while the map is in use.
    drop(former);
}

/// So often it is from now on.
pub(super) fn set_depth(lock: &str, depth: u32) {
    with(|counts| {
        if let Some(count) = counts.get_mut(lock) {
            count.depth = depth;
        }
    });
}

/// It has none any more.
pub(super) fn end(lock: &str) {
    let former = with(|counts| counts.remove(lock));
    drop(former);
}

/// `None` in a thread that is ending.
fn with<T>(work: impl FnOnce(&mut HashMap<String, Count>) -> T) -> Option<T> {
    COUNTS
        .try_with(|counts| work(&mut counts.borrow_mut()))
        .ok()
}
