//! Barriers among threads.

mod session;

use std::error::Error as StdError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use procession_arena::{Error, Participant, Result, Wait};
use procession_objects::{Barrier, LastTurn, Turn};
use session::Session;

type Outcome = Result<(), Box<dyn StdError>>;

/// Long enough that no test sees its end, if all is well.
fn long() -> Wait {
    Wait::Until(Instant::now() + Duration::from_secs(60))
}

fn wait_for_sleepers(me: &Participant, count: usize) -> Result<()> {
    while me.arena().sleeping_threads()? != count {
        thread::yield_now();
    }
    Ok(())
}

fn the_last(turn: Turn) -> Result<LastTurn> {
    match turn {
        Turn::Last(turn) => Ok(turn),
        Turn::Through { .. } => Err(Error::Corrupt {
            what: "this thread is not the last",
        }),
    }
}

/// Starts `count` threads that wait at the barrier, one after the other.
fn start_waiters<'scope>(
    scope: &'scope Scope<'scope, '_>,
    session: &'scope Session,
    me: &Participant,
    barrier: &'scope Barrier,
    count: u16,
) -> Result<Vec<ScopedJoinHandle<'scope, Result<u16>>>> {
    let mut waiters = Vec::new();
    for number in 1..=count {
        waiters.push(scope.spawn(|| barrier.wait(&session.thread()?, long())));
        wait_for_sleepers(me, number.into())?;
        assert_eq!(barrier.n_waiting(me)?, number);
    }
    Ok(waiters)
}

fn outcomes(waiters: Vec<ScopedJoinHandle<'_, Result<u16>>>) -> Vec<Result<u16>> {
    waiters
        .into_iter()
        .map(|waiter| waiter.join().unwrap_or(Err(Error::Closed)))
        .collect()
}

fn assert_all_broken(outcomes: &[Result<u16>]) {
    let broken = |outcome: &Result<u16>| matches!(outcome, Err(Error::BrokenBarrier));
    assert!(outcomes.iter().all(broken), "{outcomes:?}");
}

#[test]
fn everybody_leaves_when_all_have_come() -> Outcome {
    const PARTIES: u16 = 4;
    const ROUNDS: u32 = 1_000;
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, PARTIES)?;
    let (come, indices) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| -> Result<()> {
        let threads: Vec<_> = (0..PARTIES)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let me = session.thread()?;
                    for round in 1..=ROUNDS {
                        come.fetch_add(1, Ordering::SeqCst);
                        let index = barrier.wait(&me, long())?;
                        assert!(come.load(Ordering::SeqCst) >= round * u32::from(PARTIES));
                        indices.fetch_add(1 << (8 * index), Ordering::SeqCst);
                        // Nobody begins the next round before this one was looked at.
                        barrier.wait(&me, long())?;
                        if index == 0 {
                            assert_eq!(indices.swap(0, Ordering::SeqCst), 0x0101_0101);
                        }
                        barrier.wait(&me, long())?;
                    }
                    Ok(())
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or(Err(Error::Closed)))
    })?;
    assert_eq!(
        (barrier.n_waiting(&me)?, barrier.is_broken(&me)?),
        (0, false)
    );
    assert_eq!(me.arena().rescued_wakes()?, 0);
    barrier.detach(&me)?;
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn a_party_of_one_never_waits() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    for parties in [0, 1] {
        let barrier = Barrier::create(&me, parties)?;
        assert_eq!(barrier.parties(), 1);
        for _ in 0..3 {
            assert_eq!(barrier.wait(&me, Wait::Never)?, 0);
            let turn = the_last(barrier.arrive(&me, Wait::Never)?)?;
            barrier.release(&me, turn)?;
        }
    }
    Ok(())
}

#[test]
fn the_others_wait_until_the_last_has_acted() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 3)?;
    for _ in 0..20 {
        thread::scope(|scope| -> Result<()> {
            let waiters = start_waiters(scope, &session, &me, &barrier, 2)?;
            let turn = the_last(barrier.arrive(&me, Wait::Never)?)?;
            assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
            assert_eq!(barrier.n_waiting(&me)?, 2);
            barrier.release(&me, turn)?;
            let indices: Result<Vec<_>> = outcomes(waiters).into_iter().collect();
            assert_eq!(indices?, [0, 1]);
            Ok(())
        })?;
    }
    assert_eq!(me.arena().rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn whoever_comes_while_the_last_acts_takes_part_in_the_next_phase() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 2)?;
    thread::scope(|scope| -> Result<()> {
        let first = scope.spawn(|| barrier.wait(&session.thread()?, long()));
        wait_for_sleepers(&me, 1)?;
        let turn = the_last(barrier.arrive(&me, long())?)?;
        let refused = barrier.wait(&me, Wait::Never);
        assert!(matches!(refused, Err(Error::TimedOut)), "{refused:?}");
        let refused = barrier.wait(&me, Wait::Until(Instant::now()));
        assert!(matches!(refused, Err(Error::TimedOut)), "{refused:?}");
        let early = scope.spawn(|| barrier.wait(&session.thread()?, long()));
        wait_for_sleepers(&me, 2)?;
        barrier.release(&me, turn)?;
        assert_eq!(first.join().unwrap_or(Err(Error::Closed))?, 0);
        let mine = barrier.wait(&me, long())?;
        let others = early.join().unwrap_or(Err(Error::Closed))?;
        assert_eq!(mine + others, 1, "one of the two came first");
        Ok(())
    })?;
    Ok(())
}

#[test]
fn whoever_is_not_to_wait_takes_no_part() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 2)?;
    assert!(matches!(
        barrier.wait(&me, Wait::Never),
        Err(Error::TimedOut)
    ));
    assert_eq!(
        (barrier.n_waiting(&me)?, barrier.is_broken(&me)?),
        (0, false)
    );
    Ok(())
}

#[test]
fn whoever_gives_up_waiting_breaks_it_for_all() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 4)?;
    thread::scope(|scope| -> Result<()> {
        let waiters = start_waiters(scope, &session, &me, &barrier, 2)?;
        let soon = Wait::Until(Instant::now() + Duration::from_millis(5));
        assert!(matches!(barrier.wait(&me, soon), Err(Error::TimedOut)));
        assert_all_broken(&outcomes(waiters));
        Ok(())
    })?;
    assert_eq!(
        (barrier.n_waiting(&me)?, barrier.is_broken(&me)?),
        (0, true)
    );
    for wait in [Wait::Never, Wait::Forever] {
        assert_all_broken(&[barrier.wait(&me, wait)]);
    }
    assert_eq!(me.arena().rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn an_abort_sends_everybody_away_until_it_is_reset() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 3)?;
    for _ in 0..100 {
        thread::scope(|scope| -> Result<()> {
            let waiters = start_waiters(scope, &session, &me, &barrier, 2)?;
            barrier.abort(&me)?;
            assert_all_broken(&outcomes(waiters));
            barrier.abort(&me)?;
            assert!(barrier.is_broken(&me)?);
            barrier.reset(&me)?;
            assert!(!barrier.is_broken(&me)?);
            Ok(())
        })?;
    }
    thread::scope(|scope| -> Result<()> {
        let waiters = start_waiters(scope, &session, &me, &barrier, 2)?;
        assert_eq!(barrier.wait(&me, Wait::Never)?, 2);
        let indices: Result<Vec<_>> = outcomes(waiters).into_iter().collect();
        assert_eq!(indices?, [0, 1]);
        Ok(())
    })?;
    assert_eq!(me.arena().rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_reset_sends_those_away_who_wait() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 3)?;
    barrier.reset(&me)?;
    thread::scope(|scope| -> Result<()> {
        let waiters = start_waiters(scope, &session, &me, &barrier, 2)?;
        barrier.reset(&me)?;
        // Somebody may come before those who were sent away have woken up.
        let waiters_of_next = scope.spawn(|| barrier.wait(&session.thread()?, long()));
        assert_all_broken(&outcomes(waiters));
        wait_for_sleepers(&me, 1)?;
        assert_eq!(
            (barrier.n_waiting(&me)?, barrier.is_broken(&me)?),
            (1, false)
        );
        barrier.reset(&me)?;
        assert_all_broken(&outcomes(vec![waiters_of_next]));
        Ok(())
    })?;
    assert_eq!(me.arena().rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_last_one_that_gives_up_breaks_it() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 2)?;
    thread::scope(|scope| -> Result<()> {
        let waiters = start_waiters(scope, &session, &me, &barrier, 1)?;
        let turn = the_last(barrier.arrive(&me, Wait::Never)?)?;
        barrier.give_up(&me, turn)?;
        assert_all_broken(&outcomes(waiters));
        assert!(barrier.is_broken(&me)?);
        Ok(())
    })?;
    Ok(())
}

/// The barrier was reset while the last one acted: its turn has nothing to do with the next phase.
#[test]
fn a_turn_is_of_no_use_once_its_phase_is_over() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 1)?;
    for gives_up in [false, true] {
        let old = the_last(barrier.arrive(&me, Wait::Never)?)?;
        barrier.reset(&me)?;
        let turn = the_last(barrier.arrive(&me, Wait::Never)?)?;
        match gives_up {
            true => barrier.give_up(&me, old)?,
            false => {
                let refused = barrier.release(&me, old);
                assert!(matches!(refused, Err(Error::BrokenBarrier)));
            }
        }
        barrier.release(&me, turn)?;
    }
    Ok(())
}

/// The thread ends in good order, and nobody else can release the others.
#[test]
fn a_last_one_that_ends_with_its_turn_breaks_it() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let barrier = Barrier::create(&me, 2)?;
    thread::scope(|scope| -> Result<()> {
        let waiters = start_waiters(scope, &session, &me, &barrier, 1)?;
        let last = scope.spawn(|| -> Result<()> {
            let turn = the_last(barrier.arrive(&session.thread()?, Wait::Never)?)?;
            drop(turn);
            Ok(())
        });
        last.join().unwrap_or(Err(Error::Closed))?;
        assert_all_broken(&outcomes(waiters));
        Ok(())
    })?;
    assert!(barrier.is_broken(&me)?);
    assert_eq!(me.arena().rescued_wakes()?, 0);

    // Nobody waits: whoever comes next finds out.
    let alone = Barrier::create(&me, 1)?;
    thread::scope(|scope| {
        let last = scope.spawn(|| -> Result<()> {
            let turn = the_last(alone.arrive(&session.thread()?, Wait::Never)?)?;
            drop(turn);
            Ok(())
        });
        last.join().unwrap_or(Err(Error::Closed))
    })?;
    assert_all_broken(&[alone.wait(&me, long())]);
    Ok(())
}
