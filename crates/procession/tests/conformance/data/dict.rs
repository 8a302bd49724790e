//! Dicts.

use std::collections::HashMap;

use procession::{Dict, Process, SharedError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::in_processes;
use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    entries_are_set_and_read_and_removed,
    the_order_of_insertion_is_kept,
    many_entries_are_set_at_once,
    what_is_there_decides,
    updates_of_many_processes_are_not_lost,
    large_values_and_many_entries_come_back,
    raw_bytes_are_kept_as_they_are,
    a_handle_travels_inside_others,
    a_dict_of_other_types_is_refused,
);

fn text(text: &str) -> String {
    text.to_owned()
}

fn entries_are_set_and_read_and_removed(objects: &Objects) -> TestResult {
    let dict = objects.dict::<String, u32>()?;
    assert!(dict.is_empty()?);
    dict.insert("one", &1)?;
    dict.insert("one", &11)?;
    assert_eq!(dict.replace("two", &2)?, None);
    assert_eq!(dict.replace("two", &22)?, Some(2));
    assert_eq!(dict.len()?, 2);
    assert_eq!(dict.get("one")?, Some(11));
    assert_eq!(dict.get("three")?, None);
    assert_eq!(dict.get_or("three", 3)?, 3);
    assert!(dict.contains_key("two")?);
    assert_eq!(dict.remove("two")?, Some(22));
    assert_eq!(dict.remove("two")?, None);
    assert!(!dict.contains_key("two")?);
    let absent = SharedError::KeyAbsent {
        key: "\"two\"".to_owned(),
    };
    assert_eq!(dict.require("two"), Err(absent.clone()));
    assert_eq!(dict.take("two"), Err(absent));
    assert_eq!(dict.take("one")?, 11);
    dict.insert("four", &4)?;
    dict.clear()?;
    assert!(dict.is_empty()?);
    Ok(())
}

fn the_order_of_insertion_is_kept(objects: &Objects) -> TestResult {
    let dict = objects.dict::<u8, char>()?;
    for (key, value) in [(3, 'c'), (1, 'a'), (2, 'b'), (1, 'A')] {
        dict.insert(&key, &value)?;
    }
    assert_eq!(dict.keys()?, [3, 1, 2]);
    assert_eq!(dict.values()?, ['c', 'A', 'b']);
    let entries: Vec<_> = dict.iter()?.collect();
    assert_eq!(entries, [(3, 'c'), (1, 'A'), (2, 'b')]);
    dict.remove(&3)?;
    dict.insert(&3, &'C')?;
    assert_eq!(dict.pop_item()?, Some((3, 'C')));
    assert_eq!(dict.pop_item()?, Some((2, 'b')));
    dict.clear()?;
    assert_eq!(dict.pop_item()?, None);
    Ok(())
}

fn many_entries_are_set_at_once(objects: &Objects) -> TestResult {
    let dict = objects.dict::<String, u32>()?;
    dict.extend([(text("a"), 1), (text("b"), 2), (text("a"), 3)])?;
    let more = HashMap::from([(text("c"), 4)]);
    dict.extend(&more)?;
    let none: [(String, u32); 0] = [];
    dict.extend(none)?;
    let expected = HashMap::from([(text("a"), 3), (text("b"), 2), (text("c"), 4)]);
    assert_eq!(dict.to_map()?, expected);
    dict.retain(|key, value| key == "a" || *value == 4)?;
    assert_eq!(dict.keys()?, ["a", "c"]);
    Ok(())
}

fn what_is_there_decides(objects: &Objects) -> TestResult {
    let dict = objects.dict::<String, u32>()?;
    assert!(dict.compare_exchange("leader", None, Some(&17))?);
    assert!(!dict.compare_exchange("leader", None, Some(&18))?);
    assert!(!dict.compare_exchange("leader", Some(&18), None)?);
    assert_eq!(dict.get_or_insert("leader", 19)?, 17);
    assert!(dict.compare_exchange("leader", Some(&17), None)?);
    assert!(dict.compare_exchange("leader", None, None)?);
    assert_eq!(dict.get_or_insert_with("leader", || 20)?, 20);
    assert_eq!(
        dict.update("leader", |found| found.map(|found| found + 1))?,
        Some(21)
    );
    assert_eq!(dict.update("leader", |_| None)?, None);
    assert_eq!(dict.update("nobody", |found| found)?, None);
    assert!(dict.is_empty()?);
    Ok(())
}

fn updates_of_many_processes_are_not_lost(objects: &Objects) -> TestResult {
    const TIMES: u32 = 30;
    fn count(counts: Dict<String, u32>) -> Result<(), SharedError> {
        for number in 0..TIMES {
            let key = ["even", "odd"][number as usize % 2];
            counts.update(key, |count| Some(count.unwrap_or(0) + 1))?;
        }
        Ok(())
    }
    let counts = objects.dict()?;
    in_processes!(count, (counts.clone(),));
    let expected = Some(super::PROCESSES * TIMES / 2);
    assert_eq!(counts.get("even")?, expected);
    assert_eq!(counts.get("odd")?, expected);
    Ok(())
}

fn large_values_and_many_entries_come_back(objects: &Objects) -> TestResult {
    let large = objects.dict::<u32, String>()?;
    let value = "x".repeat(1 << 20);
    large.insert(&1, &value)?;
    large.insert(&2, &text("small"))?;
    assert!(large.get(&1)?.as_ref() == Some(&value));
    assert!(large.values()? == [value, text("small")]);

    let many = objects.dict::<u32, u32>()?;
    many.extend((0..2500).map(|number| (number, number * 2)))?;
    assert_eq!(many.len()?, 2500);
    assert!(
        many.iter()?
            .eq((0..2500).map(|number| (number, number * 2)))
    );
    assert!(many.keys()?.into_iter().eq(0..2500));
    Ok(())
}

fn raw_bytes_are_kept_as_they_are(objects: &Objects) -> TestResult {
    let dict = objects.dict::<Vec<u8>, Vec<u8>>()?;
    let bytes: Vec<u8> = (0..=255).collect();
    dict.insert(&bytes, &bytes)?;
    dict.insert(&Vec::new(), &Vec::new())?;
    assert_eq!(dict.get(&bytes)?, Some(bytes.clone()));
    assert_eq!(dict.keys()?, [bytes.clone(), vec![]]);
    assert_eq!(dict.values()?, [bytes, vec![]]);
    Ok(())
}

fn a_handle_travels_inside_others(objects: &Objects) -> TestResult {
    type Tree = Dict<String, Dict<String, u32>>;
    fn plant(tree: Tree, leaf: Dict<String, u32>) -> Result<Tree, SharedError> {
        leaf.insert("here", &7)?;
        tree.insert("leaf", &leaf)?;
        Ok(tree)
    }
    let (tree, leaf) = (objects.dict()?, objects.dict()?);
    let back = Process::spawn(plant, (tree, leaf.clone()))?.join()??;
    let found = back.require("leaf")?;
    assert_eq!(found.get("here")?, Some(7));
    found.insert("there", &8)?;
    assert_eq!(leaf.get("there")?, Some(8));
    Ok(())
}

/// Sends the handle of a dict of text, and reads that of a dict of numbers.
struct Disguised(Dict<u8, String>);

impl Serialize for Disguised {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Disguised {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Disguised, D::Error> {
        Dict::<u8, u64>::deserialize(deserializer).map(|_| panic!("it was taken for another dict"))
    }
}

fn a_dict_of_other_types_is_refused(objects: &Objects) -> TestResult {
    let list = objects.list()?;
    list.push(&Disguised(objects.dict()?))?;
    let Err(SharedError::Decode { reason, .. }) = list.get(0) else {
        return Err("it was read".into());
    };
    assert!(
        reason.contains("String") && reason.contains("u64"),
        "{reason}"
    );
    Ok(())
}
