//! Memory for messages, kept by each thread from one to the next.
//!
//! The allocator would give that of large ones back to the system each time, and getting it anew costs more than copying the message.

use std::cell::RefCell;

thread_local! {
    static SPARE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that a thread keeps at most.
const MOST: usize = 1 << 22;

/// The memory that was kept, or none.
pub(crate) fn take() -> Vec<u8> {
    SPARE.take()
}

/// The same bytes in memory of about their size, since they may be needed for long.
pub(crate) fn fitting(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.capacity() / 2 <= bytes.len() {
        return bytes;
    }
    let fitting = bytes.to_vec();
    keep(bytes);
    fitting
}

/// Keeps memory that is no longer needed, if it is more than what is kept and not too much.
pub(crate) fn keep(bytes: Vec<u8>) {
    // A thread that is ending has no place for it.
    let _ = SPARE.try_with(|spare| {
        if let Ok(mut spare) = spare.try_borrow_mut()
            && (spare.capacity()..=MOST).contains(&bytes.capacity())
        {
            *spare = bytes;
        }
    });
}
