//! Workers of a pool that die, and tasks that are ended.

mod watchdog;

use std::error::Error;
use std::thread;

use procession::{Pool, PoolError, ProcessError, Value};
use procession_arena::sys::process::Pidfd;
use rustix::process::{Signal, getpid, kill_process};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;

fn negate(number: i64) -> i64 {
    -number
}

/// Ends this process by a signal.
fn die_of(signal: Signal) {
    // More than once: the handler with which Rust reports a stack overflow lets the first one pass.
    while kill_process(getpid(), signal).is_ok() {
        thread::yield_now();
    }
}

fn signal_of(error: &ProcessError) -> Option<i32> {
    match error {
        ProcessError::Signaled { signal, .. } => Some(*signal),
        _ => None,
    }
}

#[test]
fn a_task_whose_worker_dies_is_lost_with_the_reason() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(1).name("mortal").build()?;
    let signals = [Some(SIGKILL), Some(SIGABRT), Some(SIGSEGV), None];
    let submit = |number: usize| match number {
        0 => pool.apply_async(|| die_of(Signal::KILL), ()),
        1 => pool.apply_async(|| std::process::abort(), ()),
        2 => pool.apply_async(|| die_of(Signal::SEGV), ()),
        _ => pool.apply_async(|| std::process::exit(3), ()),
    };
    for (number, expected) in signals.into_iter().enumerate() {
        let doomed = pool.apply(std::process::id, ())?;
        let ended = submit(number)?.get();
        let Err(PoolError::WorkerLost {
            worker,
            pid,
            cause,
            finished,
        }) = ended
        else {
            unreachable!("{ended:?}");
        };
        assert!(worker.starts_with("mortal-"), "{worker}");
        assert_eq!(pid, doomed);
        assert!(!finished);
        assert_eq!(signal_of(&cause), expected, "{cause}");
        let is_exit = matches!(*cause, ProcessError::Exited { code: 3 });
        assert_eq!(is_exit, expected.is_none(), "{cause}");
        assert_ne!(pool.apply(std::process::id, ())?, doomed);
    }
    let statistics = pool.statistics();
    assert_eq!(statistics.iter().map(|seat| seat.workers).sum::<u64>(), 5);
    Ok(())
}

#[test]
fn only_the_running_task_is_lost_and_all_others_go_on() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn die_at(number: u32) -> u32 {
        if number % 50 == 7 {
            die_of(Signal::KILL);
        }
        number
    }
    let pool = Pool::new(2)?;
    for (number, result) in (0..400).zip(pool.imap(die_at, 0..400)?) {
        match result {
            Ok(same) => assert!(same == number && number % 50 != 7),
            Err(PoolError::WorkerLost { .. }) => assert_eq!(number % 50, 7),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[test]
fn nothing_is_lost_with_idle_workers() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    for round in 0..5 {
        // Some are killed before they are ready, too.
        for pid in pool.pids() {
            // Gone, and replaced already, if it cannot be opened.
            if let Ok(worker) = Pidfd::open(pid) {
                worker.kill()?;
                worker.wait_exit(None)?;
            }
        }
        let numbers = pool.map(negate, 0..50)?;
        assert!(numbers.into_iter().eq((0..50).map(negate)), "{round}");
    }
    Ok(())
}

/// Says which attempt this is, the first being 1.
fn attempt(attempts: &Value<u32>) -> u32 {
    attempts.fetch_add(1).map_or(0, |before| before + 1)
}

#[test]
fn a_worker_that_dies_in_its_initializer_is_replaced() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn die_twice(attempts: Value<u32>) {
        if attempt(&attempts) <= 2 {
            die_of(Signal::KILL);
        }
    }
    let attempts = Value::new(0)?;
    let pool = Pool::builder()
        .workers(1)
        .initializer(die_twice, (attempts.clone(),))
        .build()?;
    assert_eq!(pool.apply(negate, (1,))?, -1);
    assert_eq!(attempts.get()?, 3);
    Ok(())
}

fn reason_of_failure(pool: &Pool) -> Result<String, Box<dyn Error>> {
    let waiting = pool.apply_async(negate, (1,));
    let ended = waiting.and_then(|waiting| waiting.get());
    let Err(PoolError::Broken { attempts, reason }) = ended else {
        return Err(format!("{ended:?}").into());
    };
    assert!(attempts >= 3, "{attempts}");
    let refused = pool.apply_async(negate, (1,));
    assert!(
        matches!(refused, Err(PoolError::Broken { .. })),
        "{refused:?}"
    );
    pool.close();
    pool.join()?;
    Ok(reason)
}

#[test]
fn a_pool_whose_workers_cannot_be_prepared_gives_up_with_the_reason() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for workers in [1, 2] {
        let builder = || Pool::builder().workers(workers);
        let panics = builder().initializer(|| -> () { panic!("no scales") }, ());
        assert!(reason_of_failure(&panics.build()?)?.contains("no scales"));
        let fails = builder().initializer(|| Err::<(), String>("no flour".to_owned()), ());
        assert!(reason_of_failure(&fails.build()?)?.contains("no flour"));
        let exits = builder().initializer(|| -> () { std::process::exit(3) }, ());
        let reason = reason_of_failure(&exits.build()?)?;
        assert!(reason.contains('3'), "{reason}");
        let aborts = builder().initializer(|| die_of(Signal::ABORT), ());
        let reason = reason_of_failure(&aborts.build()?)?;
        assert!(reason.contains("SIGABRT"), "{reason}");
    }
    Ok(())
}

#[test]
fn a_lost_task_is_run_again_as_often_as_was_asked_for() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn die_until(last: u32, attempts: Value<u32>) -> u32 {
        let attempt = attempt(&attempts);
        if attempt < last {
            die_of(Signal::KILL);
        }
        attempt
    }
    let pool = Pool::new(2)?;
    let attempts = Value::new(0)?;
    let submission = pool.submit().retries(2);
    assert_eq!(submission.apply(die_until, (3, attempts.clone()))?, 3);
    attempts.set(0)?;
    let ended = pool
        .submit()
        .retries(1)
        .apply(die_until, (3, attempts.clone()));
    assert!(
        matches!(ended, Err(PoolError::WorkerLost { .. })),
        "{ended:?}"
    );
    assert_eq!(attempts.get()?, 2);

    attempts.set(0)?;
    let panics = |attempts: Value<u32>| -> u32 { panic!("at attempt {}", attempt(&attempts)) };
    let ended = pool.submit().retries(5).apply(panics, (attempts.clone(),));
    assert!(
        matches!(ended, Err(PoolError::Panicked { .. })),
        "{ended:?}"
    );
    assert_eq!(attempts.get()?, 1, "a panic is an answer");
    Ok(())
}
