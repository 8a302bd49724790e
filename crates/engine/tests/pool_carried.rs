//! A pool whose tasks are carried elsewhere: what becomes of them, whoever does what when.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not every test needs all of it")]
mod carrier;
mod watchdog;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{TryRecvError, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Wake};
use std::thread;
use std::time::{Duration, Instant};

use carrier::{
    NOTHING, Told, carried_pool, carried_pool_with, item, next, settings, submit, submit_with,
};
use procession_engine::pool::{
    Callback, Item, Order, Pool, Settled, TaskOptions, TaskOutput, WorkName,
};
use procession_engine::{PoolError, with_participant};
use procession_objects::Queue;
use watchdog::watch;

#[test]
fn results_come_home_in_order_whatever_order_they_were_told_in() {
    let _watchdog = watch("results_come_home_in_order_whatever_order_they_were_told_in");
    let (pool, other) = carried_pool(1, None);
    let job = submit(&pool, 3);
    for number in other.numbers(3).into_iter().rev() {
        assert!(other.settler.settle(number, Ok(vec![number as u8])));
    }
    assert_eq!(
        [next(&job), next(&job), next(&job)].map(Result::unwrap),
        [[1], [2], [3]]
    );
    assert!(job.next(None).unwrap().is_none());
    assert_eq!(pool.outstanding(), 0);
}

#[test]
fn a_task_travels_with_all_that_was_said_about_it() {
    let _watchdog = watch("a_task_travels_with_all_that_was_said_about_it");
    let (pool, other) = carried_pool(1, None);
    let mut settings = settings(Order::AsCompleted, None);
    settings.options = TaskOptions {
        timeout: Some(Duration::from_secs(7)),
        retries: 2,
        priority: -1,
    };
    let options = settings.options;
    let job = pool.job(&NOTHING, settings).unwrap();
    job.push(item(b"arguments")).unwrap();
    let [task] = other.tasks().try_into().unwrap();
    assert_eq!(task.bytes, b"arguments");
    assert_eq!(task.label, "task");
    assert_eq!(task.options, options);
    assert_eq!(task.work, WorkName::of(&NOTHING).unwrap());
    let output = TaskOutput {
        stdout: b"heard".to_vec(),
        stderr: Vec::new(),
    };
    other.settler.settle_many([Settled {
        number: task.number,
        result: Ok(b"result".to_vec()),
        output: Some(output.clone()),
    }]);
    assert_eq!(next(&job).unwrap(), b"result");
    assert_eq!(job.take_output(0), Some(output));
}

#[test]
fn many_tasks_of_many_threads_are_all_answered() {
    let _watchdog = watch("many_tasks_of_many_threads_are_all_answered");
    let (pool, other) = carried_pool(4, Some(100));
    let answering = other.answer();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let job = submit(&pool, 2000);
                for number in 0..2000_u32 {
                    assert_eq!(next(&job).unwrap(), number.to_be_bytes());
                }
            });
        }
    });
    pool.close();
    pool.join(None).unwrap();
    answering.join().unwrap();
}

#[test]
fn the_first_answer_counts_and_only_that_of_a_task_that_there_is() {
    let _watchdog = watch("the_first_answer_counts_and_only_that_of_a_task_that_there_is");
    let (pool, other) = carried_pool(1, None);
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let callback: Callback = Box::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let job = submit_with(&pool, 1, settings(Order::AsSubmitted, Some(callback)));
    let [number] = other.numbers(1).try_into().unwrap();
    assert!(
        !other
            .settler
            .settle(number + 1, Ok(b"nobody asked".to_vec()))
    );
    assert!(other.settler.settle(number, Ok(b"first".to_vec())));
    assert!(!other.settler.settle(number, Err(PoolError::Cancelled)));
    let [first, second] = [b"a", b"b"].map(|result| Settled {
        number,
        result: Ok(result.to_vec()),
        output: None,
    });
    assert_eq!(other.settler.settle_many([first, second]), 0);
    job.wait(None).unwrap();
    assert_eq!(job.outcome(0).unwrap().unwrap().bytes(), b"first");
    pool.close();
    pool.join(None).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn errors_come_home_like_results() {
    let _watchdog = watch("errors_come_home_like_results");
    let (pool, other) = carried_pool(1, None);
    let job = submit(&pool, 1);
    let lost = PoolError::HostLost {
        host: "heron".to_owned(),
        attempts: 3,
    };
    assert!(other.settler.settle(other.numbers(1)[0], Err(lost)));
    let error = next(&job).unwrap_err();
    assert!(
        error.to_string().contains("heron") && error.to_string().contains("attempt 3"),
        "{error}"
    );
}

#[test]
fn terminating_tells_everybody_who_waits_and_the_carrier() {
    let _watchdog = watch("terminating_tells_everybody_who_waits_and_the_carrier");
    let (pool, other) = carried_pool(1, None);
    let jobs = [submit(&pool, 1), submit(&pool, 2)];
    let numbers = other.numbers(3);
    thread::scope(|scope| {
        let waiting = jobs.each_ref().map(|job| scope.spawn(|| next(job)));
        pool.terminate();
        for waiting in waiting {
            assert!(matches!(
                waiting.join().unwrap(),
                Err(PoolError::Terminated)
            ));
        }
    });
    assert_eq!(other.told.recv(), Ok(Told::Cancel(numbers.clone())));
    assert_eq!(other.told.recv(), Ok(Told::End));
    pool.join(None).unwrap();
    assert!(!other.settler.settle(numbers[0], Ok(Vec::new())));
    let refused = pool
        .job(&NOTHING, settings(Order::AsSubmitted, None))
        .unwrap();
    assert!(matches!(
        refused.push(item(b"")),
        Err(PoolError::Terminated)
    ));
    // The last that is told: nothing holds the carrier any more.
    assert!(other.told.recv().is_err());
}

#[test]
fn a_dropped_pool_is_terminated_though_its_results_are_waited_for() {
    let _watchdog = watch("a_dropped_pool_is_terminated_though_its_results_are_waited_for");
    let (pool, other) = carried_pool(1, None);
    let job = submit(&pool, 1);
    let numbers = other.numbers(1);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| next(&job));
        drop(pool);
        assert!(matches!(
            waiting.join().unwrap(),
            Err(PoolError::Terminated)
        ));
    });
    assert_eq!(other.told.recv(), Ok(Told::Cancel(numbers.clone())));
    assert_eq!(other.told.recv(), Ok(Told::End));
    assert!(other.told.recv().is_err(), "the carrier has been dropped");
    assert!(!other.settler.settle(numbers[0], Ok(Vec::new())));
}

#[test]
fn a_cancelled_task_is_told_at_once_and_its_answer_ignored() {
    let _watchdog = watch("a_cancelled_task_is_told_at_once_and_its_answer_ignored");
    let (pool, other) = carried_pool(1, None);
    let (cancelled, kept) = (submit(&pool, 2), submit(&pool, 1));
    let [first, second, third] = other.numbers(3).try_into().unwrap();
    assert_eq!(cancelled.cancel().unwrap(), 2);
    assert_eq!(cancelled.cancel().unwrap(), 0);
    assert!(matches!(next(&cancelled), Err(PoolError::Cancelled)));
    assert_eq!(other.told.recv(), Ok(Told::Cancel(vec![first, second])));
    assert!(!other.settler.settle(first, Ok(Vec::new())));
    assert!(other.settler.settle(third, Ok(b"kept".to_vec())));
    assert_eq!(next(&kept).unwrap(), b"kept");
    assert_eq!(pool.outstanding(), 0);
}

#[test]
fn only_what_no_worker_has_begun_is_withdrawn() {
    let _watchdog = watch("only_what_no_worker_has_begun_is_withdrawn");
    // Of the tasks, only the second has not been begun.
    let (pool, other) = carried_pool_with(1, None, |&number| number == 2);
    let job = submit(&pool, 3);
    let [first, second, third] = other.numbers(3).try_into().unwrap();
    assert_eq!(job.cancel_waiting().unwrap(), 1);
    assert!(!other.settler.settle(second, Ok(Vec::new())));
    for number in [first, third] {
        assert!(other.settler.settle(number, Ok(vec![number as u8])));
    }
    assert_eq!(next(&job).unwrap(), [1]);
    assert!(matches!(next(&job), Err(PoolError::Cancelled)));
    assert_eq!(next(&job).unwrap(), [3]);
    pool.close();
    // It has given the second back, and need not be told of it.
    assert_eq!(other.told.recv(), Ok(Told::End));
}

#[test]
fn a_closed_pool_finishes_what_it_has_and_then_ends() {
    let _watchdog = watch("a_closed_pool_finishes_what_it_has_and_then_ends");
    let (pool, other) = carried_pool(1, None);
    let job = submit(&pool, 2);
    let [first, second] = other.numbers(2).try_into().unwrap();
    assert!(matches!(pool.join(None), Err(PoolError::StillOpen)));
    pool.close();
    let more = pool
        .job(&NOTHING, settings(Order::AsSubmitted, None))
        .unwrap();
    assert!(matches!(more.push(item(b"")), Err(PoolError::Closed)));
    other.settler.settle(first, Ok(Vec::new()));
    assert_eq!(other.told.try_recv(), Err(TryRecvError::Empty));
    assert!(matches!(
        pool.join(Some(Instant::now())),
        Err(PoolError::NotReady)
    ));
    thread::scope(|scope| {
        let joining = scope.spawn(|| pool.join(None));
        other.settler.settle(second, Ok(b"last".to_vec()));
        joining.join().unwrap().unwrap();
    });
    assert_eq!(
        other.told.try_recv(),
        Ok(Told::End),
        "it is told before the pool is joined"
    );
    assert!(next(&job).is_ok());
    assert_eq!(next(&job).unwrap(), b"last");
}

#[test]
fn callbacks_are_called_once_and_may_use_the_pool() {
    let _watchdog = watch("callbacks_are_called_once_and_may_use_the_pool");
    let (pool, other) = carried_pool(1, None);
    let answering = other.answer();
    let pool = Arc::new(pool);
    let (sender, called) = channel();
    let again = Arc::clone(&pool);
    let callback: Callback = Box::new(move |outcomes| {
        let results = outcomes
            .iter()
            .map(|outcome| outcome.clone().unwrap().bytes().to_vec());
        let inner = next(&submit(&again, 1)).unwrap();
        sender.send((results.collect::<Vec<_>>(), inner)).unwrap();
    });
    let job = submit_with(&pool, 2, settings(Order::AsSubmitted, Some(callback)));
    job.wait(None).unwrap();
    assert_eq!(
        called.recv().unwrap(),
        (vec![vec![0, 0, 0, 0], vec![0, 0, 0, 1]], vec![0, 0, 0, 0])
    );
    pool.close();
    pool.join(None).unwrap();
    assert!(called.recv().is_err(), "it is not called twice");
    answering.join().unwrap();
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn futures_are_woken_by_the_answer() {
    let _watchdog = watch("futures_are_woken_by_the_answer");
    let (pool, other) = carried_pool(1, None);
    let job = submit(&pool, 1);
    let waker = Arc::new(Unpark(thread::current())).into();
    let context = Context::from_waker(&waker);
    assert!(job.poll_ready(&context).is_pending());
    let number = other.numbers(1)[0];
    let settling = thread::spawn(move || other.settler.settle(number, Ok(b"awaited".to_vec())));
    loop {
        match job.poll_ready(&context) {
            Poll::Pending => thread::park(),
            Poll::Ready(ready) => break ready.unwrap(),
        }
    }
    assert!(settling.join().unwrap());
    assert_eq!(next(&job).unwrap(), b"awaited");
}

/// Uses the pool while it is woken.
struct Submit(Arc<Pool>, Mutex<Vec<Vec<u8>>>);

impl Wake for Submit {
    fn wake(self: Arc<Self>) {
        let answer = next(&submit(&self.0, 1)).unwrap();
        self.1.lock().unwrap().push(answer);
    }
}

#[test]
fn wakers_may_submit_and_wait() {
    let _watchdog = watch("wakers_may_submit_and_wait");
    let (pool, other) = carried_pool(1, None);
    let pool = Arc::new(pool);
    let job = submit(&pool, 1);
    let submitting = Arc::new(Submit(Arc::clone(&pool), Mutex::default()));
    let waker = Arc::clone(&submitting).into();
    assert!(job.poll_ready(&Context::from_waker(&waker)).is_pending());
    other.numbers(1);
    let answering = other.answer();
    // The carrier has yet to be told of that when the waker is called.
    assert_eq!(job.cancel().unwrap(), 1);
    assert_eq!(*submitting.1.lock().unwrap(), [[0, 0, 0, 0]]);
    pool.terminate();
    answering.join().unwrap();
}

#[test]
fn submitting_waits_for_room() {
    let _watchdog = watch("submitting_waits_for_room");
    let (pool, other) = carried_pool(2, Some(1));
    thread::scope(|scope| {
        let submitting = scope.spawn(|| {
            let job = pool.job(&NOTHING, settings(Order::AsSubmitted, None))?;
            job.push_many((0..10).map(|_| item(b"")))
        });
        // Two that may be worked at, and one that waits.
        let first = other.numbers(3);
        assert_eq!(first, [1, 2, 3]);
        assert!(other.settler.settle(2, Ok(vec![2])));
        assert_eq!(other.numbers(1), [4]);
        assert_eq!(pool.outstanding(), 3);
        other.settler.set_workers(3);
        assert_eq!(pool.workers(), 3);
        assert_eq!(other.numbers(1), [5]);
        for number in [1, 3, 4, 5] {
            assert!(other.settler.settle(number, Ok(Vec::new())));
        }
        assert_eq!(other.numbers(4), [6, 7, 8, 9]);
        // Not only answers make room.
        pool.terminate();
        assert!(matches!(
            submitting.join().unwrap(),
            Err(PoolError::Terminated)
        ));
    });
}

#[test]
fn what_lies_in_the_memory_of_this_machine_is_refused() {
    let _watchdog = watch("what_lies_in_the_memory_of_this_machine_is_refused");
    let (pool, other) = carried_pool(1, None);
    let queue = with_participant(|me| Queue::create(me, &Default::default())).unwrap();
    let job = pool
        .job(&NOTHING, settings(Order::AsSubmitted, None))
        .unwrap();
    let local = Item::new(b"a queue".to_vec(), &[queue.handle()]).unwrap();
    let refused = job
        .push_many([item(b"before"), local, item(b"after")])
        .unwrap_err();
    assert!(matches!(refused, PoolError::LocalObject), "{refused}");
    assert_eq!((job.submitted(), pool.outstanding()), (0, 0));
    job.push(item(b"plain")).unwrap();
    assert_eq!(other.tasks()[0].bytes, b"plain");
    with_participant(|me| queue.detach(me)).unwrap();
}

#[test]
fn a_carrier_that_gives_up_ends_the_pool_with_its_reason() {
    let _watchdog = watch("a_carrier_that_gives_up_ends_the_pool_with_its_reason");
    let (pool, other) = carried_pool(1, None);
    let job = submit(&pool, 1);
    other.settler.give_up(&PoolError::Unavailable {
        reason: "the server is gone".to_owned(),
    });
    let error = next(&job).unwrap_err();
    assert!(error.to_string().contains("the server is gone"), "{error}");
    assert!(matches!(
        pool.job(&NOTHING, settings(Order::AsSubmitted, None))
            .unwrap()
            .push(item(b"")),
        Err(PoolError::Unavailable { .. })
    ));
    pool.join(None).unwrap();
}

#[test]
fn what_is_known_of_own_workers_alone_is_not_told() {
    let _watchdog = watch("what_is_known_of_own_workers_alone_is_not_told");
    let (pool, _other) = carried_pool(5, None);
    assert_eq!(pool.workers(), 5);
    assert!(pool.pids().is_empty() && pool.statistics().is_empty());
    let refused = pool.trace("/dev/null".as_ref()).unwrap_err();
    assert!(matches!(refused, PoolError::Setting { .. }), "{refused}");
}

/// Answers, cancelling and terminating meet: each task has one end, and everybody agrees on which.
#[test]
fn each_task_ends_once_whoever_is_first() {
    const TASKS: u32 = 64;
    let _watchdog = watch("each_task_ends_once_whoever_is_first");
    for round in 0..200 {
        let (pool, other) = carried_pool(1, None);
        let job = submit_with(&pool, TASKS, settings(Order::AsCompleted, None));
        let numbers = other.numbers(TASKS as usize);
        let start = Barrier::new(3);
        let (answered, cancelled) = thread::scope(|scope| {
            let answering = scope.spawn(|| {
                start.wait();
                let tell = |&&number: &&u64| other.settler.settle(number, Ok(Vec::new()));
                numbers.iter().filter(tell).count()
            });
            let cancelling = scope.spawn(|| {
                start.wait();
                job.cancel().unwrap()
            });
            start.wait();
            if round % 2 == 0 {
                pool.terminate();
            }
            (answering.join().unwrap(), cancelling.join().unwrap())
        });
        let mut ends = [0; 3];
        while let Some((_, outcome)) = job.next(None).unwrap() {
            match outcome {
                Ok(_) => ends[0] += 1,
                Err(PoolError::Cancelled) => ends[1] += 1,
                Err(PoolError::Terminated) => ends[2] += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(ends.iter().sum::<usize>(), TASKS as usize);
        assert_eq!(ends[..2], [answered, cancelled]);
        drop(pool);
        let told: Vec<Told> = other.told.iter().collect();
        let called_off = told.iter().map(|told| match told {
            Told::Cancel(numbers) => numbers.len(),
            _ => 0,
        });
        assert_eq!(called_off.sum::<usize>(), ends[1] + ends[2]);
        assert_eq!(told.last(), Some(&Told::End));
    }
}
