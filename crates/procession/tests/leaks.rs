//! After everything was dropped, the session's memory is as it was.

mod watchdog;

use std::error::Error;
use std::thread;

use procession::{
    JoinableQueue, Manager, OnLost, Process, ProcessBuilder, Queue, QueueError, StartMethod,
};
use procession_arena::Inventory;
use procession_arena::sys::process::Pidfd;
use procession_engine::with_participant;
use serde::{Deserialize, Deserializer, Serialize, de};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;
type Nested = Queue<Queue<u32>>;

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

/// One test, since only while nobody else works on the session can its memory be counted.
#[test]
fn nothing_is_left_when_everything_was_dropped() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    // Starts the fork server, and whatever else lives as long as this process.
    for method in [StartMethod::Spawn, StartMethod::ForkServer] {
        daemon().start_method(method).spawn(|| (), ())?.join()?;
    }
    // This thread's queue for answers, too.
    hosted_values_and_their_server()?;
    let before = inventory()?;
    let scenarios = [
        handles_in_items,
        handles_in_items_that_nobody_gets,
        handles_in_items_that_cannot_be_decoded,
        handles_in_arguments_and_results,
        handles_of_a_killed_process,
        items_of_killed_consumers,
        hosted_values_and_their_server,
        calls_that_nobody_will_answer,
    ];
    for (number, scenario) in scenarios.into_iter().enumerate() {
        scenario()?;
        assert_eq!(inventory()?, before, "after scenario {number}");
    }
    Ok(())
}

fn inventory() -> Result<Inventory, procession_arena::Error> {
    with_participant(|me| me.verify())
}

fn handles_in_items() -> TestResult {
    let queues = Nested::new()?;
    for number in 0..10 {
        let queue = Queue::new()?;
        queue.put(&number)?;
        queues.put(&queue)?;
    }
    queues.put_many(&[Queue::new()?, Queue::new()?])?;
    for number in 0..5 {
        assert_eq!(queues.get()?.get()?, number);
    }
    assert_eq!(queues.get_many(100)?.len(), 7);
    Ok(())
}

fn handles_in_items_that_nobody_gets() -> TestResult {
    let queues = Nested::new()?;
    for size in [0, 10, 100_000] {
        let queue = Queue::<Vec<u8>>::new()?;
        queue.put(&vec![1; size])?;
        let inner = Queue::new()?;
        inner.put(&7)?;
        queues.put(&inner)?;
    }
    let tasks = JoinableQueue::builder()
        .on_lost(OnLost::Redeliver { max_deliveries: 2 })
        .build()?;
    tasks.put(&queues)?;
    Ok(())
}

/// Attaches its queue, and then does not want to be.
#[derive(Serialize)]
struct Reluctant(Queue<u32>, bool);

impl<'de> Deserialize<'de> for Reluctant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Reluctant, D::Error> {
        match Deserialize::deserialize(deserializer)? {
            (queue, true) => Ok(Reluctant(queue, true)),
            (_, false) => Err(de::Error::custom("no")),
        }
    }
}

fn handles_in_items_that_cannot_be_decoded() -> TestResult {
    let queue = Queue::new()?;
    for willing in [true, false, true] {
        queue.put(&Reluctant(Queue::new()?, willing))?;
    }
    queue.get()?;
    assert!(matches!(queue.get(), Err(QueueError::Decode { .. })));
    queue.put(&Reluctant(Queue::new()?, false))?;
    assert_eq!(
        queue.get_many(9).err().map(|failure| failure.undecoded),
        Some(1)
    );
    let refused = daemon().spawn(|_: Reluctant| (), (Reluctant(Queue::new()?, false),))?;
    assert!(refused.join().is_err());
    Ok(())
}

fn handles_in_arguments_and_results() -> TestResult {
    for method in [StartMethod::Spawn, StartMethod::ForkServer] {
        let swap = |first: Queue<u32>, second: Queue<u32>| (second, first);
        let arguments = (Queue::new()?, Queue::new()?);
        let builder = daemon().start_method(method);
        let process = builder.spawn(swap, arguments)?;
        let (first, second) = process.join()?;
        first.put(&1)?;
        second.put(&2)?;
        let nobody_asks = daemon().spawn(swap, (first, second))?;
        while nobody_asks.is_alive() {
            thread::yield_now();
        }
    }
    // Starting a process takes note of the end of others.
    daemon().spawn(|| (), ())?.join()?;
    Ok(())
}

fn handles_of_a_killed_process() -> TestResult {
    let ready = Queue::new()?;
    let hold = |ready: Queue<()>| -> Result<(), QueueError> {
        let held = Nested::new()?;
        held.put(&Queue::new()?)?;
        ready.put(&())?;
        held.get()?.get().map(drop)
    };
    let process = daemon().spawn(hold, (ready.clone(),))?;
    ready.get()?;
    process.kill()?;
    assert!(process.join().is_err());
    Ok(())
}

fn items_of_killed_consumers() -> TestResult {
    let policies = [
        OnLost::Report,
        OnLost::Redeliver { max_deliveries: 1 },
        OnLost::Redeliver { max_deliveries: 2 },
        OnLost::Ignore,
    ];
    for on_lost in policies {
        let tasks = JoinableQueue::builder().on_lost(on_lost).build()?;
        let ready = Queue::new()?;
        for size in [10, 100_000] {
            tasks.put(&vec![0; size])?;
        }
        let hold = |tasks: JoinableQueue<Vec<u8>>, ready: Queue<()>| {
            tasks.get()?;
            tasks.get()?;
            ready.put(&())?;
            tasks.get()
        };
        let process = daemon().spawn(hold, (tasks.clone(), ready.clone()))?;
        ready.get()?;
        process.kill()?;
        assert!(process.join().is_err());
    }
    Ok(())
}

fn hosted_values_and_their_server() -> TestResult {
    let manager = Manager::new()?;
    let server = |manager: &Manager| -> Result<Pidfd, Box<dyn Error>> {
        Ok(Pidfd::open(manager.server_pid()?.ok_or("no server")?)?)
    };
    // Killed in the middle of a call, with values and calls that wait.
    let (begun, never) = (Queue::<()>::new()?, Queue::<()>::new()?);
    let value = manager.host(never)?;
    let wait = |never: &Queue<()>, begun: Queue<()>| {
        let _ = begun.put(&());
        never.get()
    };
    let calling = daemon().spawn(
        move |value: procession::Proxy<Queue<()>>, begun: Queue<()>| {
            value.call(wait, (begun,)).map(drop)
        },
        (value.clone(), begun.clone()),
    )?;
    begun.get()?;
    let first = server(&manager)?;
    first.kill()?;
    assert!(calling.join()?.is_err());
    drop(value);

    // A new one, that ends by itself.
    let values = Queue::new()?;
    for number in 0..3 {
        values.put(&manager.host(vec![number])?)?;
    }
    let second = server(&manager)?;
    drop((values, manager));
    for server in [first, second] {
        server.wait_exit(None)?;
    }
    // Whoever waits for a child takes note of all that have ended.
    Ok(daemon().spawn(|| (), ())?.join()?)
}

/// The proxy still is there, and so would be what it had sent.
fn calls_that_nobody_will_answer() -> TestResult {
    let manager = Manager::new()?;
    let value = manager.host(Vec::<String>::new())?;
    let server = Pidfd::open(manager.server_pid()?.ok_or("no server")?)?;
    server.kill()?;
    server.wait_exit(None)?;
    with_participant(|me| me.reap_dead())?;
    let push = |value: &procession::Proxy<Vec<String>>| {
        value.call(Vec::push, ("x".repeat(10_000),)).is_err()
    };
    assert!(push(&value));
    let before = inventory()?;
    for _ in 0..100 {
        assert!(push(&value));
    }
    assert_eq!(inventory()?, before);
    Ok(())
}
