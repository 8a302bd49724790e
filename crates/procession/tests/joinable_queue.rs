//! Joinable queues: counting what is done, and what happens when a consumer does not get to it.

mod watchdog;

use std::collections::BTreeMap;
use std::error::Error;
use std::thread;
use std::time::Duration;

use procession::{JoinableQueue, OnLost, Process, ProcessBuilder, ProcessError, Queue, QueueError};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

const SHORT: Duration = Duration::from_millis(5);

/// Works items off until the queue is closed.
fn work(tasks: JoinableQueue<u32>) -> Result<u64, QueueError> {
    let mut sum = 0;
    for task in &tasks {
        sum += u64::from(task?);
        tasks.task_done()?;
    }
    Ok(sum)
}

/// Gets `count` items, says so, and never does anything with them.
fn hold(count: u32, tasks: JoinableQueue<u32>, held: Queue<u32>) -> Result<(), QueueError> {
    for _ in 0..count {
        held.put(&tasks.get()?)?;
    }
    loop {
        thread::park();
    }
}

/// Puts the numbers up to `count`, and has a consumer hold all of them when it is killed.
fn lose(tasks: &JoinableQueue<u32>, count: u32) -> Result<u32, Box<dyn Error>> {
    let held = Queue::new()?;
    let consumer = daemon().spawn(hold, (count, tasks.clone(), held.clone()))?;
    for task in 0..count {
        tasks.put(&task)?;
    }
    for _ in 0..count {
        held.get()?;
    }
    consumer.kill()?;
    assert!(matches!(
        consumer.join(),
        Err(ProcessError::Signaled { .. })
    ));
    Ok(consumer.pid())
}

#[test]
fn join_waits_until_everything_is_done() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let tasks = JoinableQueue::new()?;
    tasks.join()?;
    let workers = [(); 3].map(|()| daemon().spawn(work, (tasks.clone(),)));
    for round in 1..=3 {
        for task in 0..1000 {
            tasks.put(&(task * round))?;
        }
        tasks.join()?;
        assert!(tasks.is_empty()?);
        assert_eq!(tasks.unfinished()?, 0);
    }
    tasks.close()?;
    let mut sum = 0;
    for worker in workers {
        sum += worker?.join()??;
    }
    assert_eq!(sum, (1 + 2 + 3) * (0..1000).sum::<u64>());
    Ok(())
}

#[test]
fn join_does_not_take_got_for_done() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let tasks = JoinableQueue::new()?;
    tasks.put_many(&[1, 2])?;
    assert_eq!(tasks.unfinished()?, 2);
    assert_eq!(tasks.join_timeout(SHORT), Err(QueueError::TimedOut));
    assert_eq!(tasks.get_many(2)?, [1, 2]);
    assert_eq!(tasks.join_timeout(SHORT), Err(QueueError::TimedOut));
    tasks.task_done()?;
    assert_eq!(tasks.unfinished()?, 1);
    assert_eq!(tasks.join_timeout(SHORT), Err(QueueError::TimedOut));
    tasks.task_done()?;
    tasks.join_timeout(Duration::ZERO)?;
    tasks.join()?;
    Ok(())
}

#[test]
fn task_done_is_for_items_that_this_process_got() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let tasks = JoinableQueue::new()?;
    assert_eq!(tasks.task_done(), Err(QueueError::TaskDoneTooOften));
    tasks.put(&1)?;
    assert_eq!(
        tasks.task_done(),
        Err(QueueError::TaskDoneTooOften),
        "it is still in the queue"
    );
    tasks.get()?;
    let other = |tasks: JoinableQueue<i32>| tasks.task_done();
    assert_eq!(
        daemon().spawn(other, (tasks.clone(),))?.join()?,
        Err(QueueError::TaskDoneTooOften),
        "another process got it"
    );
    tasks.task_done()?;
    assert_eq!(tasks.task_done(), Err(QueueError::TaskDoneTooOften));
    tasks.join()?;
    Ok(())
}

#[test]
fn any_thread_may_say_that_an_item_is_done() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let tasks = JoinableQueue::new()?;
    tasks.put(&1)?;
    tasks.get()?;
    thread::scope(|scope| scope.spawn(|| tasks.task_done()).join()).unwrap()?;
    tasks.join()?;
    Ok(())
}

#[test]
fn it_is_a_queue_as_well() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn produce(queue: &Queue<u32>) -> Result<(), QueueError> {
        queue.put(&1)?;
        Ok(queue.put_many(&[2, 3])?)
    }
    let tasks = JoinableQueue::builder().maxsize(3).build()?;
    produce(&tasks)?;
    assert!(tasks.is_full()?);
    assert_eq!(tasks.try_put(&4), Err(QueueError::Full));

    // A producer in another process needs no more than a queue, either.
    let plain: Queue<u32> = (*tasks).clone();
    assert_eq!(tasks.get()?, 1);
    daemon()
        .spawn(|queue: Queue<u32>| queue.put(&4), (plain,))?
        .join()??;
    assert_eq!(tasks.get_many(9)?, [2, 3, 4]);
    assert_eq!(tasks.unfinished()?, 4);
    (0..4).try_for_each(|_| tasks.task_done())?;
    tasks.join()?;
    Ok(())
}

#[test]
fn lost_items_are_reported() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let tasks = JoinableQueue::new()?;
    let pid = lose(&tasks, 3)?;
    assert_eq!(
        tasks.join(),
        Err(QueueError::ConsumerLost {
            pid,
            host: None,
            count: 3
        })
    );
    tasks.join()?;

    let pid = lose(&tasks, 1)?;
    tasks.put(&9)?;
    assert_eq!(
        tasks.join(),
        Err(QueueError::ConsumerLost {
            pid,
            host: None,
            count: 1
        })
    );
    assert_eq!(
        tasks.join_timeout(SHORT),
        Err(QueueError::TimedOut),
        "one is left to do"
    );
    assert_eq!(tasks.get()?, 9);
    tasks.task_done()?;
    tasks.join()?;
    Ok(())
}

/// The consumer dies while somebody waits in `join` already, or only then begins to.
#[test]
fn a_loss_ends_a_join() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let tasks = JoinableQueue::new()?;
    let held = Queue::new()?;
    let consumer = daemon().spawn(hold, (1, tasks.clone(), held.clone()))?;
    tasks.put(&1)?;
    held.get()?;
    let joiner = daemon().spawn(|tasks: JoinableQueue<u32>| tasks.join(), (tasks.clone(),))?;
    thread::scope(|scope| {
        let waiting = scope.spawn(|| tasks.join());
        consumer.kill().unwrap();
        let lost = QueueError::ConsumerLost {
            pid: consumer.pid(),
            host: None,
            count: 1,
        };
        assert_eq!(waiting.join().unwrap(), Err(lost));
    });
    // Another process has a handle of its own and is told as well, if it was there in time.
    assert!(matches!(
        joiner.join()?,
        Ok(()) | Err(QueueError::ConsumerLost { count: 1, .. })
    ));
    Ok(())
}

#[test]
fn lost_items_can_be_ignored() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let tasks = JoinableQueue::builder().on_lost(OnLost::Ignore).build()?;
    lose(&tasks, 3)?;
    tasks.join()?;
    assert_eq!(tasks.unfinished()?, 0);
    Ok(())
}

#[test]
fn lost_items_are_given_to_the_next_and_marked() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let redeliver = OnLost::Redeliver { max_deliveries: 3 };
    let tasks = JoinableQueue::builder().on_lost(redeliver).build()?;
    lose(&tasks, 3)?;
    tasks.put(&100)?;

    let mut deliveries = BTreeMap::new();
    for _ in 0..4 {
        let delivery = tasks.get_delivery()?;
        deliveries.insert(delivery.item, delivery.deliveries);
        tasks.task_done()?;
    }
    assert_eq!(
        deliveries,
        BTreeMap::from([(0, 2), (1, 2), (2, 2), (100, 1)])
    );
    tasks.join()?;
    Ok(())
}

#[test]
fn lost_items_are_given_out_so_often_and_no_more() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let redeliver = OnLost::Redeliver { max_deliveries: 2 };
    let tasks = JoinableQueue::builder().on_lost(redeliver).build()?;
    lose(&tasks, 1)?;

    let held = Queue::new()?;
    let second = daemon().spawn(hold, (1, tasks.clone(), held.clone()))?;
    assert_eq!(held.get()?, 0);
    second.kill()?;
    assert!(second.join().is_err());
    assert_eq!(
        tasks.join(),
        Err(QueueError::ConsumerLost {
            pid: second.pid(),
            host: None,
            count: 1
        })
    );
    assert_eq!(tasks.try_get(), Err(QueueError::Empty));
    tasks.join()?;
    Ok(())
}

/// A consumer that returns without having done its work has lost it as surely as a killed one.
#[test]
fn a_consumer_that_just_ends_has_lost_its_items() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let tasks = JoinableQueue::new()?;
    tasks.put(&1)?;
    let forgetful = daemon().spawn(|tasks: JoinableQueue<u32>| tasks.get(), (tasks.clone(),))?;
    assert_eq!(forgetful.join()??, 1);
    let lost = QueueError::ConsumerLost {
        pid: forgetful.pid(),
        host: None,
        count: 1,
    };
    assert_eq!(tasks.join(), Err(lost));
    Ok(())
}

#[test]
fn workers_that_are_killed_again_and_again_lose_nothing() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    const TASKS: u32 = 200;
    fn square(tasks: JoinableQueue<u32>, squares: Queue<(u32, u32)>) -> Result<(), QueueError> {
        for task in &tasks {
            let task = task?;
            squares.put(&(task, task * task))?;
            tasks.task_done()?;
        }
        Ok(())
    }
    let redeliver = OnLost::Redeliver {
        max_deliveries: u32::MAX,
    };
    let tasks = JoinableQueue::builder().on_lost(redeliver).build()?;
    let squares = Queue::new()?;
    let start = || daemon().spawn(square, (tasks.clone(), squares.clone()));
    let mut workers = vec![start()?, start()?];
    let mut results = BTreeMap::new();
    for task in 0..TASKS {
        tasks.put(&task)?;
        if task % 20 == 0 {
            let (number, square) = squares.get()?;
            results.insert(number, square);
            workers.swap_remove(0).kill()?;
            workers.push(start()?);
        }
    }
    tasks.join()?;
    squares.close()?;
    results.extend(squares.iter().collect::<Result<Vec<_>, _>>()?);
    assert!(
        results
            .into_iter()
            .eq((0..TASKS).map(|task| (task, task * task)))
    );
    tasks.close()?;
    for worker in workers {
        worker.join()??;
    }
    Ok(())
}
