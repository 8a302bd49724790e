//! Buffers that a thread keeps from one operation to the next.
//!
//! They are *taken out* for the time of an operation. User code that runs in the middle of it
//! (a `Serialize` that itself puts into a queue, a `Deserialize` that panics) finds the place empty
//! and works with fresh buffers: nothing is borrowed, so nothing can be borrowed twice.

use std::cell::Cell;

use procession_objects::{Batch, Message, Reading};

/// Bytes that a buffer may keep; a larger one goes back to the system after its use.
const KEPT: usize = 1 << 20;

/// The buffers of one thread.
#[derive(Default)]
pub(crate) struct Scratch {
    /// What is about to be put.
    pub(crate) outgoing: Vec<u8>,
    /// The key of the entry that it is about.
    pub(crate) key: Vec<u8>,
    /// What was read.
    pub(crate) reading: Reading,
    /// What was got.
    pub(crate) message: Message,
    /// What was got in one go.
    pub(crate) batch: Batch,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl Scratch {
    /// Lends this thread's buffers to `work`.
    ///
    /// A thread that is already tearing down its thread-locals gets fresh ones.
    #[inline]
    pub(crate) fn lend<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
        let mut scratch = SCRATCH
            .try_with(Cell::take)
            .ok()
            .flatten()
            .unwrap_or_default();
        let result = work(&mut scratch);
        scratch.give_up_large_buffers();
        let _gone = SCRATCH.try_with(|place| place.set(Some(scratch)));
        result
    }

    /// Gives up the memory of a batch in which there were `bytes`, if it is too much to keep.
    pub(crate) fn give_up_large_batch(&mut self, bytes: usize) {
        if bytes > KEPT {
            self.batch = Batch::default();
        }
    }

    #[inline]
    fn give_up_large_buffers(&mut self) {
        if self.outgoing.capacity() > KEPT {
            self.outgoing = Vec::new();
        }
        if self.key.capacity() > KEPT {
            self.key = Vec::new();
        }
        if self.reading.bytes.capacity() > KEPT {
            self.reading.bytes = Vec::new();
        }
        if self.message.bytes.capacity() > KEPT {
            self.message.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_borrower_gets_buffers_of_its_own() {
        Scratch::lend(|outer| {
            outer.outgoing.push(1);
            Scratch::lend(|inner| assert!(inner.outgoing.is_empty()));
            assert_eq!(outer.outgoing, [1]);
            outer.outgoing.clear();
        });
    }

    #[test]
    fn a_large_buffer_is_not_kept() {
        Scratch::lend(|scratch| scratch.outgoing.reserve(KEPT + 1));
        Scratch::lend(|scratch| assert!(scratch.outgoing.capacity() <= KEPT));
    }
}
