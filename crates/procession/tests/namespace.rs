//! Namespaces, with real processes.

mod watchdog;

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use procession::{Dict, Namespace, Process, ProcessBuilder, ProcessError, Queue, SharedError};
use procession_engine::with_participant;
use serde::{Serialize, Serializer, ser};
use watchdog::{Watchdog, watch};

type TestResult = Result<(), Box<dyn Error>>;

/// The tests share this process's session; one counts what is in it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> (Watchdog, MutexGuard<'static, ()>) {
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    (watch(), guard)
}

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

#[test]
fn each_name_has_a_type_of_its_own() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let shared = Namespace::new()?;
    assert!(shared.is_empty()?);
    shared.set("count", &5_u32)?;
    shared.set("word", &"hello".to_owned())?;
    shared.set("bytes", &vec![1_u8, 2, 3])?;
    assert_eq!(shared.get::<u32>("count")?, Some(5));
    assert_eq!(shared.require::<String>("word")?, "hello");
    assert_eq!(shared.require::<Vec<u8>>("bytes")?, [1, 2, 3]);
    assert_eq!(shared.get::<u32>("nothing")?, None);
    assert!(shared.contains("word")? && !shared.contains("nothing")?);
    shared.set("count", &'c')?;
    assert_eq!(shared.require::<char>("count")?, 'c');
    assert_eq!(shared.names()?, ["count", "word", "bytes"]);
    assert!(shared.remove("word")? && !shared.remove("word")?);
    assert_eq!(shared.len()?, 2);
    let shown = format!("{shared:?}");
    assert!(
        shown.contains("count") && shown.starts_with("Namespace"),
        "{shown}"
    );
    shared.clear()?;
    assert!(shared.is_empty()?);
    Ok(())
}

/// Never wants to be serialized.
struct Unwilling;

impl Serialize for Unwilling {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("not today"))
    }
}

#[test]
fn errors_say_what_is_wrong() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let shared = Namespace::new()?;
    let absent = shared.require::<u8>("x");
    assert_eq!(
        absent,
        Err(SharedError::KeyAbsent {
            key: "\"x\"".to_owned()
        })
    );
    shared.set("x", &1_u8)?;
    for refused in [
        shared.get::<i8>("x").map(drop),
        shared.require::<i8>("x").map(drop),
        shared.update("x", |old: Option<i8>| old).map(drop),
    ] {
        assert_eq!(
            refused,
            Err(SharedError::WrongType {
                kind: "value".to_owned(),
                expected: "i8".to_owned(),
                found: "u8".to_owned(),
            })
        );
    }
    let refused = shared.set("x", &Unwilling).unwrap_err().to_string();
    assert!(
        refused.contains("Unwilling") && refused.contains("not today"),
        "{refused}"
    );
    assert_eq!(shared.require::<u8>("x")?, 1);
    let outside = serde_json::to_string(&shared).unwrap_err().to_string();
    assert!(outside.contains("travels only by procession"), "{outside}");
    Ok(())
}

fn add(shared: Namespace, rounds: u32) -> Result<(), SharedError> {
    for _ in 0..rounds {
        shared.update("sum", |sum: Option<u32>| Some(sum.unwrap_or(0) + 1))?;
    }
    Ok(())
}

#[test]
fn updates_of_several_processes_add_up() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let shared = Namespace::new()?;
    let first = daemon().spawn(add, (shared.clone(), 1_000))?;
    let second = daemon().spawn(add, (shared.clone(), 1_000))?;
    first.join()??;
    second.join()??;
    assert_eq!(shared.require::<u32>("sum")?, 2_000);
    shared.update("sum", |_: Option<u32>| None)?;
    assert!(shared.is_empty()?);
    Ok(())
}

#[test]
fn an_update_that_somebody_forestalls_is_made_again() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let shared = Namespace::new()?;
    for meanwhile in [Some(10_u32), None] {
        shared.set("x", &1_u32)?;
        let mut asked = 0;
        let made = shared.update("x", |old: Option<u32>| {
            asked += 1;
            if asked == 1 {
                let _ = match meanwhile {
                    Some(value) => shared.set("x", &value).map(|()| true),
                    None => shared.remove("x"),
                };
            }
            Some(old.unwrap_or(0) + 1)
        })?;
        assert_eq!(made, Some(meanwhile.unwrap_or(0) + 1));
        assert_eq!(shared.get("x")?, made);
        assert_eq!(asked, 2);
    }
    Ok(())
}

#[test]
fn a_dict_is_not_a_namespace() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let shared = Namespace::new()?;
    shared.set("itself", &Dict::<u8, u8>::new()?)?;
    let refused = shared.get::<Namespace>("itself").unwrap_err();
    assert!(
        matches!(refused, SharedError::WrongType { .. }),
        "{refused}"
    );
    Ok(())
}

fn set_for_ever(shared: Namespace, started: Queue<()>) -> Result<(), SharedError> {
    let mut round = 0_u64;
    loop {
        shared.set("pair", &(round, round))?;
        shared.set(&format!("name {}", round % 50), &round.to_string())?;
        shared.remove(&format!("name {}", (round + 25) % 50))?;
        if round == 500 {
            let _ = started.put(&());
        }
        round += 1;
    }
}

#[test]
fn a_process_killed_while_it_sets_names_leaves_whole_values_and_no_waste() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    daemon().spawn(|| (), ())?.join()?;
    let before = with_participant(|me| me.verify())?;
    {
        let (shared, started) = (Namespace::new()?, Queue::new()?);
        for _ in 0..10 {
            let victim = daemon().spawn(set_for_ever, (shared.clone(), started.clone()))?;
            started.get()?;
            victim.kill()?;
            assert!(matches!(victim.join(), Err(ProcessError::Signaled { .. })));
            let (left, right) = shared.require::<(u64, u64)>("pair")?;
            assert_eq!(left, right);
            for name in shared.names()?.iter().filter(|name| *name != "pair") {
                shared.require::<String>(name)?.parse::<u64>()?;
            }
            with_participant(|me| me.verify())?;
        }
        shared.set("queue", &started)?;
    }
    assert_eq!(with_participant(|me| me.verify())?, before);
    Ok(())
}
