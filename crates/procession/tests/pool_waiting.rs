//! Whoever waits for something of a pool is woken when it is there, whoever reads the workers' reports meanwhile.

mod watchdog;

use std::error::Error;
use std::fs;
use std::iter;
use std::sync::{Arc, Barrier, Mutex, OnceLock, mpsc};
use std::task::{Context, Wake};
use std::thread;
use std::time::Duration;

use procession::{AsyncResult, Event, Pool, PoolError, Process, Queue, QueueError};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

fn negate(number: i64) -> i64 {
    -number
}

/// Says that it has begun, and goes on when it is told to.
fn begin_and_wait(begun: Queue<()>, go: Event) -> bool {
    begun.put(&()).is_ok() && go.wait().is_ok()
}

/// One of them reads the reports, those of others too; when it leaves, another one has to go on.
#[test]
fn threads_that_wait_at_the_same_time_all_get_their_results() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    const THREADS: i64 = 8;
    let pool = Pool::new(2)?;
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (pool, start) = (&pool, &start);
                scope.spawn(move || {
                    // In each round nobody comes whom a forgotten one could rely on.
                    for round in 0..300 {
                        start.wait();
                        assert_eq!(pool.apply(negate, (number + round,))?, -number - round);
                    }
                    Ok::<_, PoolError>(())
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap())
    })?;
    Ok(())
}

/// As above, but all want the same result: who reads it wakes the others.
#[test]
fn threads_that_wait_for_the_same_result_all_get_it() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    for round in 0..100 {
        let go = Event::new()?;
        let result = pool.apply_async(|go: Event| go.wait(), (go.clone(),))?;
        let later = pool.apply_async(negate, (round,))?;
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (result.get(), later.get())))
                .collect();
            go.set()?;
            for thread in threads {
                let (first, second) = thread.join().unwrap();
                first??;
                assert_eq!(second?, -round);
            }
            Ok::<_, Box<dyn Error>>(())
        })?;
    }
    Ok(())
}

/// A thread that sleeps while another reads the reports is told of the room that a cancelled task leaves.
#[test]
fn cancelling_makes_room_for_who_waits_to_submit() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(1).max_queued(1).build()?;
    let (begun, go) = (Queue::new()?, Event::new()?);
    let running = pool.apply_async(begin_and_wait, (begun.clone(), go.clone()))?;
    begun.get()?;
    let handed_ahead = pool.apply_async(negate, (1,))?;
    let queued = pool.apply_async(negate, (2,))?;
    thread::scope(|scope| {
        // It reads the reports, of which there will be none.
        let reader = scope.spawn(|| running.get());
        let (sender, submitted) = mpsc::channel();
        let pool = &pool;
        let submitter = scope.spawn(move || {
            let result = pool.apply_async(negate, (3,))?;
            sender.send(()).unwrap_or_default();
            result.get()
        });
        // Long enough for both to fall asleep, most of the time; too short a time makes the test easier to pass.
        thread::sleep(Duration::from_millis(50));
        assert!(queued.cancel()?);
        submitted.recv()?;
        go.set()?;
        assert!(reader.join().unwrap()?);
        assert_eq!(submitter.join().unwrap()?, -3);
        Ok::<_, Box<dyn Error>>(())
    })?;
    assert_eq!(handed_ahead.get()?, -1);
    assert!(matches!(queued.get(), Err(PoolError::Cancelled)));
    Ok(())
}

/// `max_queued` is what keeps a submitter waiting, and nothing is lost of what it submits.
#[test]
fn whoever_submits_to_a_full_pool_waits_for_room() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(1).max_queued(2).build()?;
    let (begun, go) = (Queue::new()?, Event::new()?);
    let running = pool.apply_async(begin_and_wait, (begun.clone(), go.clone()))?;
    begun.get()?;
    let submit = || -> Result<Vec<AsyncResult<i64>>, PoolError> {
        (0..20)
            .map(|number| pool.apply_async(negate, (number,)))
            .collect()
    };
    let results = thread::scope(|scope| {
        let submitter = scope.spawn(submit);
        // One that runs, one that the worker has been handed ahead, and two that are queued.
        while pool.outstanding() < 4 {
            thread::yield_now();
        }
        assert!(!submitter.is_finished(), "there is no room for the fifth");
        go.set()?;
        Ok::<_, Box<dyn Error>>(submitter.join().unwrap()?)
    })?;
    assert!(running.get()?);
    for (number, result) in (0..).zip(results) {
        assert_eq!(result.get()?, -number);
    }
    Ok(())
}

#[test]
fn terminating_ends_the_wait_for_room() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(1).max_queued(1).build()?;
    let (begun, go) = (Queue::new()?, Event::new()?);
    let running = pool.apply_async(begin_and_wait, (begun.clone(), go))?;
    begun.get()?;
    thread::scope(|scope| {
        let submitter = scope.spawn(|| {
            (0..9)
                .map(|number| pool.apply_async(negate, (number,)))
                .find_map(Result::err)
        });
        while pool.outstanding() < 3 {
            thread::yield_now();
        }
        pool.terminate();
        let refusal = submitter.join().unwrap();
        assert!(
            matches!(refusal, Some(PoolError::Terminated)),
            "{refusal:?}"
        );
    });
    assert!(matches!(running.get(), Err(PoolError::Terminated)));
    Ok(())
}

/// The thread that reads reports when nobody waits is called when there is something to read, not only before.
#[test]
fn tasks_of_a_slow_iterator_are_carried_out_though_nobody_waits() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    assert_eq!(pool.apply(negate, (1,))?, -1);
    let done = Queue::new()?;
    let slow = iter::once_with(|| {
        // Until everybody in the pool sleeps; too short a time makes the test easier to pass.
        thread::sleep(Duration::from_millis(500));
        (0..50).map(|number| (number, done.clone()))
    });
    let put = |number: i64, done: Queue<i64>| -> Result<(), QueueError> { done.put(&number) };
    let results = pool.starmap_async(put, slow.flatten())?;
    let mut numbers = (0..50).map(|_| done.get()).collect::<Result<Vec<_>, _>>()?;
    numbers.sort_unstable();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
    assert_eq!(results.get()?.len(), 50);
    Ok(())
}

/// As above, with a callback as the only one who hears of the results.
#[test]
fn the_callback_of_a_slow_iterator_is_called_though_nobody_waits() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    assert_eq!(pool.apply(negate, (1,))?, -1);
    let (sender, sums) = mpsc::channel();
    let slow = iter::once_with(|| {
        thread::sleep(Duration::from_millis(500));
        3
    });
    pool.map_async_with(
        negate,
        slow,
        move |numbers| sender.send(numbers.clone()).unwrap_or_default(),
        |error| eprintln!("{error}"),
    )?;
    assert_eq!(sums.recv()?, [-3]);
    Ok(())
}

/// The pool's last task ends before the job is known to be complete.
#[test]
fn a_callback_is_called_though_the_pool_ended_while_items_were_taken() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let mut numbers = 1..=2;
    let items = iter::from_fn(|| {
        numbers.next().or_else(|| {
            pool.close();
            pool.join().unwrap();
            // Until its threads have gone as well, most of the time.
            thread::sleep(Duration::from_millis(100));
            None
        })
    });
    let (sender, called) = mpsc::channel();
    let result = pool.map_async_with(
        negate,
        items,
        move |numbers| sender.send(numbers.clone()).unwrap_or_default(),
        |error| eprintln!("{error}"),
    )?;
    assert_eq!(result.get()?, [-1, -2]);
    assert_eq!(called.recv()?, [-1, -2]);
    pool.join()?;
    Ok(())
}

/// No items are no task, so that there is nothing to refuse, but there is something to call.
#[test]
fn a_callback_for_no_items_is_called_after_the_pool_has_ended() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let (sender, called) = mpsc::channel();
    for is_closed in [false, true] {
        if is_closed {
            pool.close();
            pool.join()?;
            // Until its threads have gone as well, most of the time.
            thread::sleep(Duration::from_millis(100));
        }
        let sender = sender.clone();
        let submitted = pool.map_async_with(
            negate,
            iter::empty(),
            move |numbers| sender.send(numbers.len()).unwrap_or_default(),
            |error| eprintln!("{error}"),
        );
        match submitted {
            Ok(result) => {
                assert_eq!(result.get()?, [0; 0]);
                assert_eq!(called.recv()?, 0);
            }
            Err(error) => assert!(is_closed && matches!(error, PoolError::Closed), "{error}"),
        }
    }
    pool.close();
    pool.join()?;
    Ok(())
}

/// How often this process's thread of that name went to sleep so far; nothing before it has its name.
fn naps_of_thread(name: &str) -> Option<String> {
    for task in fs::read_dir("/proc/self/task").ok()?.flatten() {
        let file = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        if file("comm").trim() == name {
            let status = file("status");
            let mut lines = status.lines();
            return Some(
                lines
                    .find(|line| line.starts_with("voluntary_ctxt_switches"))?
                    .to_owned(),
            );
        }
    }
    None
}

fn have_a_pool_and_wait_until_it_sleeps() -> Result<(), PoolError> {
    let pool = Pool::new(1)?;
    pool.apply(negate, (1,))?;
    let naps = || naps_of_thread("pool attendant");
    loop {
        let before = naps();
        thread::sleep(Duration::from_millis(300));
        if before.is_some() && naps() == before {
            return Ok(());
        }
    }
}

/// In a process of its own, whose threads are those of one pool. A program with an idle pool takes no processor time.
#[test]
fn a_pool_with_nothing_to_do_sleeps() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let daemon = Process::builder().daemon(true);
    daemon
        .spawn(
            || have_a_pool_and_wait_until_it_sleeps().map_err(|error| error.to_string()),
            (),
        )?
        .join()??;
    Ok(())
}

/// Drops a pool when it is woken, in whichever thread that is.
struct Dropper(Mutex<Option<Pool>>, OnceLock<mpsc::Sender<()>>);

impl Wake for Dropper {
    fn wake(self: Arc<Self>) {
        drop(self.0.lock().map(|mut pool| pool.take()));
        if let Some(dropped) = self.1.get() {
            dropped.send(()).unwrap_or_default();
        }
    }
}

#[test]
fn a_waker_may_drop_the_pool() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let go = Event::new()?;
    let mut result = pool.apply_async(|go: Event| go.wait().is_ok(), (go.clone(),))?;
    let (sender, dropped) = mpsc::channel();
    let dropper = Arc::new(Dropper(Mutex::new(Some(pool)), OnceLock::from(sender)));
    let waker = Arc::clone(&dropper).into();
    let first = std::pin::Pin::new(&mut result);
    assert!(std::future::Future::poll(first, &mut Context::from_waker(&waker)).is_pending());
    go.set()?;
    dropped.recv()?;
    assert!(result.get()?);
    Ok(())
}
