//! Whether a history is linearizable: whether its calls can be put into one order, in which each took
//! effect at one moment between its begin and its end, and gave the answer that it gave.
//!
//! # References
//!
//! - J. M. Wing and C. Gong: Testing and verifying concurrent objects. Journal of Parallel and Distributed
//!   Computing 17 (1993): the search.
//! - G. Lowe: Testing for linearizability. Concurrency and Computation: Practice and Experience 29 (2017):
//!   states that were tried once are not tried again.
//! - M. K. Aguilera and S. Frølund: Strict linearizability and the power of aborting. HP Labs, HPL-2003-241 (2003):
//!   what a call of a process that died may do: take effect before the death, or never.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

/// What a call gave back, as one number.
pub(crate) type Answer = u64;

/// What an object does when nobody disturbs it.
pub(crate) trait Model {
    type Operation: Debug;
    type State: Clone + Eq + Hash;

    /// The state after an operation by that process, and what it answers; nothing if it has to wait.
    fn step(
        state: &Self::State,
        process: usize,
        operation: &Self::Operation,
    ) -> Option<(Self::State, Answer)>;
}

/// An operation of one process, and when it was under way.
#[derive(Debug)]
pub(crate) struct Call<O> {
    pub(crate) process: usize,
    pub(crate) operation: O,
    pub(crate) begun: u64,
    /// When it had ended: by itself, or with its process.
    pub(crate) ended: u64,
    /// Nothing if its process died meanwhile.
    pub(crate) answer: Option<Answer>,
}

/// Calls by their places: bit *n* is call *n*.
type Calls = u64;

struct Search<'a, M: Model> {
    calls: &'a [Call<M::Operation>],
    tried: HashSet<(Calls, M::State)>,
}

/// Whether there is such an order that begins with `state`. The calls of a process are in its own order.
pub(crate) fn is_linearizable<M: Model>(calls: &[Call<M::Operation>], state: M::State) -> bool {
    assert!(calls.len() < 64, "a history of {} calls", calls.len());
    let mut search = Search::<M> {
        calls,
        tried: HashSet::new(),
    };
    search.goes_on(0, state)
}

impl<M: Model> Search<'_, M> {
    /// Whether the calls that are not yet in their places can follow.
    fn goes_on(&mut self, placed: Calls, state: M::State) -> bool {
        let left = || (0..self.calls.len()).filter(|call| placed & 1 << call == 0);
        if left().all(|call| self.calls[call].answer.is_none()) {
            return true;
        }
        if !self.tried.insert((placed, state.clone())) {
            return false;
        }
        let candidates: Vec<usize> = left()
            .filter(|call| self.can_be_next(*call, placed))
            .collect();
        for number in candidates {
            let call = &self.calls[number];
            let Some((after, answer)) = M::step(&state, call.process, &call.operation) else {
                continue;
            };
            let is_right = call.answer.is_none_or(|given| given == answer);
            if is_right && self.goes_on(placed | 1 << number, after) {
                return true;
            }
        }
        false
    }

    fn can_be_next(&self, number: usize, placed: Calls) -> bool {
        let call = &self.calls[number];
        self.calls.iter().enumerate().all(|(place, other)| {
            match placed & 1 << place == 0 {
                // What had ended before comes first, unless it never took effect.
                true => other.answer.is_none() || other.ended >= call.begun,
                // What never ended took effect before the death, and before what its process did then.
                false => {
                    other.begun <= call.ended && (other.process != call.process || place < number)
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word that is read and written.
    struct Word;

    #[derive(Clone, Copy, Debug)]
    enum Access {
        Read,
        Write(u64),
    }

    use Access::{Read, Write};

    impl Model for Word {
        type Operation = Access;
        type State = u64;

        fn step(state: &u64, _: usize, access: &Access) -> Option<(u64, Answer)> {
            match access {
                Read => Some((*state, *state)),
                Write(number) => Some((*number, 0)),
            }
        }
    }

    fn call(process: usize, times: (u64, u64), operation: Access, answer: Answer) -> Call<Access> {
        Call {
            process,
            operation,
            begun: times.0,
            ended: times.1,
            answer: Some(answer),
        }
    }

    fn killed(process: usize, times: (u64, u64), operation: Access) -> Call<Access> {
        Call {
            answer: None,
            ..call(process, times, operation, 0)
        }
    }

    fn is_right(calls: &[Call<Access>]) -> bool {
        is_linearizable::<Word>(calls, 0)
    }

    #[test]
    fn who_reads_while_another_writes_sees_either() {
        for seen in [0, 7] {
            assert!(is_right(&[
                call(0, (1, 4), Write(7), 0),
                call(1, (2, 3), Read, seen)
            ]));
        }
        assert!(!is_right(&[
            call(0, (1, 4), Write(7), 0),
            call(1, (2, 3), Read, 8)
        ]));
    }

    #[test]
    fn what_was_written_is_seen_afterwards() {
        let write = || call(0, (1, 2), Write(7), 0);
        assert!(is_right(&[write(), call(1, (3, 4), Read, 7)]));
        assert!(!is_right(&[write(), call(1, (3, 4), Read, 0)]));
    }

    #[test]
    fn nobody_sees_the_old_after_another_has_seen_the_new() {
        let write = || call(0, (1, 9), Write(7), 0);
        let reads = |one, other| [call(1, (2, 3), Read, one), call(2, (4, 5), Read, other)];
        for (one, other, expected) in [(0, 7, true), (7, 7, true), (7, 0, false)] {
            let [first, second] = reads(one, other);
            assert_eq!(is_right(&[write(), first, second]), expected);
        }
    }

    #[test]
    fn what_a_process_was_doing_when_it_was_killed_happened_or_did_not() {
        for seen in [0, 7] {
            let read = call(1, (5, 6), Read, seen);
            assert!(is_right(&[killed(0, (1, 3), Write(7)), read]));
        }
    }

    #[test]
    fn what_did_not_happen_before_the_death_never_does() {
        let reads = |one, other| [call(1, (4, 5), Read, one), call(1, (6, 7), Read, other)];
        let [first, second] = reads(0, 7);
        assert!(!is_right(&[killed(0, (1, 3), Write(7)), first, second]));
        let [first, second] = reads(0, 7);
        assert!(is_right(&[killed(0, (1, 5), Write(7)), first, second]));
    }
}
