//! Tasks of a pool that are ended: by time, by request, for want of memory, or with the pool.

mod watchdog;

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use procession::{Event, Pool, PoolError, ProcessError, Queue, Value};
use rustix::process::{Signal, getpid, kill_process};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

const SIGABRT: i32 = 6;

fn negate(number: i64) -> i64 {
    -number
}

fn wait_for(event: Event) -> bool {
    event.wait().is_ok()
}

/// Says which process it is that runs it, and then does not end.
fn begin_and_stay(begun: Queue<u32>, never: Event) -> bool {
    begun.put(&std::process::id()).is_ok() && never.wait().is_ok()
}

#[test]
fn a_task_past_its_time_is_ended_alone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let (begun, never) = (Queue::new()?, Event::new()?);
    // Long enough for a negation also on a busy machine.
    let time = Duration::from_secs(5);
    let timed = || pool.submit().timeout(time);
    let late = pool
        .submit()
        .timeout(Duration::from_millis(300))
        .apply_async(begin_and_stay, (begun.clone(), never))?;
    let doomed = begun.get()?;
    while !late.ready() {
        assert_eq!(timed().map(negate, 0..100)?.len(), 100);
    }
    let ended = late.get();
    let Err(PoolError::TaskTimeout { timeout, pid }) = ended else {
        unreachable!("{ended:?}");
    };
    assert_eq!((timeout, pid), (Duration::from_millis(300), doomed));
    assert_eq!(timed().map(negate, 0..1000)?.len(), 1000);
    Ok(())
}

/// The end of the time and of the task come together: one of both is told, and nobody else is hit.
#[test]
fn tasks_that_end_as_their_time_is_over_do_not_take_others_along() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let nap = |micros: u64| {
        thread::sleep(Duration::from_micros(micros));
        micros
    };
    let mut ended = 0;
    for round in 0..60 {
        let risky = (0..4)
            .map(|number| {
                let time = Duration::from_micros(800);
                let risky = pool.submit().timeout(time);
                risky.apply_async(nap, (500 + 20 * number + round,))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let others = pool.map_async(negate, 0..20)?;
        for result in risky {
            match result.get() {
                Ok(_) => {}
                Err(PoolError::TaskTimeout { .. }) => ended += 1,
                Err(error) => return Err(error.into()),
            }
        }
        assert!(others.get()?.into_iter().eq((0..20).map(negate)));
    }
    let seats = pool.statistics();
    let replaced: u64 = seats.iter().map(|seat| seat.workers).sum();
    assert!(
        replaced <= 2 + ended,
        "{ended} tasks ended, {replaced} workers"
    );
    Ok(())
}

#[test]
fn a_task_past_its_time_is_run_again_if_that_was_asked_for() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn stay_at_first(attempts: Value<u32>, never: Event) -> u32 {
        let attempt = attempts.fetch_add(1).expect("the value is there") + 1;
        if attempt == 1 {
            never.wait().expect("nobody sets it");
        }
        attempt
    }
    let pool = Pool::new(1)?;
    let (attempts, never) = (Value::new(0)?, Event::new()?);
    let submission = pool.submit().timeout(Duration::from_secs(1)).retries(1);
    assert_eq!(submission.apply(stay_at_first, (attempts, never))?, 2);
    Ok(())
}

#[test]
fn tasks_are_cancelled_whether_they_run_or_wait() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let (begun, never) = (Queue::new()?, Event::new()?);
    let done = pool.apply_async(negate, (1,))?;
    done.wait()?;
    let running = pool.apply_async(begin_and_stay, (begun.clone(), never.clone()))?;
    let doomed = begun.get()?;
    let ran = Value::new(0u32)?;
    let count = |ran: Value<u32>| ran.fetch_add(1).is_ok();
    let waiting = (0..10)
        .map(|_| pool.apply_async(count, (ran.clone(),)))
        .collect::<Result<Vec<_>, _>>()?;
    let many = pool.map_async(count, vec![ran.clone(); 10])?;
    let kept = pool.apply_async(negate, (2,))?;
    assert_eq!(pool.outstanding(), 22);
    for result in &waiting {
        assert!(result.cancel()? && !result.cancel()?);
        assert!(matches!(result.get(), Err(PoolError::Cancelled)));
    }
    assert!(many.cancel()?);
    assert!(matches!(many.get(), Err(PoolError::Cancelled)));
    assert_eq!(pool.pids(), [doomed], "nothing that waits costs a worker");
    assert!(!done.cancel()?);
    assert_eq!(done.get()?, -1);
    assert!(running.cancel()?);
    assert!(running.ready() && !running.successful()?);
    assert!(matches!(running.get(), Err(PoolError::Cancelled)));
    assert_eq!(kept.get()?, -2);
    assert_ne!(pool.apply(std::process::id, ())?, doomed);
    assert_eq!(ran.get()?, 0);
    Ok(())
}

/// Cancelling meets tasks at all points of their lives.
#[test]
fn cancelling_hits_nobody_else() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let spin = |times: u32| {
        (0..times).for_each(|_| thread::yield_now());
        times
    };
    for round in 0..100 {
        let before = pool.map_async(negate, 0..10)?;
        let target = pool.apply_async(spin, (round % 40,))?;
        let after = pool.map_async(negate, 0..10)?;
        for _ in 0..round % 7 * 20 {
            thread::yield_now();
        }
        let is_cancelled = target.cancel()?;
        match target.get() {
            Ok(times) => assert!(times == round % 40 && !is_cancelled),
            Err(PoolError::Cancelled) => assert!(is_cancelled),
            Err(error) => return Err(error.into()),
        }
        for others in [before, after] {
            assert!(others.get()?.into_iter().eq((0..10).map(negate)));
        }
    }
    Ok(())
}

const LIMIT: u64 = 256 << 20;

/// With and without backtraces, whose printing follows the failed allocation.
#[test]
fn a_task_that_needs_too_much_memory_is_ended_alone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    needs_too_much_memory("0")
}

#[test]
fn a_task_that_needs_too_much_memory_is_told_from_others_also_with_backtraces() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    needs_too_much_memory("1")
}

fn needs_too_much_memory(backtrace: &str) -> TestResult {
    let pool = Pool::builder()
        .workers(2)
        .memory_limit(LIMIT)
        .env("RUST_BACKTRACE", backtrace)
        .build()?;
    let fill = |bytes: u64| {
        vec![1u8; bytes as usize]
            .iter()
            .map(|&x| u64::from(x))
            .sum()
    };
    let small = pool.map_async(negate, 0..100)?;
    let ended: Result<u64, _> = pool.apply(fill, (2 * LIMIT,));
    assert!(
        matches!(ended, Err(PoolError::MemoryLimit { limit: LIMIT, .. })),
        "{ended:?}"
    );
    assert_eq!(small.get()?.len(), 100);
    assert_eq!(pool.apply(fill, (LIMIT / 8,))?, LIMIT / 8);
    Ok(())
}

#[test]
fn an_abort_under_a_memory_limit_is_not_taken_for_want_of_memory() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(1).memory_limit(LIMIT).build()?;
    let ended = pool.apply(|| -> u64 { std::process::abort() }, ());
    let Err(PoolError::WorkerLost { cause, .. }) = ended else {
        unreachable!("{ended:?}");
    };
    let ProcessError::Signaled { signal, .. } = *cause else {
        unreachable!("{cause:?}");
    };
    assert_eq!(signal, SIGABRT);
    Ok(())
}

/// They kill the worker before it has begun the task, which must not happen for ever.
#[test]
fn arguments_larger_than_the_memory_limit_fail_their_task() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder()
        .workers(1)
        .memory_limit(LIMIT)
        .env("RUST_BACKTRACE", "0")
        .build()?;
    let large = vec![1u8; LIMIT as usize + 1];
    let ended = pool.apply(|bytes: Vec<u8>| bytes.len(), (large,));
    assert!(
        matches!(ended, Err(PoolError::MemoryLimit { .. })),
        "{ended:?}"
    );
    assert_eq!(pool.apply(negate, (1,))?, -1);
    Ok(())
}

#[test]
fn workers_are_replaced_after_so_many_tasks() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for (workers, most) in [(1, 1), (1, 3), (2, 3)] {
        let pool = Pool::builder()
            .workers(workers)
            .max_tasks_per_worker(most)
            .build()?;
        let pids = pool.map(|_: u32| std::process::id(), 0..20)?;
        let different: HashSet<u32> = pids.iter().copied().collect();
        assert!(different.len() as u64 >= 20u64.div_ceil(most), "{pids:?}");
        for pid in different {
            let count = pids.iter().filter(|&&other| other == pid).count() as u64;
            assert!(count <= most, "{pids:?}");
        }
        let seats = pool.statistics();
        assert_eq!(seats.iter().map(|seat| seat.tasks).sum::<u64>(), 20);
        pool.close();
        pool.join()?;
    }
    Ok(())
}

/// A new worker may say that it is ready before the thread that started it has noted that there is one.
#[test]
fn a_worker_that_is_ready_at_once_is_given_tasks() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(1).max_tasks_per_worker(1).build()?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        // So that the thread which starts workers has to wait for a processor now and then.
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let numbers = pool.map(negate, 0..30);
        is_over.store(true, Ordering::Relaxed);
        assert!(numbers?.into_iter().eq((0..30).map(negate)));
        Ok(())
    })
}

/// What a worker on its way out has been handed ahead is not lost, and not counted against the next.
#[test]
fn a_long_last_task_of_a_worker_holds_up_nobody() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(2).max_tasks_per_worker(2).build()?;
    let go = Event::new()?;
    let long = pool.apply_async(wait_for, (go.clone(),))?;
    assert!(pool.map(negate, 0..30)?.into_iter().eq((0..30).map(negate)));
    go.set()?;
    assert!(long.get()?);
    Ok(())
}

#[test]
fn terminating_or_dropping_a_pool_ends_workers_that_are_stuck() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for is_dropped in [false, true] {
        let pool = Pool::new(2)?;
        let (begun, never) = (Queue::new()?, Event::new()?);
        let tasks = vec![(begun.clone(), never.clone()); 10];
        let stuck = pool.starmap_async(begin_and_stay, tasks)?;
        let pids = [begun.get()?, begun.get()?];
        if is_dropped {
            drop(pool);
        } else {
            pool.terminate();
            let refused = pool.apply(negate, (1,));
            assert!(matches!(refused, Err(PoolError::Terminated)), "{refused:?}");
            pool.join()?;
            assert!(pool.pids().is_empty());
            pool.terminate();
            pool.close();
        }
        assert!(matches!(stuck.get(), Err(PoolError::Terminated)));
        assert!(begun.is_empty()?, "nothing was begun after that");
        for pid in pids {
            assert!(fs::metadata(format!("/proc/{pid}")).is_err(), "{pid} lives");
        }
    }
    Ok(())
}

fn is_stopped(pid: u32) -> Result<bool, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The state stands behind the name, which is in parentheses.
    Ok(status
        .rsplit_once(") ")
        .is_some_and(|(_, state)| state.starts_with('T')))
}

#[test]
fn a_stopped_worker_is_not_taken_for_dead() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn stop(begun: Queue<u32>, go: Event) -> bool {
        begun.put(&std::process::id()).expect("the queue is there");
        kill_process(getpid(), Signal::STOP).expect("this process lives");
        // This thread may run on for a moment, until the signal has reached it as well.
        go.wait().is_ok()
    }
    let pool = Pool::new(2)?;
    let (begun, go) = (Queue::new()?, Event::new()?);
    let stop_one = || -> Result<_, Box<dyn Error>> {
        let stopped = pool.apply_async(stop, (begun.clone(), go.clone()))?;
        let pid = begun.get()?;
        while !is_stopped(pid)? {
            thread::yield_now();
        }
        Ok((stopped, pid))
    };
    let (goes_on, pid) = stop_one()?;
    let early = goes_on.get_timeout(Duration::from_millis(100));
    assert!(matches!(early, Err(PoolError::NotReady)), "{early:?}");
    assert!(pool.map(negate, 0..50)?.into_iter().eq((0..50).map(negate)));
    assert!(pool.pids().contains(&pid) && is_stopped(pid)?);
    let process = rustix::process::Pid::from_raw(pid as i32).ok_or("no pid")?;
    kill_process(process, Signal::CONT)?;
    go.set()?;
    assert!(goes_on.get()?);
    go.clear()?;

    let (cancelled, _) = stop_one()?;
    assert!(cancelled.cancel()?);
    let (terminated, _) = stop_one()?;
    pool.terminate();
    pool.join()?;
    assert!(matches!(terminated.get(), Err(PoolError::Terminated)));
    Ok(())
}
