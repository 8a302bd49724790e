//! After everything was dropped, the session's memory is as it was.

mod watchdog;

use std::error::Error;
use std::thread;

use procession::{
    Event, JoinableQueue, Manager, OnLost, Pool, PoolError, Process, ProcessBuilder, Queue,
    QueueError, StartMethod,
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
    pools_that_have_done_everything()?;
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
        pools_that_have_done_everything,
        pools_that_have_lost_workers,
        pools_whose_tasks_were_cancelled,
        pools_that_are_terminated,
        pools_whose_workers_cannot_be_prepared,
        results_that_outlive_their_pool,
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

/// Lets go of what it gets, and makes something new.
fn exchange(queue: Queue<u32>) -> Result<Queue<u32>, QueueError> {
    queue.put(&1)?;
    Queue::new()
}

fn some_queues(count: usize) -> Result<Vec<Queue<u32>>, QueueError> {
    (0..count).map(|_| Queue::new()).collect()
}

/// Says that it has begun, and does not end.
fn stay(queue: Queue<u32>, begun: Queue<()>, never: Event) -> Option<Queue<u32>> {
    begun.put(&()).ok()?;
    never.wait().ok()?;
    Some(queue)
}

fn pools_that_have_done_everything() -> TestResult {
    for is_closed in [true, false] {
        let builder = Pool::builder().workers(2).max_tasks_per_worker(7);
        let prepare = |queue: Queue<u32>| queue.put(&1).map_err(|error| error.to_string());
        let pool = builder.initializer(prepare, (Queue::new()?,)).build()?;
        assert_eq!(pool.map(exchange, some_queues(20)?)?.len(), 20);
        pool.map(|text: String| text, vec!["x".repeat(100_000); 10])?;
        let nobody_asks = pool.map_async(exchange, some_queues(20)?)?;
        let half = pool.imap(exchange, some_queues(20)?)?.take(10);
        assert_eq!(half.count(), 10);
        let undecodable = |queue: Queue<u32>| Reluctant(queue, false);
        let ended = pool.apply(undecodable, (Queue::new()?,));
        assert!(matches!(ended, Err(PoolError::ResultDecode { .. })));
        let ended = pool.apply(|_: Reluctant| (), (Reluctant(Queue::new()?, false),));
        assert!(matches!(ended, Err(PoolError::ArgumentDecode { .. })));
        let panics = |_: Queue<u32>| -> Queue<u32> { unreachable!("with a queue") };
        assert!(pool.apply(panics, (Queue::new()?,)).is_err());
        if is_closed {
            pool.close();
            pool.join()?;
        }
        drop(nobody_asks);
    }
    Ok(())
}

fn pools_that_have_lost_workers() -> TestResult {
    let pool = Pool::new(2)?;
    let die = |queue: Queue<u32>| -> Queue<u32> {
        let _made = Queue::<u32>::new();
        drop(queue.put(&1));
        std::process::abort()
    };
    for retries in [0, 2] {
        let lost = pool.submit().retries(retries);
        assert!(lost.apply(die, (Queue::new()?,)).is_err());
        let mixed = pool.imap(exchange, some_queues(10)?)?;
        let lost = pool.map_async(die, some_queues(3)?)?;
        assert_eq!(mixed.filter(Result::is_ok).count(), 10);
        assert!(lost.get().is_err());
    }
    // They end before they have begun what they were given.
    for pid in pool.pids() {
        if let Ok(worker) = Pidfd::open(pid) {
            worker.kill()?;
        }
    }
    pool.submit().retries(9).map(exchange, some_queues(10)?)?;
    Ok(())
}

fn pools_whose_tasks_were_cancelled() -> TestResult {
    let pool = Pool::new(1)?;
    let (begun, never) = (Queue::new()?, Event::new()?);
    let tasks = || -> Result<Vec<_>, QueueError> {
        let task = |queue| (queue, begun.clone(), never.clone());
        Ok(some_queues(5)?.into_iter().map(task).collect())
    };
    let stuck = pool.starmap_async(stay, tasks()?)?;
    begun.get()?;
    let waiting = pool.map_async(exchange, some_queues(5)?)?;
    assert!(waiting.cancel()? && stuck.cancel()?);
    let late = pool
        .submit()
        .timeout(std::time::Duration::from_millis(1))
        .starmap(stay, tasks()?);
    assert!(matches!(late, Err(PoolError::TaskTimeout { .. })));
    pool.map(exchange, some_queues(5)?)?;
    Ok(())
}

fn pools_that_are_terminated() -> TestResult {
    for is_dropped in [true, false] {
        let pool = Pool::new(2)?;
        let (begun, never) = (Queue::new()?, Event::new()?);
        let task = |queue| (queue, begun.clone(), never.clone());
        let stuck = pool.starmap_async(stay, some_queues(10)?.into_iter().map(task))?;
        begun.get()?;
        let waiting = pool.map_async(exchange, some_queues(10)?)?;
        if !is_dropped {
            pool.terminate();
            assert!(matches!(waiting.get(), Err(PoolError::Terminated)));
        }
        drop(pool);
        assert!(stuck.get().is_err());
    }
    // Before its workers are ready.
    let pool = Pool::new(2)?;
    let _nobody_asks = pool.map_async(exchange, some_queues(10)?)?;
    Ok(())
}

fn pools_whose_workers_cannot_be_prepared() -> TestResult {
    let refuse = |_: Queue<u32>| Err::<(), String>("no".to_owned());
    let builder = Pool::builder().workers(2);
    let pool = builder.initializer(refuse, (Queue::new()?,)).build()?;
    let ended = pool.map(exchange, some_queues(5)?);
    assert!(matches!(ended, Err(PoolError::Broken { .. })), "{ended:?}");
    Ok(())
}

fn results_that_outlive_their_pool() -> TestResult {
    let pool = Pool::new(1)?;
    let results = pool.map_async(exchange, some_queues(3)?)?;
    let other = pool.map_async(exchange, some_queues(3)?)?;
    other.wait()?;
    results.wait()?;
    drop(pool);
    for queue in results.get()? {
        let queue = queue?;
        queue.put(&7)?;
        assert_eq!(queue.get()?, 7);
    }
    Ok(())
}
