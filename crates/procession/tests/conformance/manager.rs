//! Managers.

use procession::{Dict, Manager, Process, SharedError};

use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    a_manager_makes_all_kinds_of_objects,
    a_manager_travels,
    a_manager_that_was_shut_down_makes_nothing_anywhere,
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

fn a_manager_travels(objects: &Objects) -> TestResult {
    fn make(manager: Manager) -> Result<Dict<String, u32>, SharedError> {
        let dict = manager.dict()?;
        dict.insert("made by", &std::process::id())?;
        Ok(dict)
    }
    let maker = Process::spawn(make, (objects.manager()?,))?;
    let pid = maker.pid();
    assert_eq!(maker.join()??.require("made by")?, pid);
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
