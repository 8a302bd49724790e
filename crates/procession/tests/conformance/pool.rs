//! Pools: the workers are processes of this session, or of a worker host, which is this program once more.

use std::ops::Deref;
use std::sync::mpsc;
use std::time::Duration;

use procession::{Event, Pool, PoolError, SharedError};

use crate::host::Host;
use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    tasks_are_run_and_results_come_home,
    iterators_bring_all_results,
    callbacks_are_called_once,
    errors_are_told,
    a_lost_task_fails_or_is_run_again,
    a_task_that_takes_too_long_is_ended,
    cancelled_tasks_end,
    a_closed_pool_takes_no_more_and_can_be_joined,
    a_terminated_pool_tells_all_who_wait,
    threads_share_a_pool,
    objects_travel,
);

/// A pool of two workers, and the host that has them, if they are elsewhere.
pub(crate) struct TestPool {
    pool: Pool,
    _host: Option<Host>,
}

impl Deref for TestPool {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        &self.pool
    }
}

/// Its tasks run where no memory is shared with this process, if the objects are on a server.
pub(crate) fn pool_in(objects: &Objects) -> Result<TestPool, Box<dyn std::error::Error>> {
    Ok(match objects {
        Objects::Memory => TestPool {
            pool: Pool::new(2)?,
            _host: None,
        },
        Objects::Server(cluster) => TestPool {
            pool: cluster.pool(None)?,
            _host: Some(Host::start(cluster)?),
        },
    })
}

fn tasks_are_run_and_results_come_home(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    assert_eq!(pool.apply(|a: u32, b: u32| a * b, (6, 7))?, 42);
    assert_eq!(
        pool.apply_async(|text: String| text + "!", ("hi".to_owned(),))?
            .get()?,
        "hi!"
    );
    assert_eq!(
        pool.map(|x: u32| 2 * x, 0..500)?,
        (0..1000).step_by(2).collect::<Vec<_>>()
    );
    assert_eq!(pool.map(|x: u32| x, [])?, [0; 0]);
    assert_eq!(
        pool.starmap(|a: u32, b: u32| a - b, [(3, 1), (9, 4)])?,
        [2, 5]
    );
    assert_eq!(
        pool.map_async(|bytes: Vec<u8>| bytes.len(), [vec![1; 3], vec![]])?
            .get()?,
        [3, 0]
    );
    Ok(())
}

fn iterators_bring_all_results(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let in_order: Result<Vec<u32>, _> = pool.imap(|x: u32| x + 1, 0..3000)?.collect();
    assert_eq!(in_order?, (1..3001).collect::<Vec<_>>());
    let any_order: Result<Vec<u32>, _> = pool.imap_unordered(|x: u32| x, 0..3000)?.collect();
    let mut any_order = any_order?;
    any_order.sort_unstable();
    assert_eq!(any_order, (0..3000).collect::<Vec<_>>());
    // One that is left early cancels the rest.
    let first = pool.imap(|x: u32| x, 0..)?.next();
    assert_eq!(first.transpose()?, Some(0));
    assert_eq!(pool.apply(|| 1, ())?, 1);
    Ok(())
}

fn callbacks_are_called_once(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let (told, heard) = mpsc::channel();
    let failed = told.clone();
    let divide = |x: u32| 10 / x;
    let tell = move |result: &u32| told.send(Ok(*result)).expect("an ear");
    let result = pool.apply_async_with(divide, (5,), tell, |_| ())?;
    assert_eq!(result.get()?, 2);
    let tell = move |error: &PoolError| failed.send(Err(error.to_string())).expect("an ear");
    pool.apply_async_with(divide, (0,), |_| (), tell)?;
    assert_eq!(heard.recv()?, Ok(2));
    assert!(
        heard
            .recv()?
            .is_err_and(|error| error.contains("divide by zero"))
    );
    assert!(heard.recv().is_err());
    Ok(())
}

fn errors_are_told(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    match pool.apply(|| panic!("oh dear"), ()) {
        Err::<(), _>(PoolError::Panicked {
            message, location, ..
        }) => {
            assert_eq!(message, "oh dear");
            assert!(location.contains("conformance/pool.rs"), "{location}");
        }
        other => panic!("{other:?}"),
    }
    let mixed = pool
        .imap(|x: u32| 6 / x, [1, 0, 2])?
        .map(|result| result.ok());
    assert_eq!(mixed.collect::<Vec<_>>(), [Some(6), None, Some(3)]);
    Ok(())
}

/// Ends its worker, but not the second time.
fn stumble(was_here: Event) -> Result<u32, SharedError> {
    if !was_here.is_set()? {
        was_here.set()?;
        std::process::abort();
    }
    Ok(7)
}

fn a_lost_task_fails_or_is_run_again(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let again = pool.submit().retries(1).apply(stumble, (objects.event()?,));
    assert_eq!(again??, 7);
    let once = pool.submit().retries(0).apply(stumble, (objects.event()?,));
    match once {
        Err(PoolError::WorkerLost { cause, .. }) => {
            assert!(cause.to_string().contains("SIGABRT"), "{cause}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(pool.apply(|| 1, ())?, 1);
    Ok(())
}

fn sleep_for_ever(begun: Event) -> Result<(), SharedError> {
    begun.set()?;
    loop {
        std::thread::park();
    }
}

fn a_task_that_takes_too_long_is_ended(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let timeout = Duration::from_millis(20);
    let late = pool
        .submit()
        .timeout(timeout)
        .retries(0)
        .apply(sleep_for_ever, (objects.event()?,));
    match late {
        Err(PoolError::TaskTimeout { timeout: told, .. }) => assert_eq!(told, timeout),
        other => panic!("{other:?}"),
    }
    Ok(())
}

fn cancelled_tasks_end(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let begun = objects.event()?;
    let stuck = pool.apply_async(sleep_for_ever, (begun.clone(),))?;
    begun.wait()?;
    assert!(stuck.cancel()?);
    assert!(matches!(stuck.get(), Err(PoolError::Cancelled)));
    assert!(!stuck.cancel()?);
    // Both workers are free again.
    let begun = [objects.event()?, objects.event()?];
    let meet = |ours: Event, theirs: Event| -> Result<(), SharedError> {
        ours.set()?;
        theirs.wait()
    };
    let [one, other] = [begun.clone(), [begun[1].clone(), begun[0].clone()]]
        .map(|[ours, theirs]| pool.apply_async(meet, (ours, theirs)));
    one?.get()??;
    other?.get()??;
    Ok(())
}

fn a_closed_pool_takes_no_more_and_can_be_joined(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    assert!(matches!(pool.join(), Err(PoolError::StillOpen)));
    let results = pool.map_async(|x: u32| x, 0..100)?;
    pool.close();
    assert!(matches!(pool.apply(|| 1, ()), Err(PoolError::Closed)));
    pool.join()?;
    assert!(results.ready());
    assert_eq!(results.get()?.len(), 100);
    assert_eq!(pool.outstanding(), 0);
    Ok(())
}

fn a_terminated_pool_tells_all_who_wait(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let begun = objects.event()?;
    let stuck = pool.apply_async(sleep_for_ever, (begun.clone(),))?;
    let waiting = pool.map_async(sleep_for_ever, [objects.event()?, objects.event()?])?;
    begun.wait()?;
    pool.terminate();
    assert!(matches!(stuck.get(), Err(PoolError::Terminated)));
    assert!(matches!(waiting.get(), Err(PoolError::Terminated)));
    pool.join()?;
    Ok(())
}

fn threads_share_a_pool(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let pool: &Pool = &pool;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4u32)
            .map(|thread| scope.spawn(move || pool.map(|x: u32| x + 1, [thread; 50])))
            .collect();
        for (thread, results) in (1..).zip(threads) {
            assert_eq!(results.join().expect("no panic")?, [thread; 50]);
        }
        Ok(())
    })
}

fn objects_travel(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let event = objects.event()?;
    let back = pool.apply(|event: Event| event.set().map(|()| event), (event.clone(),))??;
    assert!(event.is_set()?);
    back.clear()?;
    assert!(!event.is_set()?);
    Ok(())
}
