//! The mark that a thread leaves while it works on an object.

use procession_arena::{Handle, Intent, Participant, Result};

/// An operation that is under way: whoever reaps this thread will see it.
///
/// It begins before the first effect on the object and ends, when this is dropped, after the last wake.
#[derive(Debug)]
pub(crate) struct UnderWay<'a> {
    pub(crate) intent: Intent<'a>,
}

impl<'a> UnderWay<'a> {
    /// Announces an operation on the object.
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
