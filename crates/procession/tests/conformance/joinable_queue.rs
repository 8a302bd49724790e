//! Joinable queues.

use std::thread;
use std::time::Duration;

use procession::{JoinableQueue, OnLost, Process, Queue, QueueError};

use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    join_waits_until_all_is_done,
    only_what_was_got_can_be_done,
    a_function_that_puts_takes_it_for_a_queue,
    lost_items_are_reported_once,
    lost_items_are_given_to_the_next_and_marked,
    lost_items_are_given_out_so_often_and_no_more,
    lost_items_can_be_ignored,
    a_consumer_that_just_ends_has_lost_its_items,
);

const SHORT: Duration = Duration::from_millis(5);

fn join_waits_until_all_is_done(objects: &Objects) -> TestResult {
    let tasks = objects.joinable_queue(OnLost::Report)?;
    tasks.join()?;
    tasks.put_many(&[1, 2])?;
    assert_eq!(tasks.unfinished()?, 2);
    assert_eq!(tasks.get()?, 1);
    assert_eq!((tasks.len()?, tasks.unfinished()?), (1, 2));
    assert_eq!(tasks.join_timeout(SHORT), Err(QueueError::TimedOut));
    thread::scope(|scope| {
        let joiner = scope.spawn(|| tasks.join());
        tasks.task_done()?;
        assert_eq!(tasks.get_delivery()?.deliveries, 1);
        tasks.task_done()?;
        joiner.join().expect("no panic")
    })?;
    assert_eq!(tasks.unfinished()?, 0);
    Ok(())
}

fn only_what_was_got_can_be_done(objects: &Objects) -> TestResult {
    let tasks = objects.joinable_queue(OnLost::Report)?;
    tasks.put(&1)?;
    assert_eq!(tasks.task_done(), Err(QueueError::TaskDoneTooOften));
    tasks.get()?;
    // Another thread of the process may say so.
    thread::scope(|scope| scope.spawn(|| tasks.task_done()).join()).expect("no panic")?;
    assert_eq!(tasks.task_done(), Err(QueueError::TaskDoneTooOften));
    Ok(())
}

fn a_function_that_puts_takes_it_for_a_queue(objects: &Objects) -> TestResult {
    fn produce(queue: &Queue<u32>) -> Result<(), QueueError> {
        queue.put(&7)
    }
    let tasks = objects.joinable_queue(OnLost::Report)?;
    produce(&tasks)?;
    assert_eq!(tasks.get()?, 7);
    Ok(())
}

/// Gets so many items, says so, and waits to be killed.
fn hold(count: u32, tasks: JoinableQueue<u32>, held: Queue<u32>) -> Result<(), QueueError> {
    for _ in 0..count {
        held.put(&tasks.get()?)?;
    }
    loop {
        thread::park();
    }
}

/// Has so many items lost with a process that is killed, and returns its number.
fn lose(objects: &Objects, tasks: &JoinableQueue<u32>, count: u32) -> Result<u32, QueueError> {
    let held = objects.queue(None)?;
    let holder = Process::builder()
        .daemon(true)
        .spawn(hold, (count, tasks.clone(), held.clone()))
        .expect("a process");
    for _ in 0..count {
        held.get()?;
    }
    holder.kill().expect("it is ours");
    let pid = holder.pid();
    assert!(holder.join().is_err());
    Ok(pid)
}

fn lost_items_are_reported_once(objects: &Objects) -> TestResult {
    let tasks = objects.joinable_queue(OnLost::Report)?;
    tasks.put_many(&[1, 2, 3])?;
    let lost_with = lose(objects, &tasks, 2)?;
    let lost = tasks.join();
    assert!(
        matches!(lost, Err(QueueError::ConsumerLost { pid, count: 2, .. }) if pid == lost_with),
        "{lost:?}"
    );
    assert_eq!(tasks.join_timeout(SHORT), Err(QueueError::TimedOut));
    assert_eq!(tasks.get()?, 3);
    tasks.task_done()?;
    Ok(tasks.join()?)
}

fn lost_items_are_given_to_the_next_and_marked(objects: &Objects) -> TestResult {
    let tasks = objects.joinable_queue(OnLost::Redeliver { max_deliveries: 3 })?;
    tasks.put_many(&[1, 2])?;
    lose(objects, &tasks, 2)?;
    tasks.put(&3)?;
    let mut got = Vec::new();
    for _ in 0..3 {
        let delivery = tasks.get_delivery()?;
        got.push((delivery.item, delivery.deliveries));
        tasks.task_done()?;
    }
    got.sort();
    assert_eq!(got, [(1, 2), (2, 2), (3, 1)]);
    Ok(tasks.join()?)
}

fn lost_items_are_given_out_so_often_and_no_more(objects: &Objects) -> TestResult {
    let tasks = objects.joinable_queue(OnLost::Redeliver { max_deliveries: 2 })?;
    tasks.put(&1)?;
    lose(objects, &tasks, 1)?;
    let lost_with = lose(objects, &tasks, 1)?;
    let lost = tasks.join();
    assert!(
        matches!(lost, Err(QueueError::ConsumerLost { pid, count: 1, .. }) if pid == lost_with),
        "{lost:?}"
    );
    assert_eq!(tasks.try_get(), Err(QueueError::Empty));
    Ok(tasks.join()?)
}

fn lost_items_can_be_ignored(objects: &Objects) -> TestResult {
    let tasks = objects.joinable_queue(OnLost::Ignore)?;
    tasks.put_many(&[1, 2])?;
    lose(objects, &tasks, 2)?;
    tasks.join()?;
    assert_eq!(tasks.unfinished()?, 0);
    Ok(())
}

fn a_consumer_that_just_ends_has_lost_its_items(objects: &Objects) -> TestResult {
    let tasks = objects.joinable_queue(OnLost::Report)?;
    tasks.put(&1)?;
    let forgetful = Process::builder()
        .daemon(true)
        .spawn(|tasks: JoinableQueue<u32>| tasks.get(), (tasks.clone(),))?;
    let lost_with = forgetful.pid();
    assert_eq!(forgetful.join()??, 1);
    let lost = tasks.join();
    assert!(
        matches!(lost, Err(QueueError::ConsumerLost { pid, count: 1, .. }) if pid == lost_with),
        "{lost:?}"
    );
    Ok(())
}
