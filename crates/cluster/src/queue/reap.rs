//! Ending leases that have run out, or whose process gives them up.

use super::lease;
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::object::Object;
use crate::script::{Script, script};

pub(super) static REAP: Script = script!("reap");

/// Messages that one step of it moves; lost ones are copied.
const PORTION: usize = 200;

/// Ends leases that have run out; says how many messages are ready again.
pub(super) fn reap_all(
    queue: &Object,
    leases: Vec<String>,
    effort: Effort,
) -> Result<u64, ClusterError> {
    let mut ready_again = 0;
    for lease in leases {
        ready_again += reap(queue, &lease, false, effort)?;
    }
    Ok(ready_again)
}

/// Gives up this process's own lease, with one attempt: otherwise it runs out.
pub(super) fn leave(queue: &Object, lease: &str) -> Result<(), ClusterError> {
    reap(queue, lease, true, Effort::Once).map(drop)
}

fn reap(queue: &Object, lease: &str, is_own: bool, effort: Effort) -> Result<u64, ClusterError> {
    let mut ready_again = 0;
    loop {
        let call = Call::new(&REAP, queue)
            .keys(["h", "r", "m", "a", "c", "w", "j", "d"])
            .keys([&lease::part(lease)])
            .argument(lease)
            .argument(is_own)
            .argument(PORTION);
        let reply = queue.cluster().call_with(call, effort)?;
        let [left, lost, back] = reply.into_parts()?;
        let (left, lost, back) = (left.count()?, lost.count()?, back.count()?);
        ready_again += back;
        if lost + back > 0 {
            tracing::info!(%queue, lease, lost, ready_again = back, "a consumer's lease has ended");
        }
        if left == 0 {
            return Ok(ready_again);
        }
    }
}
