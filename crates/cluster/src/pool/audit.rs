//! Finding out which tasks the server has lost, and putting them there again.

use std::time::Duration;

use procession_engine::PoolError;

use super::AT_ONCE;
use super::client::Client;
use super::ledger::Lost;
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
        self.give_up_orphans()?;
        self.ask_for_begun()?;
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
        let lost: Vec<(u64, Lost)> = self.client.change(|ledger| {
            let missing = missing.iter();
            missing
                .map(|(number, id)| (*number, ledger.resubmit(*number, id)))
                .collect()
        });
        let submitted = lost.iter().filter(|(_, lost)| *lost == Lost::Submitted);
        let count = submitted.count();
        if count > 0 {
            tracing::warn!(
                tasks = count,
                "the server has lost tasks; they are submitted again, and some may be carried out twice"
            );
        }
        self.give_up_begun(lost);
        Ok(())
    }

    /// Asks for processes of which nothing was heard whether they have begun: the host may have told it when this client was not there, the
    /// server may have been away, or have lost it in a failover.
    fn ask_for_begun(&self) -> Result<(), ClusterError> {
        let Client { board, .. } = self.client;
        if board.has_processes() {
            let unheard = self.client.lock().unheard_for(AGE);
            unheard
                .iter()
                .try_for_each(|id| board.ask_whether_begun(id))?;
        }
        Ok(())
    }

    /// Tells of processes that had begun, and wait to be begun once more, that they are lost: whoever ran them was removed. Nobody need be there
    /// for that who would fetch them.
    fn give_up_orphans(&self) -> Result<(), ClusterError> {
        let begun = self.client.lock().begun();
        for portion in begun.chunks(AT_ONCE) {
            let ids: Vec<String> = portion.iter().map(|(_, id, _)| id.clone()).collect();
            let were_waiting = self.client.board.cancel(false, &ids)?;
            let lost = portion.iter().zip(were_waiting).filter(|(_, was)| *was);
            let lost = lost.map(|((number, _, host), _)| (*number, Err(host_lost(host))));
            self.client.settle(lost.collect());
        }
        Ok(())
    }

    /// Tells of processes that had begun, and of which the server knows no more, that they are lost.
    fn give_up_begun(&self, lost: Vec<(u64, Lost)>) {
        let begun = lost.into_iter().filter_map(|(number, lost)| match lost {
            Lost::Begun { host } => Some((number, Err(host_lost(&host)))),
            Lost::Settled | Lost::Submitted => None,
        });
        self.client.settle(begun.collect());
    }
}

fn host_lost(host: &str) -> PoolError {
    PoolError::HostLost {
        host: host.to_owned(),
        attempts: 1,
    }
}
