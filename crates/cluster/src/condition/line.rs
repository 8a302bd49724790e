//! The line of those who wait, on the server.

use super::Condition;
use crate::ClusterError;
use crate::call::Call;
use crate::reply::Reply;
use crate::script::Script;

/// Streams that wake waiters: each wakes those whose tickets are the same modulo their number, which the scripts know, too.
const LANES: [&str; 16] = [
    "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11", "n12", "n13", "n14",
    "n15",
];

/// All parts of a condition.
pub(crate) const PARTS: &[&str] = &[
    "h", "o", "e", "g", "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11",
    "n12", "n13", "n14", "n15",
];

/// A script that begins with looking for those whose leases have ended.
macro_rules! line_script {
    ($name:literal) => {
        Script::new(
            $name,
            concat!(
                include_str!(concat!("scripts/", $name, ".lua")),
                include_str!("scripts/line.lua")
            ),
        )
    };
}

pub(super) static LOOK: Script = line_script!("look");
pub(super) static LEAVE: Script = line_script!("leave");
pub(super) static NOTIFY: Script = line_script!("notify");

/// Waiters that are notified by one call.
const PORTION: usize = 1000;

/// The lane of whoever has that ticket.
pub(super) fn lane(ticket: u64) -> &'static str {
    let number = usize::try_from(ticket % LANES.len() as u64).unwrap_or_default();
    LANES.get(number).copied().unwrap_or_default()
}

impl Condition {
    pub(super) fn line_call(&self, script: &'static Script) -> Call<'_> {
        let call = Call::new(script, &self.object);
        call.keys(["h", "o", "e", "g"]).keys(LANES)
    }

    /// Has up to so many of those who wait return, in the order in which they began to; says how many.
    ///
    /// The lock need not be held.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    ///
    /// # If a process dies
    ///
    /// Within `notify`: all of them return, or none; of more than a thousand, the first thousands, or none.
    pub fn notify(&self, count: usize) -> Result<usize, ClusterError> {
        let mut notified = 0;
        let mut upto = String::new();
        while notified < count {
            let portion = PORTION.min(count - notified);
            let call = self.line_call(&NOTIFY).argument(portion).argument(upto);
            let reply: [Reply; 2] = self.object.cluster().call(call)?.into_parts()?;
            let [found, last] = reply;
            let found = usize::try_from(found.count()?).unwrap_or(usize::MAX);
            notified += found;
            if found < portion {
                break;
            }
            upto = last.into_text()?;
        }
        Ok(notified)
    }

    /// Has all who wait return; says how many.
    ///
    /// # Errors
    ///
    /// As [`notify`](Self::notify).
    pub fn notify_all(&self) -> Result<usize, ClusterError> {
        self.notify(usize::MAX)
    }
}
