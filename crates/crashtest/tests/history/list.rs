//! Histories of a list that is short, or as long as a chunk.

use procession::{List, SharedError};

use crate::chance::Chance;
use crate::search::{Answer, Model};
use crate::subject::{BEYOND, DONE, NOTHING, Subject, digest};
use crate::text::Text;

const VALUES: u64 = 16;
/// Elements that a chunk of the list holds.
const CHUNK: u64 = 512;

pub(crate) struct OfList;

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Push(u64),
    Pop,
    Last,
    Get(usize),
    Set(usize, u64),
    Insert(usize, u64),
    Remove(usize),
    Swap(usize, usize),
    CompareExchange(usize, u64, u64),
    Update(usize),
    Extend([u64; 2]),
    Splice(usize, [u64; 2]),
    Truncate(usize),
    Reverse,
    Sort,
    Len,
    Elements,
}

impl Model for OfList {
    type Operation = Operation;
    type State = Vec<u64>;

    fn step(state: &Vec<u64>, _: usize, operation: &Operation) -> Option<(Vec<u64>, Answer)> {
        let mut list = state.clone();
        let answer = change(&mut list, operation).unwrap_or(BEYOND);
        Some((list, answer))
    }
}

/// Nothing if an index is beyond the end.
fn change(list: &mut Vec<u64>, operation: &Operation) -> Option<Answer> {
    match *operation {
        Operation::Push(value) => list.push(value),
        Operation::Pop => return Some(list.pop().unwrap_or(NOTHING)),
        Operation::Last => return Some(list.last().copied().unwrap_or(NOTHING)),
        Operation::Get(index) => return Some(list.get(index).copied().unwrap_or(NOTHING)),
        Operation::Set(index, value) => *list.get_mut(index)? = value,
        Operation::Insert(index, value) => {
            if index > list.len() {
                return None;
            }
            list.insert(index, value);
        }
        Operation::Remove(index) => {
            let value = list.get(index).copied()?;
            list.remove(index);
            return Some(value);
        }
        Operation::Swap(one, other) => {
            list.get(one.max(other))?;
            list.swap(one, other);
        }
        Operation::CompareExchange(index, current, new) => {
            let element = list.get_mut(index)?;
            if *element != current {
                return Some(*element);
            }
            *element = new;
        }
        Operation::Update(index) => {
            let element = list.get_mut(index)?;
            *element = (*element + 1) % VALUES;
            return Some(*element);
        }
        Operation::Extend(values) => list.extend(values),
        Operation::Splice(first, values) => {
            if first > list.len() {
                return None;
            }
            list.splice(first.., values);
        }
        Operation::Truncate(length) => list.truncate(length),
        Operation::Reverse => list.reverse(),
        Operation::Sort => list.sort_unstable(),
        Operation::Len => return Some(list.len() as u64),
        Operation::Elements => return Some(digest(list.iter().copied())),
    }
    Some(DONE)
}

impl Subject for OfList {
    type Object = List<Text>;

    fn make(chance: &mut Chance) -> Result<(Self::Object, Vec<u64>), SharedError> {
        let length = match chance.below(4) {
            0 => CHUNK - 2 + chance.below(4),
            _ => chance.below(4),
        };
        let elements: Vec<u64> = (0..length).map(|_| chance.below(6)).collect();
        let list = List::new()?;
        list.extend(elements.iter().copied().map(Text::new))?;
        Ok((list, elements))
    }

    fn plan(_: u64, chance: &mut Chance, steps: usize) -> Vec<Operation> {
        (0..steps).map(|_| any(chance)).collect()
    }

    fn perform(list: &Self::Object, operation: &Operation) -> Result<Answer, SharedError> {
        match perform(list, operation) {
            Err(SharedError::IndexOutOfRange { .. }) => Ok(BEYOND),
            other => other,
        }
    }

    fn epilogue() -> Vec<Operation> {
        vec![Operation::Len, Operation::Elements]
    }
}

fn perform(list: &List<Text>, operation: &Operation) -> Result<Answer, SharedError> {
    let answer = |text: Option<Text>| Ok(text.map_or(NOTHING, |text| text.number()));
    match *operation {
        Operation::Push(value) => list.push(&Text::new(value))?,
        Operation::Pop => return answer(list.pop()?),
        Operation::Last => return answer(list.last()?),
        Operation::Get(index) => return answer(list.get(index)?),
        Operation::Set(index, value) => list.set(index, &Text::new(value))?,
        Operation::Insert(index, value) => list.insert(index, &Text::new(value))?,
        Operation::Remove(index) => return answer(Some(list.remove(index)?)),
        Operation::Swap(one, other) => list.swap(one, other)?,
        Operation::CompareExchange(index, current, new) => {
            let exchanged = list.compare_exchange(index, &Text::new(current), &Text::new(new))?;
            return exchanged.map_or_else(|found| answer(Some(found)), |()| Ok(DONE));
        }
        Operation::Update(index) => {
            let next = |text: Text| Text::new((text.number() + 1) % VALUES);
            return answer(Some(list.update(index, next)?));
        }
        Operation::Extend(values) => list.extend(values.map(Text::new))?,
        Operation::Splice(first, values) => list.splice(first.., values.map(Text::new))?,
        Operation::Truncate(length) => list.truncate(length)?,
        Operation::Reverse => list.reverse()?,
        Operation::Sort => list.sort()?,
        Operation::Len => return Ok(list.len()? as u64),
        Operation::Elements => return Ok(digest(list.iter()?.map(|text| text.number()))),
    }
    Ok(DONE)
}

fn any(chance: &mut Chance) -> Operation {
    let base = match chance.below(4) {
        0 => CHUNK as usize - 2,
        _ => 0,
    };
    let mut index = || base + chance.below(4) as usize;
    let (here, there) = (index(), index());
    let (one, other) = (chance.below(VALUES), chance.below(VALUES));
    match chance.below(24) {
        0..3 => Operation::Push(one),
        3..6 => Operation::Pop,
        6 => Operation::Last,
        7..10 => Operation::Get(here),
        10 | 11 => Operation::Set(here, one),
        12 => Operation::Insert(here, one),
        13 => Operation::Remove(here),
        14 => Operation::Swap(here, there),
        15 => Operation::CompareExchange(here, one % 6, other),
        16 => Operation::Update(here),
        17 => Operation::Extend([one, other]),
        18 => Operation::Splice(here, [one, other]),
        19 => Operation::Truncate(here),
        20 => Operation::Reverse,
        21 => Operation::Sort,
        22 => Operation::Len,
        _ => Operation::Elements,
    }
}
