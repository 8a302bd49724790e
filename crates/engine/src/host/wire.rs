//! What callers and server write to each other.
//!
//! Each message is the bytes of the floor above followed by one of these as its trailer.

use procession_arena::Handle;
use serde::{Deserialize, Serialize};

use crate::launch::function::FunctionName;
use crate::launch::message::Completion;

/// Where an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ReturnAddress {
    queue: (u32, u32),
    /// Which of its calls the caller knows by this number.
    pub(super) number: u64,
}

impl ReturnAddress {
    pub(super) fn new(queue: Handle, number: u64) -> ReturnAddress {
        ReturnAddress {
            queue: (queue.index, queue.generation),
            number,
        }
    }

    pub(super) fn queue(self) -> Handle {
        let (index, generation) = self.queue;
        Handle { index, generation }
    }
}

/// What the server is started with.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Appointment {
    pub(super) manager: u64,
    pub(super) control: u64,
    pub(super) address: ReturnAddress,
}

/// What comes through the control queue.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// To make a value and to keep it. The first handle in the message is that of its call queue.
    Host {
        maker: FunctionName,
        address: ReturnAddress,
    },
    /// To end.
    ShutDown { address: ReturnAddress },
}

/// What comes through a value's call queue.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) method: FunctionName,
    pub(super) address: ReturnAddress,
}

/// What comes through an answer queue.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) number: u64,
    pub(super) completion: Completion,
}
