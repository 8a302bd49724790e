//! Callbacks of a pool's tasks: when they are called, and what they may do.

mod watchdog;

use std::error::Error;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use procession::{Event, Pool, PoolError};
use serde::{Deserialize, Serialize};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

fn negate(number: i64) -> i64 {
    -number
}

fn fail(number: i64) -> i64 {
    assert!(number < 0, "I do not like {number}");
    number
}

fn wait_for(event: Event) -> bool {
    event.wait().is_ok()
}

/// For callbacks that are not to be called.
fn unexpected<T: std::fmt::Debug>(value: &T) {
    unreachable!("{value:?}");
}

#[test]
fn one_of_two_callbacks_is_called_once_and_before_the_result_is_there() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let called = Arc::new(Mutex::new(Vec::new()));
    let note = |called: &Arc<Mutex<Vec<String>>>| {
        let called = Arc::clone(called);
        move |text: String| called.lock().unwrap().push(text)
    };
    let take = || std::mem::take(&mut *called.lock().unwrap());

    let noted = note(&called);
    let result = pool.apply_async_with(
        negate,
        (1,),
        move |number| noted(number.to_string()),
        unexpected,
    )?;
    assert_eq!(result.get()?, -1);
    assert_eq!(take(), ["-1"]);

    let noted = note(&called);
    let result = pool.apply_async_with(fail, (2,), unexpected, move |error| {
        noted(error.to_string());
    })?;
    let error = result.get().unwrap_err();
    assert!(matches!(error, PoolError::Panicked { .. }), "{error}");
    assert_eq!(take(), [error.to_string()]);

    let noted = note(&called);
    let result = pool.map_async_with(
        negate,
        1..=3,
        move |numbers| noted(format!("{numbers:?}")),
        unexpected,
    )?;
    result.wait()?;
    assert_eq!(take(), ["[-1, -2, -3]"]);

    let noted = note(&called);
    let result = pool.map_async_with(fail, 4..=6, unexpected, move |error| {
        noted(error.to_string());
    })?;
    assert!(result.wait_timeout(Duration::MAX)? && !result.successful()?);
    assert!(
        matches!(&*take(), [error] if error.ends_with("I do not like 4")),
        "the first error, once"
    );
    Ok(())
}

#[test]
fn callbacks_hear_of_every_end_that_a_task_can_have() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let (sender, errors) = mpsc::channel();
    let tell = || {
        let sender = sender.clone();
        move |error: &PoolError| sender.send(error.clone()).unwrap_or_default()
    };
    let never = Event::new()?;

    pool.apply_async_with(|| std::process::exit(3), (), unexpected::<()>, tell())?;
    let error = errors.recv()?;
    assert!(matches!(error, PoolError::WorkerLost { .. }), "{error}");

    let cancelled = pool.apply_async_with(wait_for, (never.clone(),), unexpected, tell())?;
    assert!(cancelled.cancel()?);
    let error = errors.recv()?;
    assert!(matches!(error, PoolError::Cancelled), "{error}");

    pool.submit()
        .timeout(Duration::from_millis(1))
        .apply_async_with(wait_for, (never.clone(),), unexpected, tell())?;
    let error = errors.recv()?;
    assert!(matches!(error, PoolError::TaskTimeout { .. }), "{error}");

    pool.apply_async_with(|| Undecodable, (), |_| panic!("it decodes"), tell())?;
    let error = errors.recv()?;
    assert!(matches!(error, PoolError::ResultDecode { .. }), "{error}");

    let terminated = pool.apply_async_with(wait_for, (never,), unexpected, tell())?;
    pool.terminate();
    let error = errors.recv()?;
    assert!(matches!(error, PoolError::Terminated), "{error}");
    assert!(matches!(terminated.get(), Err(PoolError::Terminated)));
    Ok(())
}

/// Written as nothing, and read as something.
#[derive(Serialize)]
struct Undecodable;

impl<'de> Deserialize<'de> for Undecodable {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Undecodable, D::Error> {
        u8::deserialize(deserializer).map(|_| Undecodable)
    }
}

#[test]
fn a_slow_callback_does_not_stall_tasks() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let (go, may_go) = mpsc::channel::<()>();
    let (sender, begun) = mpsc::channel();
    let slow = pool.apply_async_with(
        negate,
        (1,),
        move |_| {
            sender.send(()).unwrap_or_default();
            may_go.recv().unwrap_or_default();
        },
        unexpected,
    )?;
    begun.recv()?;
    assert_eq!(pool.apply(negate, (2,))?, -2);
    assert_eq!(pool.map(negate, 0..100)?.len(), 100);
    assert_eq!(pool.map_async(negate, 0..100)?.get()?.len(), 100);
    let later = pool.apply_async_with(negate, (3,), |_| (), unexpected)?;
    // The task is done, and its callback has to wait for its turn.
    while pool.outstanding() > 0 {
        thread::yield_now();
    }
    assert!(!slow.ready() && !later.ready());
    go.send(())?;
    assert_eq!((slow.get()?, later.get()?), (-1, -3));
    Ok(())
}

#[test]
fn a_callback_that_panics_spoils_its_own_result_alone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    for _ in 0..2 {
        let results = [
            pool.apply_async_with(negate, (1,), |_| panic!("I am a bad callback"), unexpected)?,
            pool.apply_async_with(fail, (1,), unexpected, |_| panic!("I am a bad callback"))?,
        ];
        for result in results {
            for _ in 0..2 {
                let error = result.get().unwrap_err();
                let PoolError::CallbackPanicked { message, location } = error else {
                    return Err(error.into());
                };
                assert_eq!(message, "I am a bad callback");
                assert!(location.contains("pool_callbacks.rs"), "{location}");
            }
            assert!(!result.successful()?);
        }
        let good = pool.apply_async_with(negate, (2,), |_| (), unexpected)?;
        assert_eq!(good.get()?, -2);
    }
    pool.close();
    pool.join()?;
    Ok(())
}

/// A pool that its callbacks can use as well.
fn shared(workers: usize) -> Result<Arc<Pool>, PoolError> {
    Pool::new(workers).map(Arc::new)
}

#[test]
fn a_callback_may_use_the_pool() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for workers in [1, 2] {
        let pool = shared(workers)?;
        let (sender, numbers) = mpsc::channel();
        let again = Arc::clone(&pool);
        let result = pool.apply_async_with(
            negate,
            (1,),
            move |number| {
                let number = again.apply(negate, (number - 1,)).unwrap();
                let later = again.apply_async(negate, (number + 1,)).unwrap();
                let squares: i64 = again.map(negate, 0..10).unwrap().iter().sum();
                sender.send((later.get().unwrap(), squares)).unwrap();
            },
            unexpected,
        )?;
        assert_eq!(result.get()?, -1);
        assert_eq!(numbers.recv()?, (-3, -45));
        pool.close();
        pool.join()?;
    }
    Ok(())
}

/// The thread that is to call the inner one is the one that waits for it.
#[test]
fn a_callback_may_wait_for_a_result_that_has_a_callback() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = shared(2)?;
    let (sender, order) = mpsc::channel();
    let (again, outer) = (Arc::clone(&pool), sender.clone());
    let result = pool.apply_async_with(
        negate,
        (1,),
        move |_| {
            let inner = again
                .apply_async_with(
                    negate,
                    (2,),
                    move |number| sender.send(*number).unwrap_or_default(),
                    unexpected,
                )
                .unwrap();
            outer.send(inner.get().unwrap() * 10).unwrap_or_default();
        },
        unexpected,
    )?;
    assert_eq!(result.get()?, -1);
    assert_eq!([order.recv()?, order.recv()?], [-2, -20]);
    Ok(())
}

/// As above, and the inner one waits as well, in a thread that has read the pool's reports.
#[test]
fn a_callback_within_a_callback_may_use_the_pool() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = shared(2)?;
    let go = Event::new()?;
    let (sender, answers) = mpsc::channel();
    let (first, second, event) = (Arc::clone(&pool), Arc::clone(&pool), go.clone());
    let result = pool.apply_async_with(
        negate,
        (1,),
        move |_| {
            let inner = first.apply_async_with(
                wait_for,
                (event,),
                move |_| {
                    let number = second.apply(negate, (2,)).unwrap();
                    sender.send(number).unwrap_or_default();
                },
                unexpected,
            );
            assert!(inner.unwrap().get().unwrap());
        },
        unexpected,
    )?;
    // Until nobody else reads, most of the time; too short a time makes the test easier to pass.
    thread::sleep(Duration::from_millis(300));
    go.set()?;
    assert_eq!(answers.recv()?, -2);
    assert_eq!(result.get()?, -1);
    Ok(())
}

/// Callbacks that are called by one which waits are under way too, but do not wait for themselves.
#[test]
fn a_callback_may_join_the_pool_also_within_another() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = shared(1)?;
    let again = Arc::clone(&pool);
    let result = pool.apply_async_with(
        negate,
        (1,),
        move |_| {
            let pool = Arc::clone(&again);
            let join = move |_: &i64| {
                pool.close();
                pool.join().unwrap();
            };
            let inner = again.apply_async_with(negate, (2,), join, unexpected);
            assert_eq!(inner.unwrap().get().unwrap(), -2);
            again.join().unwrap();
        },
        unexpected,
    )?;
    assert_eq!(result.get()?, -1);
    pool.join()?;
    Ok(())
}

#[test]
fn join_waits_for_callbacks() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let (go, may_go) = mpsc::channel::<()>();
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let _first = pool.apply_async_with(
        negate,
        (1,),
        move |_| may_go.recv().unwrap_or_default(),
        unexpected,
    )?;
    for _ in 0..10 {
        let count = Arc::clone(&count);
        pool.apply_async_with(
            negate,
            (1,),
            move |_| *count.lock().unwrap() += 1,
            unexpected,
        )?;
    }
    pool.close();
    let early = pool.join_timeout(Duration::from_millis(20));
    assert!(matches!(early, Err(PoolError::NotReady)), "{early:?}");
    assert_eq!(*counted.lock().unwrap(), 0);
    go.send(())?;
    pool.join()?;
    assert_eq!(*counted.lock().unwrap(), 10);
    Ok(())
}

/// Nobody waits for the pool, and nothing but a callback keeps it.
#[test]
fn the_last_holder_of_a_pool_may_be_a_callback() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = shared(2)?;
    let (sender, dropped) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let last = Arc::clone(&pool);
    pool.apply_async_with(
        negate,
        (1,),
        move |_| {
            may_go.recv().unwrap_or_default();
            drop(last);
            sender.send(()).unwrap_or_default();
        },
        unexpected,
    )?;
    drop(pool);
    go.send(())?;
    dropped.recv()?;
    Ok(())
}
