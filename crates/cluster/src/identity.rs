//! Who this process is to the server.

use std::sync::atomic::{AtomicU64, Ordering};

use procession_arena::sys::random::random;

use crate::ClusterError;

/// One life of one process: never configured and never used again, so that nobody is taken for somebody else.
#[derive(Debug)]
pub(crate) struct Identity {
    /// In hexadecimal digits.
    incarnation: String,
    calls: AtomicU64,
}

impl Identity {
    pub(crate) fn draw() -> Result<Identity, ClusterError> {
        let number = random().map_err(|error| ClusterError::system(&error))?;
        Ok(Identity {
            incarnation: format!("{number:016x}"),
            calls: AtomicU64::new(0),
        })
    }

    /// What this process is called on the server.
    pub(crate) fn incarnation(&self) -> &str {
        &self.incarnation
    }

    /// A name that nobody has used before, for a call, an object, or whatever needs one; 32 characters.
    pub(crate) fn fresh_name(&self) -> String {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        format!("{}{number:016x}", self.incarnation)
    }
}
