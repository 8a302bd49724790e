//! What a client knows of its tasks.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use procession_engine::pool::Carried;

use super::{AT_ONCE, BYTES_AT_ONCE};

/// All tasks of a client that have no outcome, each kept until then: whatever the server loses, they can be put there again.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    tasks: HashMap<u64, Entry>,
    /// Those that are not on the server, by rank: of the highest priority first, and then the oldest.
    outgoing: BTreeSet<(i64, u64)>,
    /// Tasks on the server that are not wanted any more.
    pub(super) unwanted: Vec<String>,
    /// So many are with the server, or on their way there.
    sent: usize,
    /// The pool has ended, and nothing more comes.
    pub(super) is_over: bool,
}

#[derive(Debug)]
struct Entry {
    carried: Carried,
    place: Place,
    /// Of a process that has begun: the host that runs it.
    host: Option<String>,
}

/// What is to be done about a task that the server has lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nothing: what came of it is known by now.
    Settled,
    /// It is put on the server again.
    Submitted,
    /// It is a process that had begun on that host, and is not begun twice.
    Begun { host: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Among the outgoing.
    Here,
    /// Nobody knows yet whether the server has it.
    OnTheWay {
        is_wanted: bool,
    },
    There {
        id: String,
        since: Instant,
    },
}

fn rank(carried: &Carried) -> (i64, u64) {
    (-i64::from(carried.options.priority), carried.number)
}

impl Ledger {
    /// Takes tasks over.
    pub(super) fn add(&mut self, tasks: Vec<Carried>) {
        for carried in tasks {
            self.outgoing.insert(rank(&carried));
            let entry = Entry {
                place: Place::Here,
                host: None,
                carried,
            };
            self.tasks.insert(entry.carried.number, entry);
        }
    }

    /// Tasks without an outcome.
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Whether there is something that may be put on the server, where so many may be.
    pub(super) fn has_portion(&self, window: usize) -> bool {
        self.sent < window && !self.outgoing.is_empty()
    }

    /// Takes as many outgoing tasks as make one call, and may be on the server besides those that are.
    pub(super) fn take_portion(&mut self, window: usize) -> Vec<Carried> {
        let mut portion = Vec::new();
        let mut bytes = 0;
        while portion.len() < AT_ONCE && bytes < BYTES_AT_ONCE && self.sent < window {
            let Some((_, number)) = self.outgoing.pop_first() else {
                break;
            };
            if let Some(entry) = self.tasks.get_mut(&number) {
                entry.place = Place::OnTheWay { is_wanted: true };
                self.sent += 1;
                bytes += entry.carried.bytes.len();
                portion.push(entry.carried.clone());
            }
        }
        portion
    }

    /// Notes where a task is that was put on the server, unless what came of it is known already.
    pub(super) fn note_put(&mut self, number: u64, id: String, now: Instant) {
        let Some(entry) = self.tasks.get_mut(&number) else {
            return;
        };
        match entry.place {
            Place::OnTheWay { is_wanted: false } => {
                self.remove(number);
                self.unwanted.push(id);
            }
            _ => entry.place = Place::There { id, since: now },
        }
    }

    /// Takes a task out, since what came of it is known.
    pub(super) fn remove(&mut self, number: u64) {
        if let Some(Entry { carried, place, .. }) = self.tasks.remove(&number) {
            match place {
                Place::Here => drop(self.outgoing.remove(&rank(&carried))),
                Place::OnTheWay { .. } | Place::There { .. } => self.sent -= 1,
            }
        }
    }

    /// Takes tasks out that are not wanted any more.
    pub(super) fn cancel(&mut self, numbers: &[u64]) {
        for &number in numbers {
            match self.tasks.get_mut(&number).map(|entry| &mut entry.place) {
                Some(Place::OnTheWay { is_wanted }) => *is_wanted = false,
                Some(Place::There { id, .. }) => {
                    self.unwanted.push(std::mem::take(id));
                    self.remove(number);
                }
                Some(Place::Here) => self.remove(number),
                None => {}
            }
        }
    }

    /// Takes those of these tasks out that have not left; says which.
    pub(super) fn withdraw_outgoing(&mut self, numbers: &[u64]) -> Vec<u64> {
        let mut withdrawn = numbers.to_vec();
        withdrawn.retain(|number| {
            let entry = self.tasks.get(number);
            entry.is_some_and(|entry| entry.place == Place::Here)
        });
        withdrawn.iter().for_each(|&number| self.remove(number));
        withdrawn
    }

    /// Whether of any of these tasks nobody knows yet where it is.
    pub(super) fn is_any_on_the_way(&self, numbers: &[u64]) -> bool {
        let mut entries = numbers.iter().filter_map(|number| self.tasks.get(number));
        entries.any(|entry| matches!(entry.place, Place::OnTheWay { .. }))
    }

    /// Those of these tasks that are on the server, with what they are called there.
    pub(super) fn ids_of(&self, numbers: &[u64]) -> Vec<(u64, String)> {
        let ids = numbers
            .iter()
            .filter_map(|number| match &self.tasks.get(number)?.place {
                Place::There { id, .. } => Some((*number, id.clone())),
                _ => None,
            });
        ids.collect()
    }

    /// Tasks that the server has had for longer than that.
    pub(super) fn put_longer_ago_than(&self, age: Duration) -> Vec<(u64, String)> {
        let tasks = self.tasks.iter();
        tasks
            .filter_map(|(&number, entry)| match &entry.place {
                Place::There { id, since } if since.elapsed() >= age => Some((number, id.clone())),
                _ => None,
            })
            .collect()
    }

    /// The number of the task whose encoded arguments are these.
    pub(super) fn number_of(&self, is_it: impl Fn(&[u8]) -> bool) -> Option<u64> {
        let mut carried = self.tasks.values().map(|entry| &entry.carried);
        Some(carried.find(|carried| is_it(&carried.bytes))?.number)
    }

    /// Notes that a task, which is a process, has begun.
    pub(super) fn note_begun(&mut self, number: u64, host: &str) {
        if let Some(entry) = self.tasks.get_mut(&number) {
            entry.host = Some(host.to_owned());
        }
    }

    /// Processes that have begun: their numbers, what they are called on the server, and on which hosts.
    pub(super) fn begun(&self) -> Vec<(u64, String, String)> {
        let tasks = self.tasks.iter();
        tasks
            .filter_map(|(&number, entry)| match (&entry.place, &entry.host) {
                (Place::There { id, .. }, Some(host)) => Some((number, id.clone(), host.clone())),
                _ => None,
            })
            .collect()
    }

    /// What those processes are called that the server has had for longer than that, and of which nobody has told that they have begun.
    pub(super) fn unheard_for(&self, age: Duration) -> Vec<String> {
        let tasks = self.tasks.values();
        tasks
            .filter_map(|entry| match (&entry.place, &entry.host) {
                (Place::There { id, since }, None) if since.elapsed() >= age => Some(id.clone()),
                _ => None,
            })
            .collect()
    }

    /// Has a task put on the server again, which does not have it any more; unless what came of it is known by now, or it is a process that
    /// has begun.
    pub(super) fn resubmit(&mut self, number: u64, lost: &str) -> Lost {
        let Some(entry) = self.tasks.get_mut(&number) else {
            return Lost::Settled;
        };
        match (&entry.place, &entry.host) {
            (Place::There { id, .. }, Some(host)) if id == lost => {
                Lost::Begun { host: host.clone() }
            }
            (Place::There { id, .. }, None) if id == lost => {
                entry.place = Place::Here;
                self.outgoing.insert(rank(&entry.carried));
                self.sent -= 1;
                Lost::Submitted
            }
            _ => Lost::Settled,
        }
    }

    /// Takes all tasks out that somebody waits for, and that no host has begun as far as is known; says which.
    pub(super) fn give_up_all(&mut self) -> Vec<u64> {
        let wanted = self.tasks.iter().filter(|(_, entry)| {
            entry.place != Place::OnTheWay { is_wanted: false } && entry.host.is_none()
        });
        let numbers: Vec<u64> = wanted.map(|(&number, _)| number).collect();
        self.cancel(&numbers);
        numbers
    }
}
