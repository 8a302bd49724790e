//! Values of all lengths, which follow from their numbers so that damage shows.

use procession::{Dict, List, Value};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::random::Random;

const KEYS: u64 = 12;

#[derive(Clone, Serialize, Deserialize)]
struct Text {
    number: u64,
    filling: Vec<u16>,
}

impl Text {
    fn any(random: &mut Random) -> Text {
        let number = random.below(1 << 32);
        Text {
            number,
            filling: filling(number),
        }
    }

    fn check(&self, place: &str) -> Outcome<()> {
        match self.filling == filling(self.number) {
            true => Ok(()),
            false => Err(format!("text {} in {place} is damaged", self.number).into()),
        }
    }
}

/// Mostly short, sometimes many blocks' worth.
fn filling(number: u64) -> Vec<u16> {
    let length = match number % 16 {
        15 => 30_000,
        14 => 2_500,
        13 => 700,
        short => short,
    };
    (0..length)
        .map(|place| (number ^ (number >> 16) ^ place) as u16)
        .collect()
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Texts {
    dict: Dict<u64, Text>,
    list: List<Text>,
    value: Value<Text>,
}

impl Texts {
    pub(super) fn new(random: &mut Random) -> Outcome<Texts> {
        Ok(Texts {
            dict: Dict::new()?,
            list: List::new()?,
            value: Value::new(Text::any(random))?,
        })
    }

    pub(super) fn act(&self, random: &mut Random) -> Outcome<()> {
        let key = random.below(KEYS);
        match random.below(12) {
            0 => self.dict.insert(&key, &Text::any(random))?,
            1 => drop(self.dict.remove(&key)?),
            2 | 3 => {
                if let Some(text) = self.dict.get(&key)? {
                    text.check("the dict")?;
                }
            }
            4 => self.value.set(Text::any(random))?,
            5 | 6 => self.value.get()?.check("the value")?,
            7 => self.list.push(&Text::any(random))?,
            8 => {
                if let Some(text) = self.list.pop()? {
                    text.check("the list")?;
                }
            }
            9 => {
                if let Some(text) = self.list.get(0)? {
                    text.check("the list")?;
                }
            }
            10 => self.shorten(random)?,
            _ => self.dict.clear()?,
        }
        Ok(())
    }

    fn shorten(&self, random: &mut Random) -> Outcome<()> {
        if self.list.len()? > 40 {
            self.list.truncate(10)?;
        }
        Ok(self.list.extend([Text::any(random), Text::any(random)])?)
    }
}
