//! Managers, and values that a server process keeps.

mod watchdog;

use std::error::Error;
use std::thread;
use std::time::Duration;

use procession::{
    Barrier, BoundedSemaphore, Condition, Dict, Event, JoinableQueue, List, Lock, Manager,
    Namespace, Process, ProcessError, Proxy, ProxyError, Queue, QueueError, RLock, Semaphore,
    SharedArray, SharedError, Value,
};
use procession_arena::sys::process::Pidfd;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Counter(u64);

impl Counter {
    fn add(&mut self, amount: u64) -> u64 {
        let before = self.0;
        // Whoever else were let in meanwhile would be lost.
        thread::yield_now();
        self.0 = before + amount;
        self.0
    }

    fn get(&self) -> u64 {
        self.0
    }
}

fn server(manager: &Manager) -> Result<Pidfd, Box<dyn Error>> {
    let pid = manager.server_pid()?.ok_or("there is no server")?;
    Ok(Pidfd::open(pid)?)
}

fn kill_server(manager: &Manager) -> TestResult {
    let server = server(manager)?;
    server.kill()?;
    wait_until_ended(&server)
}

fn wait_until_ended(server: &Pidfd) -> TestResult {
    while !server.is_dead()? {
        thread::yield_now();
    }
    Ok(())
}

fn add_often(counter: Proxy<Counter>) -> Result<(), ProxyError> {
    for _ in 0..500 {
        counter.call(Counter::add, (1,))?;
    }
    Ok(())
}

#[test]
fn calls_of_one_value_from_many_processes_and_threads_are_carried_out_one_by_one() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let counter = Manager::new()?.host(Counter::default())?;
    let processes = [
        Process::spawn(add_often, (counter.clone(),))?,
        Process::spawn(add_often, (counter.clone(),))?,
    ];
    thread::scope(|scope| {
        let thread = scope.spawn(|| add_often(counter.clone()));
        add_often(counter.clone())?;
        thread.join().unwrap()
    })?;
    for process in processes {
        process.join()??;
    }
    assert_eq!(counter.call(Counter::get, ())?, 2000);
    Ok(())
}

#[test]
fn calls_of_different_values_run_side_by_side() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let (first, second) = (
        manager.host(Queue::<u32>::new()?)?,
        manager.host(Queue::<u32>::new()?)?,
    );
    let meeting = Queue::<u32>::new()?;
    let wait = |_: &Queue<u32>, meeting: Queue<u32>| meeting.get();
    let come = |_: &Queue<u32>, meeting: Queue<u32>| meeting.put(&7);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| first.call(wait, (meeting.clone(),)));
        second.call(come, (meeting.clone(),))??;
        assert_eq!(waiting.join().unwrap()?, Ok(7));
        Ok(())
    })
}

fn host_a_counter(manager: Manager, counters: Queue<Proxy<Counter>>) -> Result<(), ProxyError> {
    let counter = manager.host(Counter(40))?;
    counter.call(Counter::add, (1,))?;
    counters.put(&counter).map_err(|error| ProxyError::Session {
        reason: error.to_string(),
    })
}

#[test]
fn a_value_outlives_the_process_that_hosted_it_and_started_the_server() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let counters = Queue::new()?;
    Process::spawn(host_a_counter, (manager.clone(), counters.clone()))?.join()??;
    let counter = counters.get()?;
    assert_eq!(counter.call(Counter::add, (1,))?, 42);
    Process::spawn(add_often, (counter.clone(),))?.join()??;
    assert_eq!(counter.call(Counter::get, ())?, 542);
    Ok(())
}

#[test]
fn a_panic_comes_to_its_caller_alone_and_the_value_goes_on() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let counter = Manager::new()?.host(Counter(1))?;
    let fail = |counter: &mut Counter| -> u64 {
        counter.0 = 5;
        panic!("no more than {}", counter.0)
    };
    let failed = counter.call(fail, ());
    let Err(ProxyError::Panicked {
        message, location, ..
    }) = &failed
    else {
        panic!("{failed:?}");
    };
    assert_eq!(message, "no more than 5");
    assert!(location.contains("manager.rs"), "{location}");
    assert_eq!(counter.call(Counter::add, (1,))?, 6);
    Ok(())
}

#[test]
fn a_panic_of_the_maker_comes_to_whoever_hosts() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let made = manager.host_with(|| -> Counter { panic!("not today") }, ());
    assert!(
        matches!(&made, Err(ProxyError::Panicked { message, .. }) if message == "not today"),
        "{made:?}"
    );
    let counter = manager.host_with(Counter, (7,))?;
    assert_eq!(counter.call(Counter::get, ())?, 7);
    Ok(())
}

/// Makes a call that never returns, and that says when it has begun.
fn wait_for_ever(counter: Proxy<Counter>, begun: Queue<()>) -> Result<u64, ProxyError> {
    let never = |_: &mut Counter, begun: Queue<()>| -> u64 {
        let _ = begun.put(&());
        loop {
            thread::park();
        }
    };
    counter.call(never, (begun,))
}

#[test]
fn the_death_of_the_server_is_told_to_all_callers_and_the_next_value_gets_a_new_one() -> TestResult
{
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let (first, second) = (
        manager.host(Counter::default())?,
        manager.host(Counter::default())?,
    );
    let (old, begun) = (manager.server_pid()?, Queue::new()?);
    let waiting = [
        Process::spawn(wait_for_ever, (first.clone(), begun.clone()))?,
        Process::spawn(wait_for_ever, (first.clone(), begun.clone()))?,
        Process::spawn(wait_for_ever, (second.clone(), begun.clone()))?,
    ];
    // The third waits for the other call of its value.
    begun.get()?;
    begun.get()?;
    kill_server(&manager)?;
    for process in waiting {
        assert_eq!(process.join()?, Err(ProxyError::ServerGone));
    }
    assert_eq!(first.call(Counter::get, ()), Err(ProxyError::ServerGone));
    assert_eq!(manager.server_pid()?, None);

    let third = manager.host(Counter(3))?;
    assert_ne!(manager.server_pid()?, old);
    assert_eq!(third.call(Counter::get, ())?, 3);
    assert_eq!(second.call(Counter::get, ()), Err(ProxyError::ServerGone));
    Ok(())
}

#[test]
fn after_shutdown_everything_says_so() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let counter = manager.host(Counter::default())?;
    let begun = Queue::new()?;
    let waiting = Process::spawn(wait_for_ever, (counter.clone(), begun.clone()))?;
    begun.get()?;
    let server = server(&manager)?;
    let elsewhere = |manager: Manager| manager.shutdown();
    Process::spawn(elsewhere, (manager.clone(),))?.join()??;
    assert_eq!(waiting.join()?, Err(ProxyError::ShutDown));
    assert_eq!(counter.call(Counter::get, ()), Err(ProxyError::ShutDown));
    let refused = manager.host(Counter::default()).map(drop);
    assert_eq!(refused, Err(ProxyError::ShutDown));
    assert!(manager.is_shut_down()?);
    manager.shutdown()?;
    wait_until_ended(&server)
}

/// Uses what a manager made, in a process that had no part in the making.
fn use_everything(objects: Objects) -> Result<(), SharedError> {
    objects.barrier.wait()?;
    let guard = objects.lock.lock()?;
    objects.dict.insert("key", &1)?;
    objects.list.push(&2)?;
    objects.namespace.set("name", &3_u8)?;
    objects.value.fetch_add(4)?;
    objects.array.set(1, 5)?;
    drop(guard);
    drop(objects.rlock.lock()?);
    drop(objects.semaphore.acquire()?);
    drop(objects.bounded_semaphore.acquire()?);
    let guard = objects.condition.lock()?;
    objects.condition.notify_all()?;
    drop(guard);
    assert_eq!(objects.queue.put(&6), Ok(()));
    assert_eq!(objects.joinable_queue.put(&7), Ok(()));
    objects.event.set()
}

/// One of each kind.
#[derive(Clone, Serialize, Deserialize)]
struct Objects {
    dict: Dict<String, u32>,
    list: List<u32>,
    namespace: Namespace,
    value: Value<u32>,
    array: SharedArray<u32>,
    lock: Lock,
    rlock: RLock,
    condition: Condition,
    semaphore: Semaphore,
    bounded_semaphore: BoundedSemaphore,
    event: Event,
    barrier: Barrier,
    queue: Queue<u32>,
    joinable_queue: JoinableQueue<u32>,
}

impl Objects {
    fn made_by(manager: &Manager) -> Result<Objects, SharedError> {
        let lock = manager.lock()?;
        Ok(Objects {
            dict: manager.dict()?,
            list: manager.list()?,
            namespace: manager.namespace()?,
            value: manager.value(0)?,
            array: manager.array(2, 0)?,
            condition: manager.condition(&lock)?,
            lock,
            rlock: manager.rlock()?,
            semaphore: manager.semaphore(1)?,
            bounded_semaphore: manager.bounded_semaphore(1)?,
            event: manager.event()?,
            barrier: manager.barrier(2)?,
            queue: manager.queue()?,
            joinable_queue: manager.joinable_queue()?,
        })
    }
}

#[test]
fn what_a_manager_makes_outlives_its_shutdown_and_nothing_is_made_after_it() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let objects = Objects::made_by(&manager)?;
    manager.shutdown()?;
    let user = Process::spawn(use_everything, (objects.clone(),))?;
    objects.barrier.wait()?;
    objects.event.wait()?;
    assert_eq!(objects.dict.require("key")?, 1);
    assert_eq!(objects.list.get(0)?, Some(2));
    assert_eq!(objects.namespace.require::<u8>("name")?, 3);
    assert_eq!(objects.value.get()?, 4);
    assert_eq!(objects.array.to_vec()?, [0, 5]);
    assert_eq!(objects.queue.get()?, 6);
    assert_eq!(objects.joinable_queue.get()?, 7);
    user.join()??;

    let again = Objects::made_by(&manager).map(drop);
    assert_eq!(again, Err(SharedError::ShutDown));
    let lock = objects.lock;
    let outcomes = [
        manager.dict::<u8, u8>().map(drop),
        manager.list::<u8>().map(drop),
        manager.namespace().map(drop),
        manager.value(0).map(drop),
        manager.array(1, 0).map(drop),
        manager.lock().map(drop),
        manager.rlock().map(drop),
        manager.condition(&lock).map(drop),
        manager.semaphore(1).map(drop),
        manager.bounded_semaphore(1).map(drop),
        manager.event().map(drop),
        manager.barrier(1).map(drop),
        manager.queue::<u8>().map(drop),
        manager.joinable_queue::<u8>().map(drop),
    ];
    for outcome in outcomes {
        assert_eq!(outcome, Err(SharedError::ShutDown));
    }
    Ok(())
}

#[test]
fn a_manager_that_hosted_nothing_is_shut_down_without_a_server() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    manager.shutdown()?;
    let refused = manager.host(Counter::default()).map(drop);
    assert_eq!(refused, Err(ProxyError::ShutDown));
    assert_eq!(manager.server_pid()?, None);
    Ok(())
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_another() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let counter = Manager::new()?.host(Counter::default())?;
    let go = Queue::<()>::new()?;
    let held_up = |counter: &mut Counter, go: Queue<()>| -> Result<u64, QueueError> {
        go.get()?;
        Ok(counter.add(100))
    };
    let timed_out = counter.call_timeout(held_up, (go.clone(),), Duration::from_millis(1));
    assert_eq!(timed_out, Err(ProxyError::TimedOut));
    go.put(&())?;
    assert_eq!(counter.call(Counter::add, (1,))?, 101);
    Ok(())
}

/// Tells when it is dropped.
struct Farewell(Queue<u32>);

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = self.0.put(&1);
    }
}

fn hold_for_ever(proxy: Proxy<Farewell>, held: Queue<()>) -> Result<(), QueueError> {
    held.put(&())?;
    loop {
        thread::park();
        std::hint::black_box(&proxy);
    }
}

#[test]
fn a_value_ends_with_its_last_proxy_and_the_server_with_the_manager() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let (farewells, held) = (Queue::new()?, Queue::new()?);
    // Dropped here.
    drop(manager.host_with(Farewell, (farewells.clone(),))?);
    assert_eq!(farewells.get()?, 1);

    // In a message that nobody gets.
    let letters = Queue::new()?;
    letters.put(&manager.host_with(Farewell, (farewells.clone(),))?)?;
    assert!(farewells.is_empty()?);
    drop(letters);
    assert_eq!(farewells.get()?, 1);

    // With a process that is killed.
    let proxy = manager.host_with(Farewell, (farewells.clone(),))?;
    let holder = Process::spawn(hold_for_ever, (proxy, held.clone()))?;
    held.get()?;
    assert!(farewells.is_empty()?);
    holder.kill()?;
    assert!(matches!(holder.join(), Err(ProcessError::Signaled { .. })));
    assert_eq!(farewells.get()?, 1);

    // The server waits for the last value.
    let server = server(&manager)?;
    let proxy = manager.host_with(Farewell, (farewells.clone(),))?;
    drop(manager);
    let of = |farewell: &Farewell| farewell.0.len();
    assert_eq!(proxy.call(of, ())?, Ok(0));
    assert!(!server.is_dead()?);
    drop(proxy);
    assert_eq!(farewells.get()?, 1);
    wait_until_ended(&server)
}

#[test]
fn handles_travel_in_arguments_and_results_and_values_call_each_other() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let counter = manager.host(Counter(1))?;
    let queues = manager.host(Vec::<Queue<u32>>::new())?;
    queues.call(Vec::push, (Queue::new()?,))?;
    queues.call(|queues: &Vec<Queue<u32>>| queues[0].put(&9), ())??;
    let queue = queues.call(|queues: &mut Vec<Queue<u32>>| queues.pop(), ())?;
    assert_eq!(queue.ok_or("no queue")?.get()?, 9);

    let of_counter = manager.host(counter.clone())?;
    let add = |counter: &Proxy<Counter>, amount: u64| counter.call(Counter::add, (amount,));
    assert_eq!(of_counter.call(add, (4,))?, Ok(5));
    assert_eq!(counter.call(Counter::get, ())?, 5);
    Ok(())
}

/// Written as a proxy of one type, read as a proxy of another.
struct Mistaken(Option<Proxy<Counter>>);

impl Serialize for Mistaken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Mistaken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Mistaken, D::Error> {
        Option::<Proxy<Queue<u32>>>::deserialize(deserializer).map(|_| Mistaken(None))
    }
}

#[test]
fn a_proxy_taken_for_one_of_another_type_names_both() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let letters = Queue::new()?;
    letters.put(&Mistaken(Some(Manager::new()?.host(Counter::default())?)))?;
    match letters.get().map(drop) {
        Err(QueueError::Decode { reason, .. }) => {
            assert!(
                reason.contains("Counter") && reason.contains("Queue"),
                "{reason}"
            );
            Ok(())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_sent_is_refused_and_the_value_goes_on() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let counter = Manager::new()?.host(Counter(2))?;
    let undecodable = |_: &mut Counter, _: NonZeroButNot| ();
    let refused = counter.call(undecodable, (NonZeroButNot,));
    assert!(
        matches!(&refused, Err(ProxyError::Decode { reason, .. }) if reason.contains("zero")),
        "{refused:?}"
    );
    assert_eq!(counter.call(Counter::get, ())?, 2);
    Ok(())
}

/// Serializes to what its own `Deserialize` refuses.
struct NonZeroButNot;

impl Serialize for NonZeroButNot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        0_u8.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NonZeroButNot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroButNot, D::Error> {
        u8::deserialize(deserializer)?;
        Err(serde::de::Error::custom("it is zero"))
    }
}

/// Cannot even be thrown away.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("thrown away"));
    }
}

#[test]
fn callers_of_a_value_whose_thread_ends_do_not_wait_for_ever() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let counter = manager.host(Counter::default())?;
    let throw = |_: &Counter| std::panic::panic_any(Grenade);
    assert_eq!(
        counter.call(throw, ()),
        Err::<(), _>(ProxyError::ServerGone)
    );
    assert_eq!(manager.host(Counter(7))?.call(Counter::get, ())?, 7);
    Ok(())
}

type Sleepers = Vec<Process<Result<(), QueueError>>>;

fn sleep(begun: Queue<()>, until: Queue<()>) -> Result<(), QueueError> {
    begun.put(&())?;
    until.get()
}

fn start_sleeper(sleepers: &mut Sleepers, begun: Queue<()>, until: Queue<()>) -> bool {
    let started = Process::spawn(sleep, (begun, until));
    started.map(|sleeper| sleepers.push(sleeper)).is_ok()
}

#[test]
fn shutting_down_waits_neither_for_calls_nor_for_children_of_values() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = Manager::new()?;
    let (begun, morning) = (Queue::new()?, Queue::new()?);
    let sleepers = manager.host_with(Sleepers::new, ())?;
    assert!(sleepers.call(start_sleeper, (begun.clone(), morning.clone()))?);
    begun.get()?;
    let counter = manager.host(Counter::default())?;
    thread::scope(|scope| {
        let caller = scope.spawn(|| {
            let call = |_: &Counter, begun, until| sleep(begun, until).is_ok();
            counter.call(call, (begun.clone(), morning.clone()))
        });
        begun.get()?;
        manager.shutdown()?;
        assert_eq!(caller.join().unwrap(), Err(ProxyError::ShutDown));
        // For the sleeper, who has outlived the server.
        morning.put(&())?;
        Ok(())
    })
}

#[test]
fn an_exit_within_a_method_is_told_to_its_caller() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let counter = Manager::new()?.host(Counter::default())?;
    let exit = |_: &Counter, code: i32| -> u64 { std::process::exit(code) };
    assert_eq!(counter.call(exit, (3,)), Err(ProxyError::ServerGone));
    Ok(())
}
