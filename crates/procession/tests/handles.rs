//! Handles of queues: where they can travel, and how long a queue lives.

mod watchdog;

use std::collections::HashMap;
use std::error::Error;

use procession::{
    JoinableQueue, Process, ProcessBuilder, ProcessError, Queue, QueueError, StartMethod,
};
use serde::{Deserialize, Serialize};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

#[test]
fn a_handle_travels_as_argument() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::new()?;
    for method in [StartMethod::Spawn, StartMethod::ForkServer] {
        let put = |queue: Queue<u8>, number: u8| queue.put(&number);
        daemon()
            .start_method(method)
            .spawn(put, (queue.clone(), 7))?
            .join()??;
        assert_eq!(queue.get()?, 7);
    }
    Ok(())
}

/// Whoever started the process drops its own handle at once: the message alone holds the queue.
#[test]
fn arguments_hold_their_queues() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let answers = Queue::new()?;
    for number in 0..5 {
        let queue = Queue::new()?;
        queue.put(&number)?;
        daemon().spawn(
            |queue: Queue<u32>, answers: Queue<u32>| answers.put(&queue.get()?),
            (queue, answers.clone()),
        )?;
    }
    let mut got: Vec<u32> = answers.iter().take(5).collect::<Result<_, _>>()?;
    got.sort_unstable();
    assert_eq!(got, [0, 1, 2, 3, 4]);
    Ok(())
}

#[test]
fn a_handle_travels_as_result() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn make(number: u32) -> Result<Queue<u32>, QueueError> {
        let queue = Queue::new()?;
        queue.put(&number)?;
        Ok(queue)
    }
    for method in [StartMethod::Spawn, StartMethod::ForkServer] {
        let process = daemon().start_method(method).spawn(make, (42,))?;
        let queue = process.join()??;
        let again = process.join()??;
        drop(process);
        assert_eq!(queue.get()?, 42);
        again.put(&43)?;
        assert_eq!(queue.get()?, 43);
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct Request {
    number: u64,
    answer: Queue<u64>,
}

/// Each request brings along the queue for its answer: the usual way to serve several clients.
#[test]
fn a_handle_travels_inside_of_items() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn serve(requests: Queue<Request>) -> Result<(), QueueError> {
        for request in &requests {
            let Request { number, answer } = request?;
            answer.put(&(number * number))?;
        }
        Ok(())
    }
    let requests = Queue::new()?;
    let server = daemon().spawn(serve, (requests.clone(),))?;
    for number in 0..100 {
        let answer = Queue::new()?;
        requests.put(&Request {
            number,
            answer: answer.clone(),
        })?;
        assert_eq!(answer.get()?, number * number);
    }
    requests.close()?;
    server.join()??;
    Ok(())
}

/// The sender lets go of the queue before anybody gets the item.
#[test]
fn items_hold_their_queues() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queues = Queue::new()?;
    for number in 0..20 {
        let queue = Queue::new()?;
        queue.put(&number)?;
        queues.put(&queue)?;
    }
    for number in 0..20 {
        let queue = queues.get()?;
        assert_eq!(queue.get()?, number);
        assert!(queue.is_empty()?);
    }
    Ok(())
}

#[test]
fn a_handle_travels_wherever_serde_goes() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    type Deep = HashMap<String, Option<(JoinableQueue<u8>, Vec<Queue<u8>>)>>;
    let queues = [(); 3].map(|()| Queue::new());
    let [first, second, third] = queues;
    let (first, second, third) = (first?, second?, third?);
    let tasks = JoinableQueue::new()?;
    let deep = Queue::<Deep>::new()?;
    deep.put(&HashMap::from([
        (
            "all".to_owned(),
            Some((tasks.clone(), vec![first.clone(), second, first.clone()])),
        ),
        ("none".to_owned(), None),
        ("one".to_owned(), Some((tasks.clone(), vec![third]))),
    ]))?;
    let got = deep.get()?;
    let (got_tasks, got_queues) = got["all"].as_ref().ok_or("it was there")?;
    got_queues[0].put(&1)?;
    got_queues[2].put(&2)?;
    assert_eq!(first.get_many(9)?, [1, 2]);
    got_tasks.put(&3)?;
    assert_eq!(tasks.unfinished()?, 1);
    assert!(got["none"].is_none());
    Ok(())
}

#[test]
fn queues_can_lie_in_queues_in_queues() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let outer: Queue<Queue<Queue<u8>>> = Queue::new()?;
    let middle = Queue::new()?;
    let inner = Queue::new()?;
    inner.put(&7)?;
    middle.put(&inner)?;
    outer.put(&middle)?;
    drop((middle, inner));
    let unwrap = |outer: Queue<Queue<Queue<u8>>>| outer.get()?.get()?.get();
    assert_eq!(daemon().spawn(unwrap, (outer,))?.join()??, 7);
    Ok(())
}

#[test]
fn batches_carry_handles() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let mut items: Vec<(u32, Option<Queue<u32>>)> = Vec::new();
    for number in 0..50 {
        let queue = (number % 7 == 0).then(Queue::new).transpose()?;
        queue.iter().try_for_each(|queue| queue.put(&number))?;
        items.push((number, queue));
    }
    let queue = Queue::new()?;
    queue.put_many(&items)?;
    drop(items);
    let mut expected = 0;
    while expected < 50 {
        for (number, queue) in queue.get_many(8)? {
            assert_eq!(number, expected);
            assert_eq!(queue.is_some(), number % 7 == 0);
            queue
                .iter()
                .try_for_each(|queue| queue.get().map(|got| assert_eq!(got, number)))?;
            expected += 1;
        }
    }
    Ok(())
}

#[test]
fn a_handle_goes_nowhere_else() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::<u8>::new()?;
    let written = serde_json::to_string(&queue).unwrap_err().to_string();
    assert!(
        written.contains("travels only by procession itself"),
        "{written}"
    );
    let read = serde_json::from_str::<Queue<u8>>("[0,0]")
        .unwrap_err()
        .to_string();
    assert!(read.contains("travels only by procession itself"), "{read}");
    let tasks = JoinableQueue::<u8>::new()?;
    assert!(serde_json::to_string(&tasks).is_err());
    assert!(serde_json::from_str::<JoinableQueue<u8>>("[0,0]").is_err());
    // Not even after a transfer: what this thread did before makes no difference.
    let queues = Queue::new()?;
    queues.put(&queue)?;
    assert!(serde_json::to_string(&queue).is_err());
    queues.get()?;
    assert!(serde_json::from_str::<Queue<u8>>("[0,0]").is_err());
    Ok(())
}

/// A process that is killed lets go of its queues; others that have them keep them.
#[test]
fn a_killed_process_takes_no_queue_along() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn give(queues: Queue<Queue<u32>>) -> Result<(), QueueError> {
        let queue = Queue::new()?;
        queue.put(&7)?;
        queues.put(&queue)?;
        loop {
            std::thread::park();
        }
    }
    let queues = Queue::new()?;
    let process = daemon().spawn(give, (queues.clone(),))?;
    let queue = queues.get()?;
    process.kill()?;
    assert!(matches!(process.join(), Err(ProcessError::Signaled { .. })));
    assert_eq!(queue.get()?, 7);
    queue.put(&8)?;
    assert_eq!(queue.get()?, 8);
    Ok(())
}

/// Many more queues than there is room for at a time: those that nobody has any more are gone.
#[test]
fn queues_end_with_their_last_handle() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let kept = Queue::new()?;
    for number in 0..20_000u32 {
        let queue = Queue::new()?;
        queue.put(&number)?;
        kept.put(&queue)?;
        assert_eq!(kept.get()?.get()?, number);
    }
    Ok(())
}

#[test]
fn handles_can_be_used_by_many_threads_at_once() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::<u32>::new()?;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let queue = queue.clone();
            scope.spawn(move || {
                for number in 0..1000 {
                    queue.put(&number).unwrap();
                    queue.get().unwrap();
                }
            });
        }
    });
    assert!(queue.is_empty()?);
    Ok(())
}
