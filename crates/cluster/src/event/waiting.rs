//! Waiting for an event.

use std::cell::RefCell;
use std::time::Duration;

use procession_arena::Wait;

use super::{Event, Look};
use crate::ClusterError;
use crate::waiting::wait_for;

/// Somebody who waits for an event, and has not given up.
#[derive(Debug)]
pub struct Waiting {
    event: Event,
    /// What was seen last, and not looked at yet.
    unused: Option<Look>,
    /// So often it had become set when the wait began.
    times: u64,
}

impl Waiting {
    pub(super) fn new(event: &Event, look: Look) -> Waiting {
        Waiting {
            event: event.clone(),
            times: look.times,
            unused: Some(look),
        }
    }

    /// Waits on; says whether the event has been set since the wait began, rather than that the time is over. It can be called again.
    ///
    /// # Errors
    ///
    /// As [`Event::is_set`].
    pub fn wait(&mut self, wait: Wait) -> Result<bool, ClusterError> {
        let (event, times, unused) = (&self.event, &mut self.times, &mut self.unused);
        let signal = RefCell::new(String::new());
        let look = || {
            let look = match unused.take() {
                Some(look) => look,
                None => event.look()?,
            };
            let was_set = look.is_set || look.times > *times;
            // Smaller than it was: the server has lost its last moments.
            *times = look.times;
            signal.replace(look.signal);
            Ok(was_set.then_some(()))
        };
        let pause = |slice: Duration| {
            let cluster = event.object.cluster();
            cluster.wait_for_signal(&event.object, "g", &signal.borrow(), slice)
        };
        let found: Result<_, ClusterError> = wait_for(wait, look, pause);
        Ok(found?.is_some())
    }
}
