//! Results of a pool as futures.

mod watchdog;

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use procession::{AsyncResult, Event, Pool, PoolError};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor there is: it does nothing but wait for the waker.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

fn poll_once<R>(result: &mut AsyncResult<R>) -> Poll<Result<R, PoolError>> {
    pin!(result).poll(&mut Context::from_waker(Waker::noop()))
}

fn double(number: u64) -> u64 {
    2 * number
}

fn wait_for(event: Event) -> bool {
    event.wait().is_ok()
}

#[test]
fn results_can_be_awaited_with_any_executor() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    for number in 0..200 {
        let first = pool.apply_async(double, (number,))?;
        let second = pool.apply_async(double, (number + 1,))?;
        // The other way round than they were submitted.
        let both = async { Ok::<_, PoolError>((second.await?, first.await?)) };
        assert_eq!(block_on(both)?, (2 * number + 2, 2 * number));
    }
    let many = block_on(pool.map_async(double, 0..1000)?)?;
    assert!(many.into_iter().eq((0..1000).map(double)));
    assert!(block_on(pool.map_async(double, [])?)?.is_empty());
    Ok(())
}

#[test]
fn errors_are_awaited_like_results() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let panicked = block_on(pool.apply_async(|| -> u64 { panic!("no") }, ())?);
    assert!(matches!(panicked, Err(PoolError::Panicked { .. })));
    let lost = block_on(pool.apply_async(|| -> u64 { std::process::abort() }, ())?);
    assert!(
        matches!(lost, Err(PoolError::WorkerLost { .. })),
        "{lost:?}"
    );
    let never = Event::new()?;
    let late = pool.submit().timeout(Duration::from_millis(1));
    let late = block_on(late.apply_async(wait_for, (never.clone(),))?);
    assert!(
        matches!(late, Err(PoolError::TaskTimeout { .. })),
        "{late:?}"
    );
    let mut terminated = pool.apply_async(wait_for, (never,))?;
    assert!(poll_once(&mut terminated).is_pending());
    thread::scope(|scope| {
        let awaiting = scope.spawn(|| block_on(&mut terminated));
        pool.terminate();
        let ended = awaiting.join().unwrap();
        assert!(matches!(ended, Err(PoolError::Terminated)), "{ended:?}");
    });
    Ok(())
}

/// The future's waker is called though the pool's reports are read by somebody else, or by nobody.
#[test]
fn whoever_awaits_is_woken_whoever_waits_besides() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let (go, never) = (Event::new()?, Event::new()?);
    for _ in 0..20 {
        go.clear()?;
        let mut awaited = pool.apply_async(wait_for, (go.clone(),))?;
        let waited = pool.apply_async(wait_for, (never.clone(),))?;
        thread::scope(|scope| {
            let waiting = scope.spawn(|| waited.get());
            let awaiting = scope.spawn(|| block_on(&mut awaited));
            go.set()?;
            assert!(awaiting.join().unwrap()?);
            assert!(waited.cancel()?);
            assert!(matches!(waiting.join().unwrap(), Err(PoolError::Cancelled)));
            Ok::<_, Box<dyn Error>>(())
        })?;
    }
    Ok(())
}

/// The waker of the last poll counts; and a result stays what it is.
#[test]
fn a_result_may_be_polled_by_changing_tasks_and_again_after_its_end() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let go = Event::new()?;
    let mut result = pool.apply_async(wait_for, (go.clone(),))?;
    assert!(poll_once(&mut result).is_pending());
    assert!(poll_once(&mut result).is_pending());
    thread::scope(|scope| {
        let awaiting = scope.spawn(|| block_on(&mut result));
        go.set()?;
        assert!(awaiting.join().unwrap()?);
        Ok::<_, Box<dyn Error>>(())
    })?;
    assert!(matches!(poll_once(&mut result), Poll::Ready(Ok(true))));
    assert!(result.get()?);
    Ok(())
}

#[test]
fn a_dropped_future_leaves_its_task_alone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let (go, done) = (Event::new()?, Event::new()?);
    let work = |go: Event, done: Event| go.wait().is_ok() && done.set().is_ok();
    let mut result = pool.apply_async(work, (go.clone(), done.clone()))?;
    assert!(poll_once(&mut result).is_pending());
    drop(result);
    go.set()?;
    done.wait()?;
    assert_eq!(block_on(pool.apply_async(double, (2,))?)?, 4);
    pool.close();
    pool.join()?;
    Ok(())
}

#[test]
fn a_result_is_awaited_until_its_callback_has_returned() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let (go, may_go) = mpsc::channel::<()>();
    let callback = move |_: &u64| may_go.recv().unwrap_or_default();
    let mut result = pool.apply_async_with(double, (1,), callback, |error| panic!("{error}"))?;
    while pool.outstanding() > 0 {
        assert!(poll_once(&mut result).is_pending());
        thread::yield_now();
    }
    assert!(poll_once(&mut result).is_pending());
    thread::scope(|scope| {
        let awaiting = scope.spawn(|| block_on(&mut result));
        go.send(())?;
        assert_eq!(awaiting.join().unwrap()?, 2);
        Ok::<_, Box<dyn Error>>(())
    })
}

#[test]
fn tokio_awaits_many_results_at_once() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()?;
    let pool = Pool::new(2)?;
    runtime.block_on(async {
        for round in 0..20 {
            let tasks = (0..50)
                .map(|number| Ok(tokio::spawn(pool.apply_async(double, (round + number,))?)))
                .collect::<Result<Vec<_>, PoolError>>()?;
            for (number, task) in (round..).zip(tasks) {
                assert_eq!(task.await??, 2 * number);
            }
        }
        let (a, b, c) = tokio::try_join!(
            pool.apply_async(double, (1,))?,
            pool.apply_async(double, (2,))?,
            pool.map_async(double, 3..5)?,
        )?;
        assert_eq!((a, b, c), (2, 4, vec![6, 8]));
        Ok(())
    })
}

#[test]
fn whoever_gives_up_awaiting_may_cancel() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()?;
    let pool = Pool::new(1)?;
    runtime.block_on(async {
        let never = Event::new()?;
        let mut stuck = pool.apply_async(wait_for, (never,))?;
        let given_up = tokio::time::timeout(Duration::from_millis(20), &mut stuck).await;
        assert!(given_up.is_err());
        let behind = pool.apply_async(double, (21,))?;
        assert!(stuck.cancel()?);
        assert!(matches!(stuck.await, Err(PoolError::Cancelled)));
        assert_eq!(behind.await?, 42);

        let never = Event::new()?;
        let mut stuck = pool.apply_async(wait_for, (never,))?;
        tokio::select! {
            ended = &mut stuck => return Err(format!("{ended:?}").into()),
            () = tokio::time::sleep(Duration::from_millis(5)) => assert!(stuck.cancel()?),
        }
        assert!(!stuck.cancel()?);
        assert!(matches!(stuck.await, Err(PoolError::Cancelled)));
        Ok(())
    })
}
