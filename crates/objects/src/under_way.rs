//! The announcement of an operation, which ends with it.

use procession_arena::{Handle, Intent, Participant, Result};

/// An operation that is under way: whoever reaps this thread will see it.
pub(crate) struct UnderWay<'a> {
    pub(crate) intent: Intent<'a>,
}

impl<'a> UnderWay<'a> {
    /// Announces an operation on `object`; it ends when the value is dropped.
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
