//! A memory in which a scheduler decides which thread comes next.
//!
//! While a [`Scheduler`] is installed in a thread of the operating system, each access to shared memory and
//! each sleep passes through it first. It runs the threads of a model as coroutines in that one real
//! thread, so that between two of its turns nothing else happens: what it explores is every order of whole
//! accesses, as on a machine that is sequentially consistent. (What weaker orders allow beyond that is argued,
//! not explored. A copy of several bytes counts as one access.)

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::simulation;
use crate::sys::futex::{self, Woken};

/// Where a word is, as the sleepers on it are told apart.
pub type Address = usize;

/// Decides whose turn it is, and plays the kernel's part in sleeping and waking.
pub trait Scheduler {
    /// Lets other threads go first, or not. Called before every access to shared memory.
    fn turn(&self);

    /// Sleeps until one of the words is woken. They held what they had to when this was called.
    fn sleep(&self, words: &[Address], timeout: Duration) -> Woken;

    /// Wakes at most `count` sleepers of the word and returns how many it woke.
    fn wake(&self, word: Address, count: u32) -> u32;
}

thread_local! {
    static SCHEDULER: RefCell<Option<Arc<dyn Scheduler>>> = const { RefCell::new(None) };
    /// How many [`Uninterrupted`] there are.
    static ALONE: Cell<u32> = const { Cell::new(0) };
}

/// A scheduler at work; taken out again when dropped.
#[derive(Debug)]
#[must_use = "the scheduler is taken out at once if this is dropped"]
pub struct Installed(());

/// Gives the threads of this real thread to `scheduler`.
pub fn install(scheduler: Arc<dyn Scheduler>) -> Installed {
    SCHEDULER.set(Some(scheduler));
    ALONE.set(0);
    Installed(())
}

impl Drop for Installed {
    fn drop(&mut self) {
        SCHEDULER.set(None);
    }
}

/// As long as it exists no other thread of the model has a turn.
#[derive(Debug)]
#[must_use = "others have their turn again once this is dropped"]
pub struct Uninterrupted(());

/// Keeps other threads of the model from having a turn: for what is private to a process in reality, and
/// for what a scenario takes for granted.
pub fn uninterrupted() -> Uninterrupted {
    ALONE.set(ALONE.get() + 1);
    Uninterrupted(())
}

impl Drop for Uninterrupted {
    fn drop(&mut self) {
        ALONE.set(ALONE.get().saturating_sub(1));
    }
}

/// How often to look at something in vain before sleeping: once, if other threads only run in turns.
pub(crate) fn looks(most: u32) -> u32 {
    match scheduler() {
        Some(_) => most.min(1),
        None => most,
    }
}

fn scheduler() -> Option<Arc<dyn Scheduler>> {
    SCHEDULER.with_borrow(Clone::clone)
}

/// The scheduler, unless this thread is not to be interrupted, or unwinds.
fn scheduler_whose_turn_it_is() -> Option<Arc<dyn Scheduler>> {
    let alone = ALONE.get() > 0 || std::thread::panicking() || simulation::is_dead();
    scheduler().filter(|_| !alone)
}

/// Others may go first.
#[inline]
pub(super) fn turn() {
    if let Some(scheduler) = scheduler_whose_turn_it_is() {
        simulation::aside(|| scheduler.turn());
    }
}

pub(super) fn wait(word: &AtomicU32, expected: u32, timeout: Duration) -> Woken {
    let Some(scheduler) = scheduler() else {
        return futex::wait(word, expected, timeout);
    };
    match word.load(Ordering::SeqCst) == expected {
        true => simulation::aside(|| scheduler.sleep(&[address(word)], timeout)),
        false => Woken::Perhaps,
    }
}

pub(super) fn wait_either(
    word: &AtomicU32,
    expected: u32,
    other: &AtomicU32,
    other_expected: u32,
    timeout: Duration,
) -> Woken {
    let Some(scheduler) = scheduler() else {
        return futex::wait_either(word, expected, other, other_expected, timeout);
    };
    let both =
        word.load(Ordering::SeqCst) == expected && other.load(Ordering::SeqCst) == other_expected;
    match both {
        true => simulation::aside(|| scheduler.sleep(&[address(word), address(other)], timeout)),
        false => Woken::Perhaps,
    }
}

pub(super) fn wake(word: &AtomicU32, count: u32) -> u32 {
    match scheduler() {
        Some(scheduler) => simulation::aside(|| scheduler.wake(address(word), count)),
        None => futex::wake(word, count),
    }
}

fn address(word: &AtomicU32) -> Address {
    word.as_ptr().addr()
}
