//! How many wait.

use procession_arena::{Participant, Result};

use super::{Condition, operation};

impl Condition {
    /// The number of living threads that wait and are not notified, which may have changed by now.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the condition is damaged.
    ///
    /// # If a process dies
    ///
    /// Its threads are not counted any more.
    pub fn waiting(&self, me: &Participant) -> Result<usize> {
        let view = self.view(me)?;
        let mut count = 0;
        me.arena().for_each_thread_on(view.handle, |thread| {
            let is_in_line = thread.operation == operation::WAIT
                && thread.count != 0
                && !view.is_notified(thread.count)
                && !thread.is_dead;
            count += usize::from(is_in_line);
            Ok(())
        })?;
        Ok(count)
    }
}
