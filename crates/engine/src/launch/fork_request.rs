//! The words that a process exchanges with its fork server.

/// Asks for a child; the child's end of its control socket comes along.
pub(super) const REQUEST: &[u8] = b"fork";

/// What the fork server answers to a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// The child runs; its descriptor comes along.
    Started {
        /// Its number.
        pid: u32,
    },
    /// The system refused.
    Failed {
        /// The system's error number.
        error: i32,
    },
}

const STARTED: u8 = b'S';
const FAILED: u8 = b'F';

impl Reply {
    pub(super) fn encode(&self) -> [u8; 5] {
        let (kind, [a, b, c, d]) = match self {
            Reply::Started { pid } => (STARTED, pid.to_le_bytes()),
            Reply::Failed { error } => (FAILED, error.to_le_bytes()),
        };
        [kind, a, b, c, d]
    }

    /// `None` if the bytes are no reply.
    pub(super) fn decode(bytes: &[u8]) -> Option<Reply> {
        let &[kind, a, b, c, d] = bytes else {
            return None;
        };
        match kind {
            STARTED => Some(Reply::Started {
                pid: u32::from_le_bytes([a, b, c, d]),
            }),
            FAILED => Some(Reply::Failed {
                error: i32::from_le_bytes([a, b, c, d]),
            }),
            _ => None,
        }
    }
}
