//! Finding out which tasks the server has lost, and putting them there again.

use std::time::Duration;

use super::AT_ONCE;
use super::reader::Reader;
use crate::ClusterError;

/// Younger tasks are not asked for: most of them will be answered before that.
const AGE: Duration = Duration::from_secs(1);

impl Reader<'_> {
    /// Has all tasks submitted again that the server does not know any more, and has not answered.
    ///
    /// The order makes sure of that: a task leaves the server's list in the same step in which its answer is added to the replies. So
    /// if it is not in the list, its answer was among the replies before that was asked; whoever reads these to the end afterwards,
    /// and does not find it, knows that it will never come.
    pub(super) fn audit(&mut self) -> Result<(), ClusterError> {
        let old = self.client.lock().put_longer_ago_than(AGE);
        let mut missing = Vec::new();
        for portion in old.chunks(AT_ONCE) {
            let ids: Vec<String> = portion.iter().map(|(_, id)| id.clone()).collect();
            let are_there = self.client.board.audit(&ids)?;
            let absent = portion
                .iter()
                .zip(are_there)
                .filter(|(_, is_there)| !is_there);
            missing.extend(absent.map(|(task, _)| task.clone()));
        }
        if missing.is_empty() {
            return Ok(());
        }
        self.read_to_the_end()?;
        let lost = self.client.change(|ledger| {
            let lost = missing.iter();
            lost.filter(|(number, id)| ledger.resubmit(*number, id))
                .count()
        });
        if lost > 0 {
            tracing::warn!(
                tasks = lost,
                "the server has lost tasks; they are submitted again, and some may be carried out twice"
            );
        }
        Ok(())
    }
}
