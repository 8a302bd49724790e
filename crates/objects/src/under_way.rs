//! An operation that is announced, and over when the value is dropped.

use procession_arena::{Handle, Intent, Participant, Result};

/// An operation that is under way: whoever reaps this thread will see it.
#[derive(Debug)]
#[must_use = "the operation is over at once if the value is dropped"]
pub(crate) struct UnderWay<'a> {
    pub(crate) intent: Intent<'a>,
}

impl<'a> UnderWay<'a> {
    /// Announces an operation; must come before its first effect on the object.
    #[inline]
    pub(crate) fn begin(
        me: &'a Participant,
        operation: u8,
        object: Handle,
    ) -> Result<UnderWay<'a>> {
        Ok(UnderWay {
            intent: me.begin(operation, object)?,
        })
    }
}

impl Drop for UnderWay<'_> {
    #[inline]
    fn drop(&mut self) {
        self.intent.clear_target();
    }
}
