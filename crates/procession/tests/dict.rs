//! Dicts, with real processes.

mod watchdog;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use procession::{Dict, Process, ProcessBuilder, ProcessError, Queue, QueueError, SharedError};
use procession_arena::Inventory;
use procession_engine::with_participant;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use watchdog::{Watchdog, watch};

type TestResult = Result<(), Box<dyn Error>>;
type Nested = Dict<String, Dict<String, u32>>;

/// The tests share this process's session; some fill its memory, some count what is in it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
const MEMORY_CAP: u64 = 64 << 20;

fn alone() -> (Watchdog, MutexGuard<'static, ()>) {
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // Only the first test comes before the session's first use.
    let _ = procession::context().memory_cap(MEMORY_CAP);
    (watch(), guard)
}

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

fn inventory() -> Result<Inventory, procession_arena::Error> {
    with_participant(|me| me.verify())
}

fn text(word: &str) -> String {
    word.to_owned()
}

#[test]
fn it_does_what_a_map_does() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let dict = Dict::<String, u32>::new()?;
    assert!(dict.is_empty()?);
    dict.insert("a", &1)?;
    dict.insert(&text("b"), &2)?;
    assert_eq!(dict.replace("a", &3)?, Some(1));
    assert_eq!(dict.replace("c", &4)?, None);
    assert_eq!(dict.get("a")?, Some(3));
    assert_eq!(dict.get("x")?, None);
    assert_eq!(dict.get_or("x", 9)?, 9);
    assert_eq!(dict.require("b")?, 2);
    assert!(dict.contains_key("b")? && !dict.contains_key("x")?);
    assert_eq!(dict.len()?, 3);
    assert_eq!(dict.keys()?, ["a", "b", "c"]);
    assert_eq!(dict.values()?, [3, 2, 4]);
    let expected = HashMap::from([(text("a"), 3), (text("b"), 2), (text("c"), 4)]);
    assert_eq!(dict.to_map()?, expected);
    let sorted: BTreeMap<_, _> = dict.iter()?.collect();
    assert_eq!(sorted.len(), 3);
    assert_eq!(dict.remove("b")?, Some(2));
    assert_eq!(dict.remove("b")?, None);
    assert_eq!(dict.take("a")?, 3);
    assert_eq!(dict.pop_item()?, Some((text("c"), 4)));
    assert_eq!(dict.pop_item()?, None);
    dict.extend([("x", 1), ("y", 2), ("z", 3)].map(|(key, value)| (text(key), value)))?;
    dict.retain(|key, value| key == "x" || *value == 3)?;
    assert_eq!(dict.keys()?, ["x", "z"]);
    dict.clear()?;
    assert!(dict.is_empty()?);
    Ok(())
}

#[test]
fn entries_keep_the_order_in_which_they_were_inserted() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let dict = Dict::<u32, String>::with_capacity(100)?;
    for number in [5, 3, 9, 1] {
        dict.insert(&number, &number.to_string())?;
    }
    dict.insert(&3, &text("three"))?;
    dict.remove(&5)?;
    dict.insert(&5, &text("five"))?;
    assert_eq!(dict.keys()?, [3, 9, 1, 5]);
    let words: Vec<_> = dict.iter()?.map(|(_, word)| word).collect();
    assert_eq!(words, ["three", "9", "1", "five"]);
    Ok(())
}

#[test]
fn keys_and_values_may_be_of_any_type_and_size() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let raw = Dict::<Vec<u8>, Vec<u8>>::new()?;
    let large: Vec<u8> = (0..10 << 20).map(|place: u32| (place >> 3) as u8).collect();
    raw.insert(&[1, 2][..], &large)?;
    raw.insert(&vec![], &vec![])?;
    assert!(raw.get(&[1, 2][..])? == Some(large.clone()));
    assert_eq!(raw.get(&vec![])?, Some(vec![]));
    assert!(raw.values()?[0] == large);
    assert!(raw.remove(&[1, 2][..])? == Some(large));
    let deep = Dict::<(u8, Option<String>), Vec<(f64, char)>>::new()?;
    let key = (1, Some(text("key")));
    deep.insert(&key, &vec![(0.5, 'x')])?;
    assert_eq!(deep.iter()?.next(), Some((key, vec![(0.5, 'x')])));
    let nothing = Dict::<(), ()>::new()?;
    nothing.insert(&(), &())?;
    assert_eq!(nothing.get(&())?, Some(()));
    Ok(())
}

#[test]
fn a_handle_is_send_and_sync_and_says_what_it_is() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    fn assert_traits<T: Send + Sync + Clone + Debug>() {}
    assert_traits::<Dict<Rc<u8>, *const u8>>();
    let dict = Dict::<u8, u8>::new()?;
    dict.insert(&1, &2)?;
    let shown = format!("{dict:?}");
    assert!(
        shown.starts_with("Dict {") && shown.contains("len: Some(1)"),
        "{shown}"
    );
    Ok(())
}

fn add_to_all(dict: Dict<String, u64>, rounds: u64) -> Result<(), SharedError> {
    for round in 0..rounds {
        let key = format!("key {}", round % 7);
        dict.update(&key, |sum| Some(sum.unwrap_or(0) + 1))?;
        dict.update("all", |sum| Some(sum.unwrap_or(0) + 1))?;
    }
    Ok(())
}

#[test]
fn updates_of_several_processes_add_up() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    const ROUNDS: u64 = 2_000;
    let dict = Dict::new()?;
    let processes: Vec<_> = (0..3)
        .map(|_| daemon().spawn(add_to_all, (dict.clone(), ROUNDS)))
        .collect::<Result<_, _>>()?;
    for process in processes {
        process.join()??;
    }
    assert_eq!(dict.require("all")?, 3 * ROUNDS);
    let keys: u64 = (0..7)
        .map(|key| dict.require(&format!("key {key}")))
        .sum::<Result<_, _>>()?;
    assert_eq!(keys, 3 * ROUNDS);
    Ok(())
}

#[test]
fn update_may_insert_change_remove_or_leave_alone() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let dict = Dict::<u8, String>::new()?;
    assert_eq!(dict.update(&1, |old| old)?, None);
    assert!(dict.is_empty()?);
    dict.update(&1, |_| Some(text("new")))?;
    dict.update(&1, |old| old.map(|old| old + "er"))?;
    assert_eq!(dict.require(&1)?, "newer");
    // Somebody else comes in between: then it is asked again.
    let mut asked = 0;
    dict.update(&1, |old| {
        asked += 1;
        if asked == 1 {
            let _ = dict.insert(&1, &text("other"));
        }
        old.map(|old| old + "!")
    })?;
    assert_eq!((asked, dict.require(&1)?), (2, text("other!")));
    dict.update(&1, |_| None)?;
    assert!(dict.is_empty()?);
    assert!(dict.compare_exchange(&1, None, Some(&text("x")))?);
    assert!(!dict.compare_exchange(&1, Some(&text("y")), None)?);
    assert!(!dict.compare_exchange(&1, None, None)?);
    assert!(dict.compare_exchange(&1, Some(&text("x")), Some(&text("y")))?);
    assert!(dict.compare_exchange(&1, Some(&text("y")), None)?);
    assert!(dict.compare_exchange(&1, None, None)?);
    assert!(dict.is_empty()?);
    Ok(())
}

#[test]
fn only_one_default_is_put_there() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    fn choose(dict: Dict<u32, u32>, own: u32) -> Result<Vec<u32>, SharedError> {
        (0..500).map(|key| dict.get_or_insert(&key, own)).collect()
    }
    let dict = Dict::new()?;
    let first = daemon().spawn(choose, (dict.clone(), 1))?;
    let second = daemon().spawn(choose, (dict.clone(), 2))?;
    assert_eq!(first.join()??, second.join()??);
    let there = dict.require(&3)?;
    let asked = dict.get_or_insert_with(&3, || unreachable!("there is a value"))?;
    assert_eq!(asked, there);
    Ok(())
}

#[test]
fn others_see_all_of_an_extend_or_nothing() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    fn change(dict: Dict<u32, u64>, over: Queue<()>) -> Result<(), SharedError> {
        for round in 0..3_000 {
            dict.extend((0..6).map(|key| (key, round)))?;
            if round % 50 == 0 {
                dict.clear()?;
            }
        }
        let _ = over.put(&());
        Ok(())
    }
    let (dict, over) = (Dict::new()?, Queue::new()?);
    let process = daemon().spawn(change, (dict.clone(), over.clone()))?;
    while over.try_get() == Err(QueueError::Empty) {
        let values = dict.values()?;
        assert!(values.is_empty() || values == [values[0]; 6], "{values:?}");
    }
    process.join()??;
    Ok(())
}

#[test]
fn a_dict_travels_as_argument_as_result_and_in_other_objects() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    fn fill(outer: Nested, dicts: Queue<Dict<u8, u8>>) -> Result<Dict<u8, char>, SharedError> {
        let inner = Dict::new()?;
        inner.insert("number", &7)?;
        outer.insert("inner", &inner)?;
        let other = Dict::new()?;
        other.insert(&1, &2)?;
        let _ = dicts.put(&other);
        let result = Dict::new()?;
        result.insert(&3, &'x')?;
        Ok(result)
    }
    let (outer, dicts) = (Nested::new()?, Queue::new()?);
    let process = daemon().spawn(fill, (outer.clone(), dicts.clone()))?;
    let result = process.join()??;
    drop(process);
    assert_eq!(result.require(&3)?, 'x');
    assert_eq!(dicts.get()?.require(&1)?, 2);
    // The process that made it is gone; the entry keeps it.
    assert_eq!(outer.require("inner")?.require("number")?, 7);
    let inner = outer.take("inner")?;
    assert_eq!(inner.require("number")?, 7);
    for (_, dict) in outer.iter()? {
        assert!(dict.is_empty()?);
    }
    Ok(())
}

/// Refuses to be serialized, or deserialized, when it is not willing.
#[derive(Debug, PartialEq)]
struct Moody(bool, bool);

impl Serialize for Moody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            true => self.1.serialize(serializer),
            false => Err(ser::Error::custom("not today")),
        }
    }
}

impl<'de> Deserialize<'de> for Moody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moody, D::Error> {
        match Deserialize::deserialize(deserializer)? {
            true => Ok(Moody(true, true)),
            false => Err(de::Error::custom("never again")),
        }
    }
}

#[test]
fn errors_say_what_is_wrong() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let dict = Dict::<String, Moody>::new()?;
    let absent = SharedError::KeyAbsent { key: text("\"k\"") };
    assert_eq!(dict.require("k"), Err(absent.clone()));
    assert_eq!(dict.take("k"), Err(absent));
    let refused = dict.insert("k", &Moody(false, true)).unwrap_err();
    let message = refused.to_string();
    assert!(
        message.contains("Moody") && message.contains("not today"),
        "{message}"
    );
    let refused = dict.extend([
        (text("a"), Moody(true, true)),
        (text("b"), Moody(false, true)),
    ]);
    assert!(
        matches!(refused, Err(SharedError::Encode { .. })),
        "{refused:?}"
    );
    assert!(dict.is_empty()?, "nothing was changed");
    dict.insert("k", &Moody(true, false))?;
    let refused = dict.get("k").unwrap_err();
    let message = refused.to_string();
    assert!(
        message.contains("Moody") && message.contains("never again"),
        "{message}"
    );
    for refused in [
        dict.update("k", |old| old).map(drop),
        dict.values().map(drop),
        dict.iter().map(drop),
        dict.retain(|_, _| false),
        dict.compare_exchange("k", None, None).map(drop),
        dict.get_or_insert("k", Moody(true, true)).map(drop),
    ] {
        assert!(
            matches!(refused, Err(SharedError::Decode { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(dict.keys()?, ["k"]);
    let refused = dict.remove("k");
    assert!(
        matches!(refused, Err(SharedError::Decode { .. })),
        "{refused:?}"
    );
    assert!(dict.is_empty()?, "it is removed all the same");
    Ok(())
}

#[test]
fn a_handle_cannot_be_a_key() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let dict = Dict::<Option<Queue<u8>>, u8>::new()?;
    dict.insert(&None, &1)?;
    let refused = dict.insert(&Some(Queue::new()?), &2).unwrap_err();
    let message = refused.to_string();
    assert!(message.contains("cannot be a key"), "{message}");
    assert_eq!(dict.len()?, 1);
    Ok(())
}

#[test]
fn a_handle_means_nothing_outside() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let dict = Dict::<u8, u8>::new()?;
    let refused = serde_json::to_string(&dict).unwrap_err();
    assert!(
        refused.to_string().contains("travels only by procession"),
        "{refused}"
    );
    let refused = serde_json::from_str::<Dict<u8, u8>>("[1,2]").unwrap_err();
    assert!(
        refused.to_string().contains("travels only by procession"),
        "{refused}"
    );
    Ok(())
}

/// Goes in as one type and comes out as another.
struct Disguised<In, Out>(Option<In>, Option<Out>);

impl<In: Serialize, Out> Serialize for Disguised<In, Out> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, In, Out: Deserialize<'de>> Deserialize<'de> for Disguised<In, Out> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Disguised(None, Deserialize::deserialize(deserializer)?))
    }
}

#[test]
fn a_dict_of_other_types_is_refused() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let before = inventory()?;
    {
        let queue = Queue::<Disguised<Dict<u8, String>, Dict<String, u8>>>::new()?;
        queue.put(&Disguised(Some(Dict::new()?), None))?;
        let Err(error) = queue.get() else {
            return Err("it was taken for something else".into());
        };
        let message = error.to_string();
        assert!(
            message.contains("a dict of (u8, alloc::string::String)"),
            "{message}"
        );
        assert!(
            message.contains("not a dict of (alloc::string::String, u8)"),
            "{message}"
        );
        let queue = Queue::<Disguised<Queue<u8>, Dict<u8, u8>>>::new()?;
        queue.put(&Disguised(Some(Queue::new()?), None))?;
        let Err(error) = queue.get() else {
            return Err("it was taken for something else".into());
        };
        assert!(
            error.to_string().contains("is a queue, not a dict"),
            "{error}"
        );
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

#[test]
fn without_memory_the_dict_stays_as_it_was() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let before = inventory()?;
    {
        let dict = Dict::<u32, Vec<u8>>::new()?;
        dict.insert(&0, &vec![7])?;
        let too_much = vec![1; 100 << 20];
        let refused = dict.insert(&0, &too_much).unwrap_err();
        assert!(
            matches!(refused, SharedError::OutOfMemory { .. }),
            "{refused}"
        );
        let part = vec![2; 10 << 20];
        let refused = dict.extend((0..20).map(|key| (key, &part)));
        assert!(
            matches!(refused, Err(SharedError::OutOfMemory { .. })),
            "{refused:?}"
        );
        assert_eq!(dict.iter()?.collect::<Vec<_>>(), [(0, vec![7])]);
        let mut key = 1;
        while dict.insert(&key, &part).is_ok() {
            key += 1;
        }
        dict.clear()?;
        dict.insert(&1, &part)?;
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

/// Sets three keys at a time to the same number, adds and removes others, and never ends.
fn work_for_ever(dict: Dict<String, u64>, started: Queue<()>) -> Result<(), SharedError> {
    let mut round = 0;
    loop {
        let group = round % 40;
        let keys = ["a", "b", "c"].map(|part| format!("{part} {group}"));
        dict.extend(keys.map(|key| (key, round)))?;
        dict.insert(&format!("single {}", round % 300), &round)?;
        dict.remove(&format!("single {}", (round + 150) % 300))?;
        if round % 1000 == 999 {
            dict.clear()?;
        }
        if round == 500 {
            let _ = started.put(&());
        }
        round += 1;
    }
}

fn kill<R: serde::de::DeserializeOwned + 'static>(victim: &Process<R>) -> TestResult {
    victim.kill()?;
    match victim.join() {
        Err(ProcessError::Signaled { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("the victim ended by itself".into()),
    }
}

#[test]
fn a_process_killed_in_the_midst_of_changes_harms_nobody() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    let (dict, started) = (Dict::<String, u64>::new()?, Queue::new()?);
    for _ in 0..20 {
        let victims =
            [(); 2].map(|()| daemon().spawn(work_for_ever, (dict.clone(), started.clone())));
        for _ in &victims {
            started.get()?;
        }
        for victim in victims {
            kill(&victim?)?;
        }
        let entries = dict.to_map()?;
        assert_eq!(entries.len(), dict.len()?);
        for group in 0..40 {
            let values = ["a", "b", "c"].map(|part| entries.get(&format!("{part} {group}")));
            assert!(values == [values[0]; 3], "half of a change: {values:?}");
        }
        for (key, value) in &entries {
            assert_eq!(dict.get(key)?, Some(*value));
        }
        dict.insert("survivor's", &1)?;
        assert_eq!(dict.take("survivor's")?, 1);
        inventory()?;
    }
    assert_eq!(with_participant(|me| me.arena().rescued_wakes())?, 0);
    Ok(())
}

#[test]
fn nothing_is_left_when_everything_was_dropped() -> TestResult {
    procession::init_test!();
    let _alone = alone();
    daemon().spawn(|| (), ())?.join()?;
    let before = inventory()?;
    for (number, scenario) in [use_nested, kill_a_holder, refuse_nested]
        .into_iter()
        .enumerate()
    {
        scenario()?;
        assert_eq!(inventory()?, before, "after scenario {number}");
    }
    Ok(())
}

/// Handles in entries, read and given up in every way there is.
fn use_nested() -> TestResult {
    let outer = Nested::new()?;
    for name in ["a", "b", "c", "d", "e"] {
        let inner = Dict::new()?;
        inner.insert("x", &1)?;
        outer.insert(name, &inner)?;
    }
    outer.extend([(text("b"), Dict::new()?), (text("f"), Dict::new()?)])?;
    assert_eq!(outer.keys()?.len(), 6);
    assert_eq!(outer.values()?.len(), 6);
    assert!(outer.require("b")?.is_empty()?);
    assert_eq!(
        outer
            .iter()?
            .filter(|(_, inner)| inner.len() == Ok(1))
            .count(),
        4
    );
    outer.retain(|name, _| name != "c")?;
    outer.remove("a")?;
    outer.replace("d", &Dict::new()?)?;
    outer.update("e", |inner| inner)?;
    outer.get_or_insert("g", Dict::new()?)?;
    outer.pop_item()?;
    assert_eq!(outer.keys()?, ["b", "d", "e", "f"]);
    outer.clear()?;
    outer.insert("h", &Dict::new()?)?;
    Ok(())
}

fn kill_a_holder() -> TestResult {
    fn hold(outer: Nested, held: Queue<()>) {
        let inner = outer.require("a");
        let own = Nested::new().and_then(|own| own.insert("outer", &Dict::new()?).map(|()| own));
        let _ = held.put(&());
        loop {
            std::thread::park();
            let _ = (&inner, &own);
        }
    }
    let (outer, held) = (Nested::new()?, Queue::new()?);
    outer.insert("a", &Dict::new()?)?;
    let holder = daemon().spawn(hold, (outer.clone(), held.clone()))?;
    held.get()?;
    outer.remove("a")?;
    kill(&holder)?;
    Ok(())
}

/// Attaches its dict, and then does not want to be.
#[derive(Serialize)]
struct Reluctant(Dict<u8, u8>);

impl<'de> Deserialize<'de> for Reluctant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Reluctant, D::Error> {
        let _: Dict<u8, u8> = Deserialize::deserialize(deserializer)?;
        Err(de::Error::custom("no"))
    }
}

fn refuse_nested() -> TestResult {
    let dict = Dict::<u8, Reluctant>::new()?;
    dict.insert(&1, &Reluctant(Dict::new()?))?;
    dict.insert(&2, &Reluctant(Dict::new()?))?;
    assert!(dict.get(&1).is_err());
    assert!(dict.values().is_err());
    assert!(dict.retain(|_, _| true).is_err());
    assert!(dict.replace(&1, &Reluctant(Dict::new()?)).is_err());
    assert!(dict.remove(&1).is_err());
    assert!(dict.pop_item().is_err());
    Ok(())
}
