//! Objects that a process keeps for others, and no longer than the others want them.
//!
//! A server holds the queue in which its clients' requests come. So the queue does not end with its last
//! client; the server must learn that nobody will ask any more. The *keeper* of an object is the one
//! holder that does not count for that: once nothing but the keeper leads to the object, its kind is
//! told ([`ObjectKind::left_to_keeper`](super::ObjectKind::left_to_keeper)), by whoever let go last or by
//! the reaper in his stead.

use crate::error::{Error, Result};
use crate::object_table::Handle;
use crate::object_table::attachment::Reach;
use crate::object_table::entry::EntryState;
use crate::registry::Participant;

impl Participant {
    /// Makes this process, which holds the object, its keeper.
    ///
    /// It must not send the handle on afterwards: it would hand out what may have been left to it.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the object is gone.
    ///
    /// # If a process dies
    ///
    /// If it is the keeper: the object lives on by its other holders. If it is the last other
    /// holder: whoever reaps it leaves the object to its keeper.
    pub fn keep(&self, handle: Handle) -> Result<()> {
        let (entry, _) = self.arena().entry(handle)?;
        entry.set_keeper(Some(self.process()));
        // The last other holder may have let go before he could see that there is a keeper.
        self.leave_to_keeper(handle)
    }

    /// Tells the object that nothing but its keeper leads to it any more, if that is so.
    ///
    /// May be called at any time: by whoever let go of it, or by the keeper to make sure.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if an object is damaged.
    pub fn leave_to_keeper(&self, handle: Handle) -> Result<()> {
        let mut others = Vec::new();
        self.look_whether_left(handle, &mut others)?;
        self.destroy_all_unreachable(others)
    }

    /// As [`leave_to_keeper`](Self::leave_to_keeper); `others` gets what may have become unreachable by it.
    ///
    /// False if a process held it besides during the look, so that it is too early to tell.
    pub(super) fn look_whether_left(
        &self,
        handle: Handle,
        others: &mut Vec<Handle>,
    ) -> Result<bool> {
        let (entry, status) = match self.arena().entry(handle) {
            Err(Error::StaleHandle { .. }) => return Ok(true),
            found => found?,
        };
        let keeper = entry.keeper();
        if status.state != EntryState::Live || keeper.is_none() {
            return Ok(true);
        }
        match self.reach(handle, entry, keeper, others)? {
            Reach::Nothing => {}
            Reach::Handle => return Ok(true),
            Reach::Process => return Ok(false),
        }
        // Held, so that it stays what it is.
        match self.attach(handle) {
            Ok((object, kind)) => {
                let told = kind.left_to_keeper(self, object);
                // Whoever holds it now, its keeper or another, has been told, or will look when he lets go.
                if self.let_go(handle)? && !entry.has_holder()? {
                    others.push(handle);
                }
                told.map(|()| true)
            }
            Err(Error::StaleHandle { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
