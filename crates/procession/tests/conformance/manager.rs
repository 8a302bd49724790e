//! Managers.

use procession::{
    Barrier, BoundedSemaphore, Condition, Dict, Event, JoinableQueue, List, Lock, Manager,
    Namespace, Process, Queue, RLock, Semaphore, SharedArray, SharedError, Value,
};
use serde::{Deserialize, Serialize};

use crate::objects::{Objects, TestResult, in_every_place};
use crate::pool::pool_in;

in_every_place!(
    a_manager_makes_all_kinds_of_objects,
    what_a_manager_makes_is_where_it_is,
    a_manager_travels,
    a_manager_travels_as_far_as_its_objects,
    a_manager_that_was_shut_down_makes_nothing_anywhere,
    another_manager_goes_on,
);

fn a_manager_makes_all_kinds_of_objects(objects: &Objects) -> TestResult {
    let manager = objects.manager()?;
    let dict = manager.dict::<String, u32>()?;
    dict.insert("flour", &10)?;
    assert_eq!(dict.require("flour")?, 10);
    let list = manager.list::<u8>()?;
    list.push(&1)?;
    assert_eq!(list.len()?, 1);
    let namespace = manager.namespace()?;
    namespace.set("limit", &7u32)?;
    assert_eq!(namespace.get::<u32>("limit")?, Some(7));
    assert_eq!(manager.value(3u64)?.fetch_add(1)?, 3);
    assert_eq!(manager.array(4, 0.5f64)?.len(), 4);
    let queue = manager.queue::<String>()?;
    queue.put(&"one".to_owned())?;
    assert_eq!(queue.get()?, "one");
    let tasks = manager.joinable_queue::<u8>()?;
    tasks.put(&1)?;
    tasks.get()?;
    tasks.task_done()?;
    tasks.join()?;
    let lock = manager.lock()?;
    drop(lock.lock()?);
    drop(manager.rlock()?.lock()?);
    assert_eq!(manager.condition(&lock)?.notify_all()?, 0);
    drop(manager.semaphore(1)?.acquire()?);
    drop(manager.bounded_semaphore(1)?.acquire()?);
    assert!(!manager.event()?.is_set()?);
    manager.barrier(1)?.wait()?;
    Ok(())
}

/// One object of each kind.
#[derive(Clone, Serialize, Deserialize)]
struct OfEachKind {
    dict: Dict<String, u32>,
    list: List<u32>,
    namespace: Namespace,
    value: Value<u32>,
    array: SharedArray<u32>,
    queue: Queue<u32>,
    tasks: JoinableQueue<u32>,
    lock: Lock,
    rlock: RLock,
    condition: Condition,
    semaphore: Semaphore,
    bounded: BoundedSemaphore,
    event: Event,
    barrier: Barrier,
}

impl OfEachKind {
    fn of(manager: &Manager) -> Result<OfEachKind, SharedError> {
        let lock = manager.lock()?;
        Ok(OfEachKind {
            dict: manager.dict()?,
            list: manager.list()?,
            namespace: manager.namespace()?,
            value: manager.value(0)?,
            array: manager.array(1, 0)?,
            queue: manager.queue()?,
            tasks: manager.joinable_queue()?,
            condition: manager.condition(&lock)?,
            lock,
            rlock: manager.rlock()?,
            semaphore: manager.semaphore(1)?,
            bounded: manager.bounded_semaphore(1)?,
            event: manager.event()?,
            barrier: manager.barrier(1)?,
        })
    }
}

/// In memory, other processes of the session use them; on a server, worker hosts, which share no memory with this process.
fn what_a_manager_makes_is_where_it_is(objects: &Objects) -> TestResult {
    fn use_all(all: OfEachKind) -> Result<(), String> {
        fn told(error: impl ToString) -> String {
            error.to_string()
        }
        all.dict.insert("seven", &7).map_err(told)?;
        all.list.push(&7).map_err(told)?;
        all.namespace.set("seven", &7u32).map_err(told)?;
        all.value.set(7).map_err(told)?;
        all.array.set(0, 7).map_err(told)?;
        all.queue.put(&7).map_err(told)?;
        all.tasks.put(&7).map_err(told)?;
        drop(all.semaphore.acquire().map_err(told)?);
        drop(all.bounded.acquire().map_err(told)?);
        drop(all.rlock.lock().map_err(told)?);
        drop(all.lock.lock().map_err(told)?);
        all.condition.notify_all().map_err(told)?;
        all.event.set().map_err(told)?;
        all.barrier.wait().map_err(told)?;
        Ok(())
    }
    let all = OfEachKind::of(&objects.manager()?)?;
    pool_in(objects)?.apply(use_all, (all.clone(),))??;
    assert_eq!(all.dict.get("seven")?, Some(7));
    assert_eq!(all.list.to_vec()?, [7]);
    assert_eq!(all.namespace.get::<u32>("seven")?, Some(7));
    assert_eq!(all.value.get()?, 7);
    assert_eq!(all.array.get(0)?, 7);
    assert_eq!(all.queue.get()?, 7);
    assert_eq!(all.tasks.get()?, 7);
    all.tasks.task_done()?;
    assert!(all.event.is_set()?);
    Ok(())
}

/// Makes a dict, and says in it who has made it.
fn make(manager: Manager) -> Result<Dict<String, u32>, SharedError> {
    let dict = manager.dict()?;
    dict.insert("made by", &std::process::id())?;
    Ok(dict)
}

fn a_manager_travels(objects: &Objects) -> TestResult {
    let maker = Process::spawn(make, (objects.manager()?,))?;
    let pid = maker.pid();
    assert_eq!(maker.join()??.require("made by")?, pid);
    Ok(())
}

/// From one process to the other and back: one that made its objects in memory could not send them home from a worker host.
fn a_manager_travels_as_far_as_its_objects(objects: &Objects) -> TestResult {
    let pool = pool_in(objects)?;
    let there_and_back = pool.apply(|manager: Manager| manager, (objects.manager()?,))?;
    let dict = pool.apply(make, (there_and_back,))??;
    assert_ne!(dict.require("made by")?, std::process::id());
    Ok(())
}

fn a_manager_that_was_shut_down_makes_nothing_anywhere(objects: &Objects) -> TestResult {
    fn refused(manager: Manager) -> Result<bool, SharedError> {
        match manager.lock() {
            Err(SharedError::ShutDown) => Ok(true),
            Err(error) => Err(error),
            Ok(_) => Ok(false),
        }
    }
    let manager = objects.manager()?;
    let made_before = manager.list::<u8>()?;
    manager.shutdown()?;
    manager.shutdown()?;
    assert!(manager.is_shut_down()?);
    assert!(refused(manager.clone())?);
    assert!(Process::spawn(refused, (manager,))?.join()??);
    made_before.push(&1)?;
    Ok(())
}

fn another_manager_goes_on(objects: &Objects) -> TestResult {
    let (manager, other) = (objects.manager()?, objects.manager()?);
    manager.shutdown()?;
    assert!(!other.is_shut_down()?);
    other.list::<u8>()?.push(&1)?;
    Ok(())
}
