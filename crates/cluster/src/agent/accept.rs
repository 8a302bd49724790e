//! A task on its way from the server to the local pool.

use std::sync::Arc;
use std::time::Instant;

use procession_engine::PoolError;
use procession_engine::pool::{Item, Job, JobSettings, Order, Outcome as Local};

use super::duty::{Begin, Duty};
use super::held::Ticket;
use super::station::Station;
use super::underway::Underway;
use super::verdict::Verdict;
use crate::pool::{Fetched, HostMember, Outcome, Task, TaskAddress, leftovers};

impl Station {
    /// Has a task carried out, or says why it is not.
    pub(super) fn accept(self: &Arc<Station>, member: &Arc<HostMember>, fetched: Fetched) {
        let Fetched {
            id,
            attempt,
            failed_host,
            sealed,
        } = fetched;
        let address = TaskAddress::of(&sealed).unwrap_or_default();
        let mut ticket = Ticket {
            serial: self.next_serial(),
            id,
            client: address.client,
            number: address.number,
            attempt,
            attempts: 1,
            member: Arc::clone(member),
            since: Instant::now(),
            leftovers: leftovers(&sealed),
        };
        let task = match Task::open(self.board.object(), &member.code, &sealed) {
            Ok(task) => task,
            Err(error) => {
                self.held.add(ticket.clone());
                let reason = error.to_string();
                return self.finish(ticket, Verdict::refusal(Outcome::Refused { reason }));
            }
        };
        ticket.attempts = task.header.attempts;
        self.held.add(ticket.clone());
        if attempt > ticket.attempts {
            let verdict = Verdict::host_lost(&failed_host, attempt - 1);
            return self.finish(ticket, verdict);
        }
        match &self.duty {
            Duty::Processes { start } => self.begin_process(start, ticket, &task),
            Duty::Tasks { begin, .. } => {
                if let Err(error) = self.begin_task(&**begin, &ticket, task) {
                    self.conclude(ticket, &Err(error));
                }
            }
        }
    }

    fn begin_task(&self, begin: &Begin, ticket: &Ticket, task: Task) -> Result<(), PoolError> {
        let (finished, told) = (self.finished.clone(), ticket.clone());
        let stop = self.stop.clone();
        let settings = JobSettings {
            label: "task".into(),
            options: task.options(),
            order: Order::AsSubmitted,
            callback: Some(Box::new(move |outcomes: &[Local]| {
                let Some(ended) = outcomes.first() else {
                    return;
                };
                let verdict = Verdict::of(&told, ended, !stop.is_serving());
                // The other end is there until it has been told that nothing more comes.
                let _ = finished.send(Some((told, verdict)));
            })),
            attended: true,
        };
        let job: Arc<Job> = Arc::new(begin(task.header.work, settings)?);
        self.held
            .note_underway(ticket.serial, Underway::Job(Arc::clone(&job)));
        job.push(Item::new(task.bytes, &[])?)?;
        job.seal();
        Ok(())
    }

    fn conclude(&self, ticket: Ticket, ended: &Local) {
        let verdict = Verdict::of(&ticket, ended, !self.stop.is_serving());
        self.finish(ticket, verdict);
    }
}
