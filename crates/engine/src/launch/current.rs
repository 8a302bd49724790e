//! What a process knows about itself.

use std::sync::OnceLock;

/// What a started process knows about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    pub(super) name: String,
    pub(super) daemon: bool,
}

impl Current {
    /// The name that the process was given when it was started.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the process ends with the process that started it.
    pub fn is_daemon(&self) -> bool {
        self.daemon
    }
}

static CURRENT: OnceLock<Current> = OnceLock::new();

/// What this process knows about itself; `None` in the first process of a session.
///
/// # Examples
///
/// ```
/// procession_engine::init();
/// assert!(procession_engine::current().is_none());
/// ```
pub fn current() -> Option<&'static Current> {
    CURRENT.get()
}

pub(super) fn set_current(current: Current) {
    // A process is assigned its work once.
    CURRENT.get_or_init(|| current);
}
