//! Locks, reentrant locks, semaphores, conditions and barriers.

use std::collections::BTreeSet;
use std::mem;
use std::thread;
use std::time::Duration;

use crate::objects::{Objects, TestResult, in_every_place};
use procession::{
    Barrier, BoundedSemaphore, Condition, ConditionLock, Event, Lock, LockError, Process,
    ProcessBuilder, RLock, Semaphore, SharedError, SpawnError, Value,
};

in_every_place!(
    a_lock_is_held_and_free,
    a_lock_that_was_forgotten_is_released_by_another,
    one_process_at_a_time_holds_it,
    who_acquires_after_the_death_of_the_holder_is_told_once,
    a_thread_acquires_a_reentrant_lock_again,
    the_death_of_a_reentrant_holder_is_told,
    so_many_permits_there_are,
    releases_are_counted,
    attributed_permits_come_back_from_the_dead,
    a_wait_ends_with_a_notification_or_its_time,
    a_reentrant_lock_is_given_up_wholly,
    processes_wait_for_each_others_turn,
    a_condition_refuses_the_guard_of_another_lock,
    processes_go_through_a_barrier_together,
    the_last_one_acts_before_the_others_go_on,
    who_waits_in_vain_breaks_the_barrier,
    the_death_of_a_waiter_breaks_the_barrier,
);

const SHORT: Duration = Duration::from_millis(5);

impl Objects {
    fn lock(&self) -> Result<Lock, SharedError> {
        match self {
            Objects::Memory => Lock::new(),
            Objects::Server(cluster) => cluster.lock(None),
        }
    }

    fn rlock(&self) -> Result<RLock, SharedError> {
        match self {
            Objects::Memory => RLock::new(),
            Objects::Server(cluster) => cluster.rlock(None),
        }
    }

    fn condition(&self, lock: &Lock) -> Result<Condition, SharedError> {
        match self {
            Objects::Memory => Condition::new(lock),
            Objects::Server(cluster) => cluster.condition(None, lock),
        }
    }

    fn semaphore(&self, permits: u32) -> Result<Semaphore, SharedError> {
        match self {
            Objects::Memory => Semaphore::new(permits),
            Objects::Server(cluster) => cluster.semaphore(None, permits),
        }
    }

    fn bounded_semaphore(&self, permits: u32) -> Result<BoundedSemaphore, SharedError> {
        match self {
            Objects::Memory => BoundedSemaphore::new(permits),
            Objects::Server(cluster) => cluster.bounded_semaphore(None, permits),
        }
    }

    fn attributed_semaphore(&self, permits: u32) -> Result<Semaphore, SharedError> {
        let builder = Semaphore::builder(permits).attributed(true);
        match self {
            Objects::Memory => builder.build(),
            Objects::Server(cluster) => builder.build_on(cluster, None),
        }
    }

    fn barrier(&self, parties: usize) -> Result<Barrier, SharedError> {
        match self {
            Objects::Memory => Barrier::new(parties),
            Objects::Server(cluster) => cluster.barrier(None, parties),
        }
    }
}

/// A process that does not outlive the test.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

fn park_for_ever() -> ! {
    loop {
        thread::park();
    }
}

/// Has a process do something, until it says that it is ready, and kills it.
fn kill_one_that(
    spawn: impl FnOnce(Event) -> Result<Victim, SpawnError>,
) -> Result<u32, Box<dyn std::error::Error>> {
    let ready = Event::new()?;
    let victim = spawn(ready.clone())?;
    ready.wait()?;
    let pid = victim.pid();
    victim.kill()?;
    Ok(pid)
}

type Victim = Process<Result<(), SharedError>>;

fn failed<G>(outcome: Result<G, LockError<G>>) -> Option<SharedError> {
    match outcome {
        Err(LockError::Failed(error)) => Some(error),
        _ => None,
    }
}

fn abandoned_by<G>(outcome: Result<G, LockError<G>>) -> Option<u32> {
    match outcome {
        Err(LockError::Abandoned(_guard, pid)) => Some(pid),
        _ => None,
    }
}

fn a_lock_is_held_and_free(objects: &Objects) -> TestResult {
    let lock = objects.lock()?;
    assert_eq!((lock.is_locked()?, lock.holder()?), (false, None));
    let guard = lock.lock()?;
    assert!(lock.is_locked()? && !guard.is_lost());
    assert_eq!(
        lock.holder()?.map(|holder| holder.pid),
        Some(std::process::id())
    );
    assert_eq!(failed(lock.try_lock()), Some(SharedError::WouldBlock));
    assert_eq!(
        failed(lock.lock_timeout(SHORT)),
        Some(SharedError::TimedOut)
    );
    drop(guard);
    assert!(!lock.is_locked()?);
    assert_eq!(lock.release(), Err(SharedError::NotHeld));
    let _guard = lock.try_lock()?;
    Ok(())
}

fn a_lock_that_was_forgotten_is_released_by_another(objects: &Objects) -> TestResult {
    let lock = objects.lock()?;
    mem::forget(lock.lock()?);
    let release = |lock: Lock| lock.release();
    Process::spawn(release, (lock.clone(),))?.join()??;
    assert_eq!(
        Process::spawn(release, (lock.clone(),))?.join()?,
        Err(SharedError::NotHeld)
    );
    assert!(!lock.is_locked()?);
    Ok(())
}

fn one_process_at_a_time_holds_it(objects: &Objects) -> TestResult {
    fn count(lock: Lock, count: Value<u64>) -> Result<(), SharedError> {
        for _ in 0..30 {
            let _guard = lock.lock()?;
            let found = count.get()?;
            thread::yield_now();
            count.set(found + 1)?;
        }
        Ok(())
    }
    let (lock, number) = (objects.lock()?, Value::new(0)?);
    let mut processes = Vec::new();
    for _ in 0..3 {
        processes.push(daemon().spawn(count, (lock.clone(), number.clone()))?);
    }
    for process in processes {
        process.join()??;
    }
    assert_eq!(number.get()?, 90);
    Ok(())
}

fn who_acquires_after_the_death_of_the_holder_is_told_once(objects: &Objects) -> TestResult {
    fn hold(lock: Lock, ready: Event) -> Result<(), SharedError> {
        let _guard = lock.lock()?;
        ready.set()?;
        park_for_ever()
    }
    let lock = objects.lock()?;
    let pid = kill_one_that(|ready| daemon().spawn(hold, (lock.clone(), ready)))?;
    assert_eq!(abandoned_by(lock.lock()), Some(pid));
    let _guard = lock.lock()?;
    Ok(())
}

fn a_thread_acquires_a_reentrant_lock_again(objects: &Objects) -> TestResult {
    let lock = objects.rlock()?;
    let outer = lock.lock()?;
    let inner = lock.try_lock()?;
    assert_eq!(lock.depth()?, 2);
    let pid = std::process::id();
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            assert_eq!(lock.depth(), Ok(0));
            assert_eq!(failed(lock.try_lock()), Some(SharedError::WouldBlock));
            assert_eq!(lock.release(), Err(SharedError::HeldByAnother { pid }));
        });
        other.join().expect("no panic");
    });
    drop(inner);
    assert!(lock.is_locked()?);
    drop(outer);
    assert!(!lock.is_locked()?);
    assert_eq!(lock.release(), Err(SharedError::NotHeld));
    Ok(())
}

fn the_death_of_a_reentrant_holder_is_told(objects: &Objects) -> TestResult {
    fn hold(lock: RLock, ready: Event) -> Result<(), SharedError> {
        let _guards = (lock.lock()?, lock.lock()?);
        ready.set()?;
        park_for_ever()
    }
    let lock = objects.rlock()?;
    let pid = kill_one_that(|ready| daemon().spawn(hold, (lock.clone(), ready)))?;
    assert_eq!(abandoned_by(lock.lock()), Some(pid));
    assert_eq!(lock.depth()?, 0);
    Ok(())
}

fn so_many_permits_there_are(objects: &Objects) -> TestResult {
    let semaphore = objects.semaphore(2)?;
    let first = semaphore.acquire()?;
    semaphore.try_acquire()?.forget();
    assert_eq!(semaphore.value()?, 0);
    assert_eq!(semaphore.try_acquire().err(), Some(SharedError::WouldBlock));
    assert_eq!(
        semaphore.acquire_timeout(SHORT).err(),
        Some(SharedError::TimedOut)
    );
    thread::scope(|scope| -> TestResult {
        let waiter = scope.spawn(|| semaphore.acquire().map(|permit| permit.forget()));
        drop(first);
        Ok(waiter.join().expect("no panic")?)
    })?;
    semaphore.release(2)?;
    assert_eq!(semaphore.value()?, 2);
    Ok(())
}

fn releases_are_counted(objects: &Objects) -> TestResult {
    let plain = objects.semaphore(0)?;
    plain.release(3)?;
    assert_eq!(plain.value()?, 3);
    let bounded = objects.bounded_semaphore(2)?;
    bounded.acquire()?.forget();
    let too_often = Err(SharedError::ReleasedTooOften { bound: 2 });
    assert_eq!(bounded.release(2), too_often);
    assert_eq!((bounded.value()?, bounded.bound()), (1, 2));
    let release = |semaphore: BoundedSemaphore| semaphore.release(1);
    Process::spawn(release, (bounded.clone(),))?.join()??;
    assert_eq!(bounded.release(1), too_often);
    Ok(())
}

fn attributed_permits_come_back_from_the_dead(objects: &Objects) -> TestResult {
    fn hold(semaphore: Semaphore, ready: Event) -> Result<(), SharedError> {
        let _permit = semaphore.acquire()?;
        semaphore.acquire()?.forget();
        ready.set()?;
        park_for_ever()
    }
    let semaphore = objects.attributed_semaphore(2)?;
    kill_one_that(|ready| daemon().spawn(hold, (semaphore.clone(), ready)))?;
    let _permits = (semaphore.acquire()?, semaphore.acquire()?);
    assert_eq!(semaphore.release(3), Err(SharedError::NotHeld));
    Ok(())
}

fn a_wait_ends_with_a_notification_or_its_time(objects: &Objects) -> TestResult {
    let lock = objects.lock()?;
    let condition = objects.condition(&lock)?;
    let guard = condition.lock()?;
    let (guard, notified) = condition.wait_timeout(guard, SHORT)?;
    assert!(!notified && lock.is_locked()?);
    assert!(!condition.notify_one()?);
    thread::scope(|scope| -> TestResult {
        let waiter = scope.spawn(|| -> Result<(), SharedError> {
            // It is held until this thread's caller waits.
            let _guard = condition.lock()?;
            assert!(condition.notify_one()?);
            Ok(())
        });
        let _guard = condition.wait(guard)?;
        Ok(waiter.join().expect("no panic")?)
    })?;
    assert!(!lock.is_locked()?);
    Ok(())
}

fn a_reentrant_lock_is_given_up_wholly(objects: &Objects) -> TestResult {
    let lock = objects.rlock()?;
    let condition = Condition::for_rlock(&lock)?;
    let _outer = lock.lock()?;
    let inner = lock.lock()?;
    thread::scope(|scope| -> TestResult {
        let other = scope.spawn(|| -> Result<(), SharedError> {
            let _guard = condition.lock()?;
            assert_eq!(condition.notify_all()?, 1);
            Ok(())
        });
        let _inner = condition.wait(inner)?;
        assert_eq!(lock.depth()?, 2);
        Ok(other.join().expect("no panic")?)
    })
}

fn processes_wait_for_each_others_turn(objects: &Objects) -> TestResult {
    fn play(me: u64, turn: Value<u64>, changed: Condition) -> Result<(), SharedError> {
        for round in 0..5 {
            let guard = changed.lock()?;
            let is_mine = || turn.get() == Ok(2 * round + me);
            let _guard = changed.wait_for(guard, is_mine)?;
            turn.set(2 * round + me + 1)?;
            changed.notify_all()?;
        }
        Ok(())
    }
    let (turn, lock) = (Value::new(0)?, objects.lock()?);
    let changed = objects.condition(&lock)?;
    let mut players = Vec::new();
    for me in [0, 1] {
        // The lock comes along.
        players.push(daemon().spawn(play, (me, turn.clone(), changed.clone()))?);
    }
    for player in players {
        player.join()??;
    }
    assert_eq!(turn.get()?, 10);
    Ok(())
}

fn a_condition_refuses_the_guard_of_another_lock(objects: &Objects) -> TestResult {
    fn refuses<L: ConditionLock>(condition: &Condition<L>, guard: L::Guard<'_>) -> bool {
        let refused = failed(
            condition
                .wait(guard)
                .map(drop)
                .map_err(|error| match error {
                    LockError::Failed(error) => LockError::Failed(error),
                    other => LockError::Failed(other.into()),
                }),
        );
        matches!(refused, Some(SharedError::Session { .. }))
    }
    let (lock, other) = (objects.lock()?, objects.lock()?);
    let condition = objects.condition(&lock)?;
    assert!(refuses(&condition, other.lock()?));
    assert!(!other.is_locked()?);
    Ok(())
}

fn processes_go_through_a_barrier_together(objects: &Objects) -> TestResult {
    fn go(barrier: Barrier, arrived: Value<u64>) -> Result<Vec<usize>, SharedError> {
        let mut indices = Vec::new();
        for round in 1..=5 {
            arrived.fetch_add(1)?;
            indices.push(barrier.wait()?.index());
            assert!(arrived.get()? >= 3 * round, "too early");
        }
        Ok(indices)
    }
    let (barrier, arrived) = (objects.barrier(3)?, Value::new(0)?);
    let mut processes = Vec::new();
    for _ in 0..2 {
        processes.push(daemon().spawn(go, (barrier.clone(), arrived.clone()))?);
    }
    let mut indices = vec![go(barrier.clone(), arrived)?];
    for process in processes {
        indices.push(process.join()??);
    }
    for round in 0..5 {
        let all: BTreeSet<usize> = indices.iter().map(|of| of[round]).collect();
        assert_eq!(all, BTreeSet::from([0, 1, 2]));
    }
    assert_eq!((barrier.n_waiting()?, barrier.is_broken()?), (0, false));
    Ok(())
}

fn the_last_one_acts_before_the_others_go_on(objects: &Objects) -> TestResult {
    let (barrier, actions) = (objects.barrier(2)?, Value::new(0_u64)?);
    let come = || {
        let turn = barrier.wait_with(|| {
            actions.fetch_add(1).expect("an action");
        })?;
        assert_eq!(actions.get()?, 1);
        Ok::<_, SharedError>(turn.is_last())
    };
    let lasts = thread::scope(|scope| {
        let threads = [scope.spawn(come), scope.spawn(come)];
        threads.map(|thread| thread.join().expect("no panic"))
    });
    let lasts: Vec<bool> = lasts.into_iter().collect::<Result<_, _>>()?;
    assert_eq!(lasts.iter().filter(|is_last| **is_last).count(), 1);
    Ok(())
}

fn who_waits_in_vain_breaks_the_barrier(objects: &Objects) -> TestResult {
    let barrier = objects.barrier(3)?;
    thread::scope(|scope| {
        let waiter = scope.spawn(|| barrier.wait());
        assert_eq!(barrier.wait_timeout(SHORT), Err(SharedError::TimedOut));
        assert_eq!(
            waiter.join().expect("no panic"),
            Err(SharedError::BrokenBarrier)
        );
    });
    assert!(barrier.is_broken()?);
    assert_eq!(barrier.wait(), Err(SharedError::BrokenBarrier));
    barrier.reset()?;
    assert!(!barrier.is_broken()?);
    barrier.abort()?;
    assert_eq!(barrier.wait(), Err(SharedError::BrokenBarrier));
    Ok(())
}

fn the_death_of_a_waiter_breaks_the_barrier(objects: &Objects) -> TestResult {
    fn come(barrier: Barrier, ready: Event) -> Result<(), SharedError> {
        thread::scope(|scope| {
            scope.spawn(|| barrier.wait());
            while barrier.n_waiting()? == 0 {
                thread::yield_now();
            }
            ready.set()
        })
    }
    let barrier = objects.barrier(3)?;
    kill_one_that(|ready| daemon().spawn(come, (barrier.clone(), ready)))?;
    assert_eq!(barrier.wait(), Err(SharedError::BrokenBarrier));
    Ok(())
}
