//! Closing a queue.

use procession_arena::{Participant, Result};

use super::layout;
use super::{Queue, operation};

impl Queue {
    /// Closes the queue for good: no more puts; what is in it can still be taken.
    ///
    /// Everybody who waits is woken. Closing a closed queue does nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the queue is damaged.
    pub fn close(&self, me: &Participant) -> Result<()> {
        let _under_way = self.begin(me, operation::CLOSE)?;
        let header = self.header(me)?;
        {
            let _producers =
                layout::put_lock(header).acquire(me, || self.recover_producers(me, header))?;
            header.word32::<{ layout::CLOSED }>().store(1);
        }
        layout::wake_everybody(header);
        Ok(())
    }

    /// True if the queue was closed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the queue is damaged.
    pub fn is_closed(&self, me: &Participant) -> Result<bool> {
        Ok(self.header(me)?.word32::<{ layout::CLOSED }>().load() != 0)
    }
}
