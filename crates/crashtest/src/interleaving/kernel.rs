//! The part of the kernel: who sleeps on which words, and whom a wake meets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use procession_arena::mem::interleaving::{Address, Scheduler};
use procession_arena::sys::futex::Woken;
use shuttle::rand::Rng;
use shuttle::sync::mpsc::{Sender, channel};

/// When a sleep ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeouts {
    /// Never: a thread that nobody wakes is a deadlock, which the checker reports.
    Never,
    /// Once every thread sleeps, the shortest first: a slice is long beside everything else.
    WhenAllSleep,
    /// At any time as well.
    AnyTime,
}

/// Time-outs in a row after which a scenario counts as stuck.
const MOST_TIMEOUTS: u32 = 300;
/// Turns that a sleep lasts at most if it ends at any time.
const LONGEST_NAP: u32 = 40;

/// Who sleeps, and who is awake.
#[derive(Debug)]
pub(super) struct Kernel {
    timeouts: Timeouts,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sleepers: Vec<Sleeper>,
    next: u64,
    awake: usize,
    timed_out: u32,
}

#[derive(Debug)]
struct Sleeper {
    number: u64,
    words: Vec<Address>,
    timeout: Duration,
    /// `None` if it looks for itself whether it was woken.
    bed: Option<Sender<Woken>>,
}

impl Kernel {
    pub(super) fn new(timeouts: Timeouts, threads: usize) -> Arc<Kernel> {
        Arc::new(Kernel {
            timeouts,
            state: Mutex::new(State {
                awake: threads,
                ..State::default()
            }),
        })
    }

    /// A thread of the scenario has come to its end.
    pub(super) fn thread_ended(&self) {
        let due = {
            let mut state = self.state();
            state.awake -= 1;
            self.due(&mut state)
        };
        end_sleep(due);
    }

    /// Nobody is given a turn while the state is locked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose time is over now that every thread sleeps.
    fn due(&self, state: &mut State) -> Option<Sender<Woken>> {
        if state.awake > 0 || self.timeouts == Timeouts::Never {
            return None;
        }
        let shortest = state.sleepers.iter().map(|sleeper| sleeper.timeout).min()?;
        let candidates: Vec<usize> = (0..state.sleepers.len())
            .filter(|&index| state.sleepers[index].timeout == shortest)
            .collect();
        let chosen = candidates[shuttle::rand::thread_rng().gen_range(0..candidates.len())];
        state.timed_out += 1;
        assert!(
            state.timed_out < MOST_TIMEOUTS,
            "all threads sleep, and nothing comes of their looking"
        );
        state.awake += 1;
        state.sleepers.swap_remove(chosen).bed
    }

    fn sleep_until_woken(&self, words: &[Address], timeout: Duration) -> Woken {
        let (bed, woken) = channel();
        let due = {
            let mut state = self.state();
            state.lie_down(words, timeout, Some(bed));
            state.awake -= 1;
            self.due(&mut state)
        };
        end_sleep(due);
        woken.recv().unwrap_or(Woken::Perhaps)
    }

    /// Stays runnable, so that its time may be over at any turn.
    fn nap(&self, words: &[Address], timeout: Duration, turns: u32) -> Woken {
        let number = self.state().lie_down(words, timeout, None);
        for _ in 0..turns {
            next_turn();
        }
        let mut state = self.state();
        let place = state.sleepers.iter().position(|its| its.number == number);
        match place {
            Some(place) => {
                state.sleepers.swap_remove(place);
                Woken::TimedOut
            }
            None => Woken::Perhaps,
        }
    }
}

impl State {
    fn lie_down(
        &mut self,
        words: &[Address],
        timeout: Duration,
        bed: Option<Sender<Woken>>,
    ) -> u64 {
        self.next += 1;
        self.sleepers.push(Sleeper {
            number: self.next,
            words: words.to_vec(),
            timeout,
            bed,
        });
        self.next
    }

    /// Takes one of those who sleep on the word, whichever it is, from the list.
    fn rouse(&mut self, word: Address) -> Option<Sleeper> {
        let candidates: Vec<usize> = (0..self.sleepers.len())
            .filter(|&index| self.sleepers[index].words.contains(&word))
            .collect();
        if candidates.is_empty() {
            return None;
        }
        let chosen = candidates[shuttle::rand::thread_rng().gen_range(0..candidates.len())];
        let sleeper = self.sleepers.swap_remove(chosen);
        self.awake += usize::from(sleeper.bed.is_some());
        Some(sleeper)
    }
}

fn next_turn() {
    // To the model checker a sleep is just a turn.
    shuttle::thread::sleep(Duration::ZERO);
}

fn end_sleep(due: Option<Sender<Woken>>) {
    if let Some(bed) = due {
        let _ = bed.send(Woken::TimedOut);
    }
}

impl Scheduler for Kernel {
    fn turn(&self) {
        next_turn();
    }

    fn sleep(&self, words: &[Address], timeout: Duration) -> Woken {
        let mut chance = shuttle::rand::thread_rng();
        match self.timeouts {
            Timeouts::AnyTime if chance.gen_bool(0.5) => {
                self.nap(words, timeout, chance.gen_range(0..LONGEST_NAP))
            }
            _ => self.sleep_until_woken(words, timeout),
        }
    }

    fn wake(&self, word: Address, count: u32) -> u32 {
        let mut woken = Vec::new();
        {
            let mut state = self.state();
            while (woken.len() as u32) < count
                && let Some(sleeper) = state.rouse(word)
            {
                woken.push(sleeper);
            }
            state.timed_out = 0;
        }
        for bed in woken.iter().filter_map(|sleeper| sleeper.bed.as_ref()) {
            let _ = bed.send(Woken::Perhaps);
        }
        woken.len() as u32
    }
}
