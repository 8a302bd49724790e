//! Histories of a dict with few keys.

use procession::{Dict, SharedError};

use crate::chance::Chance;
use crate::search::{Answer, Model};
use crate::subject::{DONE, NOTHING, Subject, digest};
use crate::text::Text;

const KEYS: u64 = 3;
const VALUES: u64 = 16;

pub(crate) struct OfDict;

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Get(u64),
    Insert(u64, u64),
    Replace(u64, u64),
    Remove(u64),
    Update(u64),
    CompareExchange(u64, Option<u64>, Option<u64>),
    GetOrInsert(u64, u64),
    Extend([(u64, u64); 2]),
    PopItem,
    Clear,
    Len,
    Entries,
}

/// Entries in the order of their insertion.
type Entries = Vec<(u64, u64)>;

fn get(entries: &Entries, key: u64) -> Option<u64> {
    let of_key = |entry: &&(u64, u64)| entry.0 == key;
    entries.iter().find(of_key).map(|(_, value)| *value)
}

/// Sets or removes an entry and answers what was there.
fn set(entries: &mut Entries, key: u64, value: Option<u64>) -> Answer {
    let place = entries.iter().position(|entry| entry.0 == key);
    let before = get(entries, key);
    match (place, value) {
        (Some(place), Some(value)) => entries[place].1 = value,
        (Some(place), None) => drop(entries.remove(place)),
        (None, Some(value)) => entries.push((key, value)),
        (None, None) => {}
    }
    before.unwrap_or(NOTHING)
}

fn updated(value: Option<u64>) -> Option<u64> {
    (value != Some(VALUES - 1)).then(|| value.map_or(0, |value| value + 1))
}

impl Model for OfDict {
    type Operation = Operation;
    type State = Entries;

    fn step(state: &Entries, _: usize, operation: &Operation) -> Option<(Entries, Answer)> {
        let mut entries = state.clone();
        let answer = match *operation {
            Operation::Get(key) => get(&entries, key).unwrap_or(NOTHING),
            Operation::Insert(key, value) => {
                set(&mut entries, key, Some(value));
                DONE
            }
            Operation::Replace(key, value) => set(&mut entries, key, Some(value)),
            Operation::Remove(key) => set(&mut entries, key, None),
            Operation::Update(key) => {
                let value = updated(get(&entries, key));
                set(&mut entries, key, value);
                value.unwrap_or(NOTHING)
            }
            Operation::CompareExchange(key, current, new) => {
                let is_current = get(&entries, key) == current;
                if is_current {
                    set(&mut entries, key, new);
                }
                is_current.into()
            }
            Operation::GetOrInsert(key, default) => {
                let value = get(&entries, key).unwrap_or(default);
                set(&mut entries, key, Some(value));
                value
            }
            Operation::Extend(pairs) => {
                for (key, value) in pairs {
                    set(&mut entries, key, Some(value));
                }
                DONE
            }
            Operation::PopItem => entries
                .pop()
                .map_or(NOTHING, |(key, value)| digest([key, value])),
            Operation::Clear => {
                entries.clear();
                DONE
            }
            Operation::Len => entries.len() as u64,
            Operation::Entries => digest(entries.iter().flat_map(|(key, value)| [*key, *value])),
        };
        Some((entries, answer))
    }
}

impl Subject for OfDict {
    type Object = Dict<u64, Text>;

    fn make(chance: &mut Chance) -> Result<(Self::Object, Entries), SharedError> {
        let (dict, mut entries) = (Dict::new()?, Entries::new());
        for _ in 0..chance.below(3) {
            let (key, value) = (chance.below(KEYS), chance.below(VALUES));
            dict.insert(&key, &Text::new(value))?;
            set(&mut entries, key, Some(value));
        }
        Ok((dict, entries))
    }

    fn plan(_: u64, chance: &mut Chance, steps: usize) -> Vec<Operation> {
        (0..steps).map(|_| any(chance)).collect()
    }

    fn perform(dict: &Self::Object, operation: &Operation) -> Result<Answer, SharedError> {
        let answer = |text: Option<Text>| text.map_or(NOTHING, |text| text.number());
        Ok(match *operation {
            Operation::Get(key) => answer(dict.get(&key)?),
            Operation::Insert(key, value) => {
                dict.insert(&key, &Text::new(value))?;
                DONE
            }
            Operation::Replace(key, value) => answer(dict.replace(&key, &Text::new(value))?),
            Operation::Remove(key) => answer(dict.remove(&key)?),
            Operation::Update(key) => answer(dict.update(&key, |text| {
                updated(text.map(|text| text.number())).map(Text::new)
            })?),
            Operation::CompareExchange(key, current, new) => {
                let (current, new) = (current.map(Text::new), new.map(Text::new));
                dict.compare_exchange(&key, current.as_ref(), new.as_ref())?
                    .into()
            }
            Operation::GetOrInsert(key, default) => {
                dict.get_or_insert(&key, Text::new(default))?.number()
            }
            Operation::Extend(pairs) => {
                dict.extend(pairs.map(|(key, value)| (key, Text::new(value))))?;
                DONE
            }
            Operation::PopItem => dict
                .pop_item()?
                .map_or(NOTHING, |(key, text)| digest([key, text.number()])),
            Operation::Clear => {
                dict.clear()?;
                DONE
            }
            Operation::Len => dict.len()? as u64,
            Operation::Entries => digest(dict.iter()?.flat_map(|(key, text)| [key, text.number()])),
        })
    }

    fn epilogue() -> Vec<Operation> {
        vec![Operation::Len, Operation::Entries]
    }
}

fn any(chance: &mut Chance) -> Operation {
    let key = chance.below(KEYS);
    let mut value = || chance.below(VALUES);
    let (one, other) = (value(), value());
    let maybe = |value: u64| (!value.is_multiple_of(4)).then_some(value);
    match chance.below(16) {
        0..4 => Operation::Get(key),
        4 => Operation::Insert(key, one),
        5 => Operation::Replace(key, one),
        6 | 7 => Operation::Remove(key),
        8 => Operation::Update(key),
        9 | 10 => Operation::CompareExchange(key, maybe(one), maybe(other)),
        11 => Operation::GetOrInsert(key, one),
        12 => Operation::Extend([(key, one), ((key + 1) % KEYS, other)]),
        13 => Operation::PopItem,
        14 => match one % 4 {
            0 => Operation::Clear,
            _ => Operation::Len,
        },
        _ => Operation::Entries,
    }
}
