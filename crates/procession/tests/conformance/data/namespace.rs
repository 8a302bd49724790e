//! Namespaces.

use procession::{Dict, Namespace, Process, SharedError};

use super::in_processes;
use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    names_are_set_and_read_and_removed,
    a_value_of_another_type_is_refused,
    updates_of_many_processes_are_not_lost,
    handles_travel,
);

fn names_are_set_and_read_and_removed(objects: &Objects) -> TestResult {
    let shared = objects.namespace()?;
    assert!(shared.is_empty()?);
    shared.set("width", &80u32)?;
    shared.set("title", &"Ada".to_owned())?;
    shared.set("raw", &vec![0u8, 255])?;
    shared.set("width", &100u32)?;
    assert_eq!(shared.get("width")?, Some(100u32));
    assert_eq!(shared.require::<String>("title")?, "Ada");
    assert_eq!(shared.get("raw")?, Some(vec![0u8, 255]));
    assert_eq!(shared.get::<u32>("depth")?, None);
    let absent = SharedError::KeyAbsent {
        key: "\"depth\"".to_owned(),
    };
    assert_eq!(shared.require::<u32>("depth"), Err(absent));
    assert_eq!(shared.names()?, ["width", "title", "raw"]);
    assert!(shared.contains("title")?);
    assert!(shared.remove("title")?);
    assert!(!shared.remove("title")?);
    assert_eq!(shared.len()?, 2);
    assert_eq!(shared.update("width", |_: Option<u32>| None)?, None);
    assert_eq!(shared.names()?, ["raw"]);
    shared.clear()?;
    assert!(shared.is_empty()?);
    Ok(())
}

fn a_value_of_another_type_is_refused(objects: &Objects) -> TestResult {
    let shared = objects.namespace()?;
    shared.set("width", &80u32)?;
    let wrong = SharedError::WrongType {
        kind: "value".to_owned(),
        expected: "i64".to_owned(),
        found: "u32".to_owned(),
    };
    assert_eq!(shared.get::<i64>("width"), Err(wrong));
    Ok(())
}

fn updates_of_many_processes_are_not_lost(objects: &Objects) -> TestResult {
    const TIMES: u32 = 20;
    fn count(shared: Namespace) -> Result<(), SharedError> {
        for _ in 0..TIMES {
            shared.update("count", |count: Option<u32>| Some(count.unwrap_or(0) + 1))?;
        }
        Ok(())
    }
    let shared = objects.namespace()?;
    in_processes!(count, (shared.clone(),));
    assert_eq!(shared.get("count")?, Some(super::PROCESSES * TIMES));
    Ok(())
}

fn handles_travel(objects: &Objects) -> TestResult {
    fn work(shared: Namespace) -> Result<Namespace, SharedError> {
        let stock: Dict<String, u32> = shared.require("stock")?;
        stock.insert("apples", &7)?;
        Ok(shared)
    }
    let shared = objects.namespace()?;
    shared.set("stock", &objects.dict::<String, u32>()?)?;
    let back = Process::spawn(work, (shared,))?.join()??;
    let stock: Dict<String, u32> = back.require("stock")?;
    assert_eq!(stock.get("apples")?, Some(7));
    Ok(())
}
