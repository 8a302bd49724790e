//! What clients do with tasks.

use super::{Board, flags};
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::script::{Script, script};

pub(super) static PUT: Script = script!("put");
pub(super) static CANCEL: Script = script!("cancel");
static AUDIT: Script = script!("audit");

/// A task on its way into the pool.
pub(crate) struct Submitted {
    pub(crate) priority: i32,
    /// As [`Task::seal`](crate::pool::task::Task::seal) makes it.
    pub(crate) sealed: Vec<u8>,
}

impl Board {
    /// Puts tasks into the pool; returns their ids, which sort as the tasks are to be begun.
    pub(crate) fn put(
        &self,
        client: &str,
        tasks: &[Submitted],
    ) -> Result<Vec<String>, ClusterError> {
        let batch = self.cluster().fresh_name()?;
        let priorities: Vec<String> = tasks.iter().map(|task| rank(task.priority)).collect();
        let mut call = Call::new(&PUT, &self.object)
            .keys(["h", "m", &self.ready, &self.wake, "b", "k"])
            .argument(client)
            .argument(self.code.as_str())
            .argument(batch.as_str());
        for (task, priority) in tasks.iter().zip(&priorities) {
            call = call
                .argument(priority.as_str())
                .argument(task.sealed.as_slice());
        }
        let first = self.cluster().call(call)?.count()?;
        let numbers = first..;
        let ids = priorities.iter().zip(numbers);
        Ok(ids
            .map(|(priority, number)| format!("{priority}-{number:016}-{batch}"))
            .collect())
    }

    /// Ends tasks that are not wanted any more; says for each whether it was still waiting. `also_running` ends those as well that
    /// a host holds.
    pub(crate) fn cancel(
        &self,
        also_running: bool,
        ids: &[String],
    ) -> Result<Vec<bool>, ClusterError> {
        let call = Call::new(&CANCEL, &self.object)
            .keys(["h", "m", &self.ready, "a", "x"])
            .argument(also_running)
            .arguments(ids.iter().map(String::as_str));
        flags(self.cluster().call(call)?)
    }

    /// Says for each task whether it waits or is held by a host; else it is answered, cancelled or lost.
    pub(crate) fn audit(&self, ids: &[String]) -> Result<Vec<bool>, ClusterError> {
        let call = Call::new(&AUDIT, &self.object)
            .keys(["m"])
            .arguments(ids.iter().map(String::as_str));
        flags(self.cluster().call_with(call, Effort::Once)?)
    }
}

/// Sorts before that of all lower priorities.
fn rank(priority: i32) -> String {
    format!("{:010}", i64::from(i32::MAX) - i64::from(priority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_priorities_sort_first() {
        let ranks = [i32::MAX, 7, 0, -7, i32::MIN].map(rank);
        assert!(ranks.is_sorted(), "{ranks:?}");
        assert!(ranks.iter().all(|rank| rank.len() == 10), "{ranks:?}");
    }
}
