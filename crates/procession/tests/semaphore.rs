//! Semaphores among processes.

mod watchdog;

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use procession::{
    BoundedSemaphore, Process, ProcessBuilder, ProcessError, Queue, Semaphore, SharedError,
};
use procession_arena::sys::fork::{Forked, fork};
use procession_arena::sys::process::{exit_immediately, wait_for_child};
use procession_engine::with_participant;
use watchdog::watch;

/// The tests share this process's session, and look at all of it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

type TestResult = Result<(), Box<dyn Error>>;

const SHORT: Duration = Duration::from_millis(5);

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

/// Returns when so many threads of the session sleep; the watchdog bounds it.
fn wait_for_sleepers(count: usize) -> TestResult {
    while with_participant(|me| me.arena().sleeping_threads())? != count {
        thread::yield_now();
    }
    Ok(())
}

fn rescued_wakes() -> Result<u64, procession_arena::Error> {
    with_participant(|me| me.arena().rescued_wakes())
}

fn park_for_ever() -> ! {
    loop {
        thread::park();
    }
}

fn every_rule(permits: u32) -> Result<[Semaphore; 3], SharedError> {
    Ok([
        Semaphore::new(permits)?,
        BoundedSemaphore::new(permits)?.into(),
        Semaphore::builder(permits).attributed(true).build()?,
    ])
}

#[test]
fn never_more_are_inside_than_there_are_permits() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    fn work(semaphore: Semaphore, doors: Queue<bool>) -> Result<(), SharedError> {
        for _ in 0..200 {
            let _permit = semaphore.acquire()?;
            let said = doors.put(&true).and_then(|()| doors.put(&false));
            assert_eq!(said, Ok(()));
        }
        Ok(())
    }
    for semaphore in every_rule(2)? {
        let doors = Queue::new()?;
        let mut workers = Vec::new();
        for _ in 0..3 {
            workers.push(daemon().spawn(work, (semaphore.clone(), doors.clone()))?);
        }
        for worker in workers {
            worker.join()??;
        }
        let mut inside = 0;
        for comes in doors.get_many(usize::MAX)? {
            inside += if comes { 1 } else { -1 };
            assert!((0..=2).contains(&inside));
        }
        assert_eq!((inside, semaphore.value()?), (0, 2));
    }
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_permit_is_released_when_it_is_dropped() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    for semaphore in every_rule(2)? {
        let first = semaphore.acquire()?;
        let second = semaphore.try_acquire()?;
        assert_eq!(semaphore.value()?, 0);
        let refused = semaphore.try_acquire().map(drop);
        assert_eq!(refused, Err(SharedError::WouldBlock));
        let refused = semaphore.acquire_timeout(SHORT).map(drop);
        assert_eq!(refused, Err(SharedError::TimedOut));
        drop(first);
        assert_eq!(semaphore.value()?, 1);
        second.forget();
        assert_eq!(semaphore.value()?, 1);
        semaphore.release(1)?;
        assert_eq!(semaphore.value()?, 2);
        semaphore.acquire_timeout(Duration::ZERO)?.forget();
        assert_eq!(semaphore.value()?, 1);
    }
    Ok(())
}

#[test]
fn a_release_of_too_many_is_refused() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let bounded = BoundedSemaphore::new(3)?;
    assert_eq!(bounded.bound(), 3);
    let too_often = Err(SharedError::ReleasedTooOften { bound: 3 });
    assert_eq!(bounded.release(1), too_often);
    bounded.acquire()?.forget();
    assert_eq!(bounded.release(2), too_often);
    assert_eq!(bounded.release(1), Ok(()));
    let built = Semaphore::builder(3).bounded(true).build()?;
    assert_eq!(built.release(1), too_often);

    let attributed = Semaphore::builder(1).attributed(true).build()?;
    assert_eq!(attributed.release(1), Err(SharedError::NotHeld));

    let full = Semaphore::new(u32::MAX)?;
    match full.release(1) {
        Err(SharedError::Session { reason }) => assert!(reason.contains("4294967295"), "{reason}"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// What one process acquires another one releases: that is what makes it more than a lock.
#[test]
fn another_process_releases() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let release = |semaphore: Semaphore| semaphore.release(2);
    let plain = Semaphore::new(0)?;
    let releaser = daemon().spawn(release, (plain.clone(),))?;
    plain.acquire()?.forget();
    plain.acquire()?.forget();
    releaser.join()??;

    let attributed = Semaphore::builder(2).attributed(true).build()?;
    let (_first, _second) = (attributed.acquire()?, attributed.acquire()?);
    let refused = daemon().spawn(release, (attributed.clone(),))?.join()?;
    assert_eq!(refused, Err(SharedError::NotHeld));
    assert_eq!(attributed.value()?, 0);
    Ok(())
}

/// Acquires so many permits, says so, and never releases them.
fn hold(semaphore: Semaphore, count: u32, held: Queue<()>) -> Result<(), SharedError> {
    for _ in 0..count {
        semaphore.acquire()?.forget();
    }
    assert_eq!(held.put(&()), Ok(()));
    park_for_ever()
}

fn kill<R: serde::de::DeserializeOwned + 'static>(victim: &Process<R>) -> TestResult {
    victim.kill()?;
    match victim.join() {
        Err(ProcessError::Signaled { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("the victim ended by itself".into()),
    }
}

#[test]
fn permits_of_a_killed_process_come_back_if_they_are_attributed() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    for semaphore in every_rule(3)? {
        let held = Queue::new()?;
        let victim = daemon().spawn(hold, (semaphore.clone(), 2, held.clone()))?;
        held.get()?;
        assert_eq!(semaphore.value()?, 1);
        kill(&victim)?;
        let is_attributed = format!("{semaphore:?}").contains("Attributed");
        assert_eq!(semaphore.value()?, if is_attributed { 3 } else { 1 });
    }
    Ok(())
}

/// Nobody joins the killed process: who waits for its permit finds out by itself.
#[test]
fn a_waiter_gets_the_attributed_permit_of_a_killed_process() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let semaphore = Semaphore::builder(1).attributed(true).build()?;
    let held = Queue::new()?;
    for _ in 0..5 {
        let victim = daemon().spawn(hold, (semaphore.clone(), 1, held.clone()))?;
        held.get()?;
        let wait = |semaphore: Semaphore| semaphore.acquire().map(drop);
        let waiter = daemon().spawn(wait, (semaphore.clone(),))?;
        wait_for_sleepers(1)?;
        victim.kill()?;
        waiter.join()??;
        drop(victim);
    }
    assert_eq!(semaphore.value()?, 1);
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

/// The kernel may give the wake to the process that is killed in the same moment.
#[test]
fn a_wake_that_a_killed_waiter_took_along_reaches_another() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let semaphore = Semaphore::builder(1).attributed(true).build()?;
    for _ in 0..10 {
        let permit = semaphore.acquire()?;
        let (of_victim, of_other) = (Queue::new()?, Queue::new()?);
        let victim = daemon().spawn(hold, (semaphore.clone(), 1, of_victim))?;
        wait_for_sleepers(1)?;
        let other = daemon().spawn(hold, (semaphore.clone(), 1, of_other.clone()))?;
        wait_for_sleepers(2)?;
        drop(permit);
        kill(&victim)?;
        of_other.get()?;
        kill(&other)?;
    }
    assert_eq!(semaphore.value()?, 1);
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_killed_waiter_takes_no_permit_along() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    for semaphore in every_rule(1)? {
        let permit = semaphore.acquire()?;
        let victim = daemon().spawn(hold, (semaphore.clone(), 1, Queue::new()?))?;
        wait_for_sleepers(1)?;
        kill(&victim)?;
        drop(permit);
        drop(semaphore.acquire()?);
        assert_eq!(semaphore.value()?, 1);
    }
    Ok(())
}

#[test]
fn handles_travel_as_what_they_are_and_nothing_is_left() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    daemon().spawn(|| (), ())?.join()?;
    let before = with_participant(|me| me.verify())?;
    let bounded = BoundedSemaphore::new(2)?;
    let same: BoundedSemaphore = daemon()
        .spawn(|semaphore: BoundedSemaphore| semaphore, (bounded.clone(),))?
        .join()?;
    same.acquire()?.forget();
    assert_eq!(bounded.value()?, 1);
    let as_any: Semaphore = bounded.clone().into();
    assert_eq!(as_any.value()?, 1);
    assert!(serde_json::to_string(&bounded).is_err());

    let semaphores = Queue::<Semaphore>::new()?;
    semaphores.put(&Semaphore::new(7)?)?;
    assert_eq!(semaphores.get()?.value()?, 7);

    let attributed = Semaphore::builder(2).attributed(true).build()?;
    let held = Queue::new()?;
    let victim = daemon().spawn(hold, (attributed.clone(), 2, held.clone()))?;
    held.get()?;
    kill(&victim)?;
    drop((bounded, same, as_any, semaphores, attributed, held, victim));
    assert_eq!(with_participant(|me| me.verify())?, before);
    Ok(())
}

#[test]
fn a_semaphore_of_another_kind_is_not_taken_for_a_bounded_one() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    #[derive(serde::Serialize)]
    struct Sent(Semaphore);
    #[derive(serde::Deserialize)]
    struct Received(#[allow(dead_code, reason = "it is never made")] BoundedSemaphore);
    #[derive(serde::Serialize, serde::Deserialize)]
    enum Item {
        #[serde(serialize_with = "send", deserialize_with = "receive")]
        Semaphore(Semaphore),
    }
    fn send<S: serde::Serializer>(semaphore: &Semaphore, to: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&Sent(semaphore.clone()), to)
    }
    fn receive<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Semaphore, D::Error> {
        let Received(semaphore) = serde::Deserialize::deserialize(from)?;
        Ok(semaphore.into())
    }
    let items = Queue::new()?;
    for semaphore in every_rule(1)? {
        let is_bounded = format!("{semaphore:?}").contains("Bounded");
        items.put(&Item::Semaphore(semaphore))?;
        match items.get() {
            Ok(_) => assert!(is_bounded),
            Err(error) => {
                assert!(error.to_string().contains("not bounded"), "{error}");
                assert!(!is_bounded);
            }
        }
    }
    Ok(())
}

/// Returns from its process with a permit, while another thread waits for it: that one may get it on the
/// way out, when the process has taken leave already.
fn leave_a_thread_behind(semaphore: Semaphore) -> Result<(), SharedError> {
    semaphore.acquire()?.forget();
    let waiting = semaphore.clone();
    thread::spawn(move || {
        let Ok(permit) = waiting.acquire() else {
            return;
        };
        permit.forget();
        park_for_ever()
    });
    while !matches!(with_participant(|me| me.arena().sleeping_threads()), Ok(1)) {
        thread::yield_now();
    }
    Ok(())
}

#[test]
fn permits_come_back_that_a_thread_takes_while_its_process_exits() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let semaphore = Semaphore::builder(1).attributed(true).build()?;
    for _ in 0..10 {
        let leaver = daemon().spawn(leave_a_thread_behind, (semaphore.clone(),))?;
        leaver.join()??;
        assert_eq!(semaphore.value()?, 1);
    }
    Ok(())
}

#[test]
fn a_copy_of_a_process_releases_no_permit_of_the_original() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    for semaphore in every_rule(1)? {
        let permit = semaphore.acquire()?;
        // SAFETY: the copy does nothing but what is right below, and needs no lock of another thread's.
        match unsafe { fork() }? {
            Forked::Child => {
                drop(permit);
                exit_immediately(0)
            }
            Forked::Parent { child } => wait_for_child(child)?,
        };
        assert_eq!(semaphore.value()?, 0);
        drop(permit);
        assert_eq!(semaphore.value()?, 1);
    }
    Ok(())
}
