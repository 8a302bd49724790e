//! Putting a condition right after a thread was killed in it.

use procession_arena::{Error, Handle, Object, Participant, Result};

use super::Condition;
use super::guarded::Guarded;
use super::layout::{self, LANE_COUNT};
use super::line::View;

impl Condition {
    /// Settles what dead threads have under way here; then wakes everybody, also those who wait for
    /// the lock: the dead may have released it, or been woken to take it.
    pub(super) fn recover(me: &Participant, object: Object) -> Result<()> {
        let header = layout::header(me.arena(), object.header)?;
        let view = View {
            header,
            handle: object.handle,
        };
        {
            let _line = layout::lock(header).acquire(me, || Ok(()))?;
            view.recover(me)?;
        }
        for lane in 0..LANE_COUNT {
            layout::lane(me.arena(), header, lane)?.notify_all();
        }
        let lock = Handle::unpack(header.word64::<{ layout::GUARDED }>().load());
        match me.arena().object(lock) {
            // The condition refers to it, so it is there for as long as anybody waits.
            Ok((object, kind)) => {
                Guarded::of(object, kind)?.ownership(me)?.wake_everybody();
                Ok(())
            }
            Err(Error::StaleHandle { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
