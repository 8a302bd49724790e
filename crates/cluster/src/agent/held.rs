//! The tasks that a host holds.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::underway::Underway;
use crate::payload::Remainder;
use crate::pool::HostMember;
use crate::process::Signal;

/// What is known of a task that the host holds.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    /// Tells it apart also from the same task, should the host get it twice.
    pub(super) serial: u64,
    pub(super) id: String,
    pub(super) client: String,
    /// The client's name for it.
    pub(super) number: u64,
    pub(super) attempt: u32,
    /// How often it may be begun.
    pub(super) attempts: u32,
    /// In which of its lives the host got it.
    pub(super) member: Arc<HostMember>,
    pub(super) since: Instant,
    /// What is to be released when the task has ended, if its arguments lie elsewhere on the server.
    pub(super) leftovers: Option<Remainder>,
}

/// The tasks that a host holds and has not handed in.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    tasks: HashMap<u64, HeldTask>,
    /// What was said to processes that were not there yet, and when.
    early: VecDeque<(Instant, Word)>,
}

#[derive(Debug)]
struct HeldTask {
    ticket: Ticket,
    /// Nothing as long as it has not been begun.
    underway: Option<Underway>,
}

/// What is said to processes from afar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A signal for the process that this task has started.
    Signal { id: String, signal: Signal },
    /// The client of the process that this task has started asks whether it has begun.
    Ask { id: String },
    /// A client has gone, and the daemonic processes are to go as well for which it had asked by then: those up to this number.
    Gone { client: String, last: u64 },
}

impl Word {
    fn concerns(&self, ticket: &Ticket) -> bool {
        match self {
            Word::Signal { id, .. } | Word::Ask { id } => *id == ticket.id,
            Word::Gone { client, last } => {
                *client == ticket.client && number(&ticket.id).is_some_and(|number| number <= *last)
            }
        }
    }
}

/// The server's count of tasks when that one was put there: `PRIORITY-NUMBER-BATCH`.
fn number(id: &str) -> Option<u64> {
    id.split('-').nth(1)?.parse().ok()
}

impl Held {
    pub(super) fn add(&self, ticket: Ticket) {
        let serial = ticket.serial;
        let task = HeldTask {
            ticket,
            underway: None,
        };
        self.lock().tasks.insert(serial, task);
    }

    /// Notes what carries a task out; says what was said to it before that.
    pub(super) fn note_underway(&self, serial: u64, underway: Underway) -> Vec<Word> {
        let mut inner = self.lock();
        let Inner { tasks, early } = &mut *inner;
        let Some(task) = tasks.get_mut(&serial) else {
            return Vec::new();
        };
        task.underway = Some(underway);
        let words = early.iter().map(|(_, word)| word);
        words
            .filter(|word| word.concerns(&task.ticket))
            .cloned()
            .collect()
    }

    /// Those to whom something is said. It is kept for `memory`, for processes that the host is just getting.
    pub(super) fn underway_for(&self, word: Word, memory: Duration) -> Vec<(Ticket, Underway)> {
        let mut inner = self.lock();
        let Inner { tasks, early } = &mut *inner;
        let concerned = tasks.values().filter(|task| word.concerns(&task.ticket));
        let concerned = concerned
            .filter_map(|task| Some((task.ticket.clone(), task.underway.clone()?)))
            .collect();
        let now = Instant::now();
        early.retain(|(since, _)| now.duration_since(*since) < memory);
        early.push_back((now, word));
        concerned
    }

    /// Forgets what was said to processes: the numbers in it mean nothing any more.
    pub(super) fn forget_words(&self) {
        self.lock().early.clear();
    }

    /// What came of the task has been handed in.
    pub(super) fn remove(&self, serial: u64) {
        let removed = self.lock().tasks.remove(&serial);
        // What carries it out goes without the lock.
        drop(removed);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().tasks.is_empty()
    }

    /// All that have not been handed in.
    pub(super) fn tickets(&self) -> Vec<Ticket> {
        let inner = self.lock();
        inner
            .tasks
            .values()
            .map(|task| task.ticket.clone())
            .collect()
    }

    /// What those are called that the host got in this life of its.
    pub(super) fn ids_of(&self, member: &Arc<HostMember>) -> Vec<String> {
        let inner = self.lock();
        let tickets = inner.tasks.values().map(|task| &task.ticket);
        tickets
            .filter(|ticket| Arc::ptr_eq(&ticket.member, member))
            .map(|ticket| ticket.id.clone())
            .collect()
    }

    /// What carries them out.
    pub(super) fn underway(&self) -> Vec<Underway> {
        let inner = self.lock();
        let tasks = inner.tasks.values();
        tasks.filter_map(|task| task.underway.clone()).collect()
    }

    /// What carries out the task of that id.
    pub(super) fn underway_of(&self, id: &str) -> Vec<Underway> {
        let inner = self.lock();
        let tasks = inner.tasks.values().filter(|task| task.ticket.id == id);
        tasks.filter_map(|task| task.underway.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(number: u64) -> Ticket {
        Ticket {
            serial: number,
            id: format!("2147483647-{number:016}-batch"),
            client: "client".to_owned(),
            number,
            attempt: 1,
            attempts: 1,
            member: Arc::new(HostMember::new("heron", 7, "incarnation", "code")),
            since: Instant::now(),
            leftovers: None,
        }
    }

    #[test]
    fn what_a_client_asks_for_after_it_has_come_back_does_not_go_with_it() {
        let gone = |client: &str| Word::Gone {
            client: client.to_owned(),
            last: 9,
        };
        for (number, client, concerns) in [
            (9, "client", true),
            (10, "client", false),
            (9, "other", false),
        ] {
            assert_eq!(gone(client).concerns(&ticket(number)), concerns, "{number}");
        }
    }

    #[test]
    fn a_signal_is_for_one_process() {
        let signal = Word::Signal {
            id: ticket(9).id,
            signal: Signal::Kill,
        };
        assert!(signal.concerns(&ticket(9)) && !signal.concerns(&ticket(10)));
    }
}
