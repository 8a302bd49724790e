//! What goes through a queue, outside of shared memory.

use procession_arena::Handle;

/// A message as it was taken from a queue. Reuse one for many calls: its memory is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Handles that the message carried; this process has attached each of them once.
    pub handles: Vec<Handle>,
    /// How often the message was delivered, this time included; more than one only if a consumer
    /// was lost.
    pub deliveries: u32,
}

impl Message {
    /// Forgets the message, but keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.handles.clear();
    }
}

/// Several messages taken at once. Reuse one for many calls: its memory is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub(super) bytes: Vec<u8>,
    pub(super) messages: Vec<Taken>,
    pub(super) handles: Vec<Handle>,
}

/// Where a message of a batch stands in its bytes and handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) handles_end: usize,
    pub(super) deliveries: u32,
}

impl Batch {
    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Forgets all messages, but keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
        self.handles.clear();
    }

    /// The bytes of message `index`, in the order in which the queue gave them.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let taken = self.messages.get(index)?;
        self.bytes.get(taken.start..taken.end)
    }

    /// The handles that message `index` carried; this process has attached each of them once.
    pub fn handles(&self, index: usize) -> Option<&[Handle]> {
        let end = self.messages.get(index)?.handles_end;
        let start = index
            .checked_sub(1)
            .and_then(|before| self.messages.get(before));
        self.handles
            .get(start.map_or(0, |before| before.handles_end)..end)
    }

    /// How often message `index` was delivered, this time included.
    pub fn deliveries(&self, index: usize) -> Option<u32> {
        self.messages.get(index).map(|taken| taken.deliveries)
    }
}
