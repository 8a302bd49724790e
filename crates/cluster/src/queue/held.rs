//! What a process has got and not yet marked as done.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::thread::{self, ThreadId};

use crate::payload::Remainder;

/// A message that was got and is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) id: String,
    pub(super) lease: Arc<str>,
    thread: ThreadId,
    /// A call is under way that marks it as done.
    is_being_done: bool,
    /// Such a call has failed: nobody knows whether the server has done it.
    pub(super) may_be_done: bool,
    /// What is to be removed when it is done.
    pub(super) remainder: Option<Remainder>,
}

/// What a process has got and not yet marked as done, in the order in which it got it.
#[derive(Debug, Default)]
pub(super) struct Holdings(VecDeque<Held>);

impl Holdings {
    pub(super) fn add(&mut self, id: String, lease: &Arc<str>, remainder: Option<Remainder>) {
        self.0.push_back(Held {
            id,
            lease: Arc::clone(lease),
            thread: thread::current().id(),
            is_being_done: false,
            may_be_done: false,
            remainder,
        });
    }

    /// Begins to mark one as done: the oldest that this thread has got, or else that the process has.
    pub(super) fn begin_done(&mut self) -> Option<Held> {
        let me = thread::current().id();
        let mut free = self.0.iter_mut().filter(|held| !held.is_being_done);
        let mut oldest = None;
        let chosen = loop {
            match free.next() {
                Some(held) if held.thread == me => break held,
                Some(held) => oldest = oldest.or(Some(held)),
                None => break oldest?,
            }
        };
        chosen.is_being_done = true;
        Some(chosen.clone())
    }

    /// It is done, or no longer this process's.
    pub(super) fn end_done(&mut self, done: &Held) {
        if let Some(position) = self.position(done) {
            self.0.remove(position);
        }
    }

    /// Nobody knows whether it is done.
    pub(super) fn fail_done(&mut self, failed: &Held) {
        let position = self.position(failed);
        if let Some(held) = position.and_then(|position| self.0.get_mut(position)) {
            held.is_being_done = false;
            held.may_be_done = true;
        }
    }

    fn position(&self, wanted: &Held) -> Option<usize> {
        let is_wanted = |held: &Held| held.id == wanted.id && held.lease == wanted.lease;
        self.0.iter().position(is_wanted)
    }

    /// How many are held under a lease.
    pub(super) fn count(&self, lease: &str) -> u64 {
        self.0.iter().filter(|held| *held.lease == *lease).count() as u64
    }

    /// Those of the ids that are not held under the lease.
    pub(super) fn unknown(&self, lease: &str, ids: Vec<String>) -> Vec<String> {
        let under_lease = self.0.iter().filter(|held| *held.lease == *lease);
        let known: HashSet<&str> = under_lease.map(|held| held.id.as_str()).collect();
        let mut ids = ids;
        ids.retain(|id| !known.contains(id.as_str()));
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holdings(ids: &[&str]) -> Holdings {
        let mut holdings = Holdings::default();
        for id in ids {
            holdings.add((*id).to_owned(), &Arc::from("lease"), None);
        }
        holdings
    }

    #[test]
    fn the_oldest_is_done_first_and_each_once() {
        let mut holdings = holdings(&["1", "2"]);
        let first = holdings.begin_done().expect("it holds two");
        let second = holdings.begin_done().expect("it holds two");
        assert_eq!((first.id.as_str(), second.id.as_str()), ("1", "2"));
        assert_eq!(holdings.begin_done(), None);
        holdings.fail_done(&second);
        holdings.end_done(&first);
        let again = holdings.begin_done().expect("it holds one");
        assert_eq!((again.id.as_str(), again.may_be_done), ("2", true));
    }

    #[test]
    fn a_thread_marks_its_own_first() {
        let mut holdings = holdings(&["1"]);
        thread::scope(|scope| {
            scope.spawn(|| {
                holdings.add("2".to_owned(), &Arc::from("lease"), None);
                assert_eq!(
                    holdings.begin_done().map(|held| held.id).as_deref(),
                    Some("2")
                );
                assert_eq!(
                    holdings.begin_done().map(|held| held.id).as_deref(),
                    Some("1")
                );
            });
        });
    }

    #[test]
    fn what_is_being_done_is_known() {
        let mut holdings = holdings(&["1"]);
        holdings.begin_done();
        let ids = vec!["1".to_owned(), "2".to_owned()];
        assert_eq!(holdings.unknown("lease", ids.clone()), ["2"]);
        assert_eq!(holdings.unknown("another", ids), ["1", "2"]);
        assert_eq!((holdings.count("lease"), holdings.count("another")), (1, 0));
    }
}
