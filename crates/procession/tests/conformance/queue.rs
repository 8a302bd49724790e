//! Queues.

use std::thread;
use std::time::Duration;

use procession::{Process, Queue, QueueError};
use serde::{Deserialize, Serialize};

use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    items_come_in_their_order,
    an_empty_queue_says_so,
    a_full_queue_says_so_and_makes_producers_wait,
    a_closed_queue_is_emptied_and_ends_loops,
    closing_wakes_those_who_wait,
    many_go_at_once,
    large_items_come_whole,
    processes_share_it,
    a_handle_travels_in_an_item,
    what_cannot_be_decoded_is_taken_all_the_same,
);

const SHORT: Duration = Duration::from_millis(5);

fn items_come_in_their_order(objects: &Objects) -> TestResult {
    let queue: Queue<(u32, String)> = objects.queue(None)?;
    for number in 0..10 {
        queue.put(&(number, format!("number {number}")))?;
    }
    assert_eq!(queue.len()?, 10);
    for number in 0..10 {
        assert_eq!(queue.get()?, (number, format!("number {number}")));
    }
    assert!(queue.is_empty()?);
    Ok(())
}

fn an_empty_queue_says_so(objects: &Objects) -> TestResult {
    let queue: Queue<u8> = objects.queue(None)?;
    assert_eq!(queue.try_get(), Err(QueueError::Empty));
    assert_eq!(queue.get_timeout(SHORT), Err(QueueError::TimedOut));
    assert_eq!((queue.maxsize(), queue.is_full()?), (None, false));
    assert_eq!(queue.get_many(0)?, []);
    Ok(())
}

fn a_full_queue_says_so_and_makes_producers_wait(objects: &Objects) -> TestResult {
    let queue: Queue<u32> = objects.queue(Some(2))?;
    queue.put_many(&[1, 2])?;
    assert_eq!((queue.maxsize(), queue.is_full()?), (Some(2), true));
    assert_eq!(queue.try_put(&3), Err(QueueError::Full));
    assert_eq!(queue.put_timeout(&3, SHORT), Err(QueueError::TimedOut));
    thread::scope(|scope| {
        let producer = scope.spawn(|| queue.put_many(&[3, 4, 5, 6]));
        for expected in 1..=6 {
            assert_eq!(queue.get()?, expected);
        }
        producer.join().expect("no panic")?;
        Ok(())
    })
}

fn a_closed_queue_is_emptied_and_ends_loops(objects: &Objects) -> TestResult {
    let queue: Queue<u32> = objects.queue(None)?;
    queue.put_many(&[1, 2, 3])?;
    assert!(!queue.is_closed()?);
    queue.close()?;
    queue.close()?;
    assert!(queue.is_closed()?);
    assert_eq!(queue.put(&4), Err(QueueError::Closed));
    let all: Result<Vec<u32>, QueueError> = queue.iter().collect();
    assert_eq!(all?, [1, 2, 3]);
    assert_eq!(queue.get(), Err(QueueError::Closed));
    Ok(())
}

fn closing_wakes_those_who_wait(objects: &Objects) -> TestResult {
    let (empty, full): (Queue<u32>, Queue<u32>) = (objects.queue(None)?, objects.queue(Some(1))?);
    full.put(&1)?;
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..2)
            .flat_map(|_| {
                [
                    scope.spawn(|| empty.get().map(drop)),
                    scope.spawn(|| full.put(&2)),
                ]
            })
            .collect();
        empty.close()?;
        full.close()?;
        for waiter in waiters {
            assert_eq!(waiter.join().expect("no panic"), Err(QueueError::Closed));
        }
        Ok(())
    })
}

fn many_go_at_once(objects: &Objects) -> TestResult {
    let queue: Queue<u32> = objects.queue(None)?;
    let numbers: Vec<u32> = (0..3000).collect();
    queue.put_many(&numbers)?;
    assert_eq!(queue.len()?, 3000);
    let mut got = Vec::new();
    while got.len() < 3000 {
        got.extend(queue.get_many(1700)?);
    }
    assert_eq!(got, numbers);
    Ok(())
}

fn large_items_come_whole(objects: &Objects) -> TestResult {
    let queue: Queue<Vec<u8>> = objects.queue(None)?;
    let large: Vec<u8> = (0..3_000_000u32)
        .map(|number| (number % 251) as u8)
        .collect();
    queue.put(&large)?;
    queue.put_many(&[Vec::new(), large.clone(), vec![1]])?;
    assert!(queue.get()? == large);
    let rest = queue.get_many(3)?;
    assert_eq!(
        rest.iter().map(Vec::len).collect::<Vec<_>>(),
        [0, 3_000_000, 1]
    );
    assert!(rest.get(1) == Some(&large));
    Ok(())
}

fn processes_share_it(objects: &Objects) -> TestResult {
    fn double(numbers: Queue<u64>, doubled: Queue<u64>) -> Result<(), QueueError> {
        for number in &numbers {
            doubled.put(&(2 * number?))?;
        }
        Ok(())
    }
    let (numbers, doubled) = (objects.queue(Some(5))?, objects.queue(None)?);
    let workers = [
        Process::spawn(double, (numbers.clone(), doubled.clone()))?,
        Process::spawn(double, (numbers.clone(), doubled.clone()))?,
    ];
    numbers.put_many(&(1..=20).collect::<Vec<_>>())?;
    numbers.close()?;
    for worker in workers {
        worker.join()??;
    }
    let mut all = Vec::new();
    while all.len() < 20 {
        all.extend(doubled.get_many(20)?);
    }
    assert_eq!(all.iter().sum::<u64>(), 420);
    Ok(())
}

fn a_handle_travels_in_an_item(objects: &Objects) -> TestResult {
    fn answer(questions: Queue<(u32, Queue<u32>)>) -> Result<(), QueueError> {
        let (question, answers) = questions.get()?;
        answers.put(&(question + 1))
    }
    let questions: Queue<(u32, Queue<u32>)> = objects.queue(None)?;
    let answers = objects.queue(None)?;
    let answering = Process::spawn(answer, (questions.clone(),))?;
    questions.put(&(41, answers.clone()))?;
    assert_eq!(answers.get()?, 42);
    answering.join()??;
    Ok(())
}

/// Any number but one, which can be put and not be got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
struct Picky(u32);

impl From<Picky> for u32 {
    fn from(Picky(number): Picky) -> u32 {
        number
    }
}

impl TryFrom<u32> for Picky {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Picky, &'static str> {
        match number {
            13 => Err("thirteen"),
            number => Ok(Picky(number)),
        }
    }
}

fn what_cannot_be_decoded_is_taken_all_the_same(objects: &Objects) -> TestResult {
    let queue: Queue<Picky> = objects.queue(None)?;
    let items = [Picky(1), Picky(13), Picky(2)];
    queue.put_many(&items)?;
    assert_eq!(queue.get()?, Picky(1));
    assert!(matches!(queue.get(), Err(QueueError::Decode { .. })));
    assert_eq!(queue.get()?, Picky(2));
    queue.put_many(&items)?;
    let failure = queue.get_many(3).expect_err("one cannot be got");
    assert_eq!(
        (failure.items, failure.undecoded),
        (vec![Picky(1), Picky(2)], 1)
    );
    assert!(queue.is_empty()?);
    Ok(())
}
