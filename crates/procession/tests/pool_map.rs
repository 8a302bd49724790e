//! Many tasks of a pool at once: order, laziness, and failures among them.

mod watchdog;

use std::error::Error;
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use procession::{Event, Pool, PoolError, Queue, Value};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

fn square(number: u64) -> u64 {
    number * number
}

/// Fails at every third number.
fn picky(number: u32) -> u32 {
    assert!(number % 3 != 1, "I do not like {number}");
    number
}

fn wait_for(event: Event) -> bool {
    event.wait().is_ok()
}

#[test]
fn results_come_in_the_order_of_the_items() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(3)?;
    let expected: Vec<u64> = (0..5000).map(square).collect();
    assert!(pool.map(square, 0..5000)? == expected);
    assert!(pool.map_async(square, 0..5000)?.get()? == expected);
    assert!(pool.imap(square, 0..5000)?.collect::<Result<Vec<_>, _>>()? == expected);
    let mut as_they_came = pool
        .imap_unordered(square, 0..5000)?
        .collect::<Result<Vec<_>, _>>()?;
    as_they_came.sort_unstable();
    assert!(as_they_came == expected);
    Ok(())
}

#[test]
fn a_function_of_several_arguments_takes_tuples() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    assert_eq!(pool.starmap(u64::pow, [(2, 10), (3, 4)])?, [1024, 81]);
    let later = pool.starmap_async(|a: i32, b: i32, c: i32| a + b + c, [(1, 2, 3), (4, 5, 6)])?;
    assert_eq!(later.get()?, [6, 15]);
    assert!(later.successful()?);
    assert_eq!(pool.starmap(|| 7, [(), ()])?, [7, 7]);
    Ok(())
}

#[test]
fn no_items_have_no_results() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    assert_eq!(pool.map(square, [])?, [0; 0]);
    assert_eq!(pool.starmap(u64::pow, [])?, [0; 0]);
    let later = pool.map_async(square, [])?;
    assert!(later.ready());
    assert_eq!(later.get()?, [0; 0]);
    assert!(!later.cancel()?);
    assert!(pool.imap(square, [])?.next().is_none());
    let mut unordered = pool.imap_unordered(square, [])?;
    assert_eq!(unordered.next_timeout(Duration::ZERO)?.transpose()?, None);
    assert!(unordered.next().is_none());
    Ok(())
}

#[test]
fn an_endless_iterator_is_asked_for_a_limited_number_of_items_ahead() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let taken = AtomicUsize::new(0);
    let endless = || {
        taken.store(0, Ordering::Relaxed);
        iter::repeat_with(|| taken.fetch_add(1, Ordering::Relaxed) as u64)
    };
    for most in [1, 2, 3, 10, 100] {
        let mut results = pool.submit().buffersize(most).imap(square, endless())?;
        for asked in 0..200 {
            let ahead = taken.load(Ordering::Relaxed) - asked;
            assert!(ahead <= most, "{ahead} items are more than {most}");
            assert_eq!(results.next().transpose()?, Some(square(asked as u64)));
        }
        drop(results);
        let mut results = pool
            .submit()
            .buffersize(most)
            .imap_unordered(square, endless())?;
        for asked in 0..200 {
            assert!(taken.load(Ordering::Relaxed) <= asked + most);
            results.next().ok_or("the numbers have come to an end")??;
        }
    }
    assert_eq!(pool.imap(square, 0..)?.take(3).count(), 3);
    Ok(())
}

#[test]
fn an_item_that_fails_fails_alone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let mut count = 0;
    for (number, result) in (0..).zip(pool.imap(picky, 0..100)?) {
        match result {
            Ok(same) => assert!(same == number && number % 3 != 1),
            Err(PoolError::Panicked { message, .. }) => {
                assert_eq!(message, format!("I do not like {number}"));
            }
            Err(error) => return Err(error.into()),
        }
        count += 1;
    }
    assert_eq!(count, 100);
    let failed = pool
        .imap_unordered(picky, 0..100)?
        .filter(Result::is_err)
        .count();
    assert_eq!(failed, 33);
    Ok(())
}

#[test]
fn the_first_error_is_reported_after_all_have_run() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let runs = Value::new(0u64)?;
    let count = |number: u32, runs: Value<u64>| {
        runs.fetch_add(1).expect("the value is there");
        picky(number)
    };
    let items = || (0..90).map(|number| (number, runs.clone()));
    let is_of_first = |error: &PoolError| matches!(error, PoolError::Panicked { message, .. } if message == "I do not like 1");
    let error = pool.starmap(count, items()).unwrap_err();
    assert!(is_of_first(&error), "{error}");
    assert_eq!(runs.get()?, 90);

    let later = pool.starmap_async(count, items())?;
    let error = later.get().unwrap_err();
    assert!(is_of_first(&error), "{error}");
    assert_eq!(runs.get()?, 180);
    assert!(!later.successful()?);
    Ok(())
}

#[test]
fn dropping_an_iteration_cancels_its_tasks() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    let never = Event::new()?;
    let other = Event::new()?;
    let kept = pool.apply_async(wait_for, (other.clone(),))?;
    let mut stuck = pool.imap(wait_for, iter::repeat_n(never.clone(), 100))?;
    assert!(matches!(
        stuck.next_timeout(Duration::from_millis(5)),
        Err(PoolError::NotReady)
    ));
    assert_eq!(pool.outstanding(), 101);
    drop(stuck);
    assert_eq!(pool.outstanding(), 1);
    assert_eq!(pool.map(square, 0..10)?.len(), 10, "a worker is free");
    other.set()?;
    assert!(kept.get()?);
    Ok(())
}

#[test]
fn many_threads_share_a_pool() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(2)?;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..6u64)
            .map(|thread| {
                let pool = &pool;
                scope.spawn(move || -> Result<(), PoolError> {
                    for round in 0..5 {
                        let first = 1000 * thread + 100 * round;
                        let items = first..first + 100;
                        let expected: Vec<u64> = items.clone().map(square).collect();
                        match thread % 3 {
                            0 => assert_eq!(pool.map(square, items)?, expected),
                            1 => {
                                let results: Result<Vec<_>, _> =
                                    pool.imap(square, items)?.collect();
                                assert_eq!(results?, expected);
                            }
                            _ => {
                                let results = pool.map_async(square, items)?;
                                assert_eq!(pool.apply(square, (round,))?, square(round));
                                assert_eq!(results.get()?, expected);
                            }
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap())
    })?;
    assert_eq!(pool.outstanding(), 0);
    Ok(())
}

/// The first task ends only when the last one has run: what its worker was handed ahead must go to the other one.
#[test]
fn a_long_task_does_not_hold_up_those_behind_it() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn wait_or_set(number: u32, last: u32, event: Event) -> u32 {
        if number == 0 {
            event.wait().expect("somebody sets it");
        }
        if number == last {
            event.set().expect("there is an event");
        }
        number
    }
    let pool = Pool::new(2)?;
    for last in [1, 2, 3, 10, 2000] {
        // So that workers are handed as many ahead as they ever are.
        pool.map(square, 0..3000)?;
        let event = Event::new()?;
        let items = (0..=last).map(|number| (number, last, event.clone()));
        let numbers = pool.starmap(wait_or_set, items)?;
        assert!(numbers.into_iter().eq(0..=last));

        // And if nobody waits for results of the pool.
        let event = Event::new()?;
        let items = (0..=last).map(|number| (number, last, event.clone()));
        let later = pool.starmap_async(wait_or_set, items)?;
        event.wait()?;
        assert_eq!(later.get()?.len(), last as usize + 1);
    }
    Ok(())
}

#[test]
fn a_task_may_have_a_pool_of_its_own() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn sum_of_squares(end: u64) -> Result<u64, String> {
        let pool = Pool::new(2).map_err(|error| error.to_string())?;
        let squares = pool.map(square, 0..end);
        Ok(squares.map_err(|error| error.to_string())?.iter().sum())
    }
    let pool = Pool::new(2)?;
    let sums: Result<Vec<u64>, String> = pool.map(sum_of_squares, [3, 4, 5])?.into_iter().collect();
    assert_eq!(sums?, [5, 14, 30]);
    Ok(())
}

#[test]
fn tasks_of_a_higher_priority_are_begun_first() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let (begun, go, order) = (Queue::new()?, Event::new()?, Queue::new()?);
    let block = |begun: Queue<()>, go: Event| begun.put(&()).is_ok() && go.wait().is_ok();
    let running = pool.apply_async(block, (begun.clone(), go.clone()))?;
    begun.get()?;
    let note = |number: i32, order: Queue<i32>| order.put(&number).is_ok();
    // What the worker has been given ahead it begins first, whatever comes later.
    let ahead = pool.apply_async(note, (0, order.clone()))?;
    let results = [1, 3, -1, 2, 3, 0, i32::MAX, i32::MIN].map(|priority| {
        pool.submit()
            .priority(priority)
            .apply_async(note, (priority, order.clone()))
    });
    go.set()?;
    for result in results {
        assert!(result?.get()?);
    }
    assert!(running.get()? && ahead.get()?);
    assert_eq!(
        order.get_many(10)?,
        [0, i32::MAX, 3, 3, 2, 1, 0, -1, i32::MIN]
    );
    Ok(())
}

/// What the iterator does is this process's business, and so is its panic.
#[test]
fn an_iterator_may_use_the_pool_and_may_panic() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::new(1)?;
    let items = (0..5).map(|number| pool.apply(square, (number,)).unwrap());
    assert_eq!(pool.map(square, items)?, [0, 1, 16, 81, 256]);
    // Those that were submitted before are cancelled: nobody will ask for their results.
    let never = Event::new()?;
    let panicked = thread::scope(|scope| {
        let panicking = scope.spawn(|| {
            let items = iter::repeat_n(never, 5).enumerate();
            let items = items.inspect(|(number, _)| assert!(*number < 3, "no more"));
            pool.map(wait_for, items.map(|(_, never)| never))
        });
        panicking.join().is_err()
    });
    assert!(panicked);
    assert_eq!(pool.outstanding(), 0);
    assert_eq!(pool.map(square, [5])?, [25]);
    Ok(())
}
