//! Numbers that are counted up in every way there is.

use procession::{Dict, Namespace, SharedError, Value};
use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Ledger};
use crate::Outcome;
use crate::random::Random;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Counters {
    in_dict: Dict<String, u64>,
    in_namespace: Namespace,
    number: Value<u64>,
    pair: Value<(u64, String)>,
}

impl Counters {
    pub(super) fn new() -> Outcome<Counters> {
        let counters = Counters {
            in_dict: Dict::new()?,
            in_namespace: Namespace::new()?,
            number: Value::new(0)?,
            pair: Value::new((0, "0".to_owned()))?,
        };
        counters.in_dict.insert("count", &0)?;
        counters.in_namespace.set("count", &0_u64)?;
        Ok(counters)
    }

    pub(super) fn act(&self, random: &mut Random, ledger: &Ledger) -> Outcome<()> {
        let entry = match random.below(5) {
            0 => {
                self.in_dict
                    .update("count", |count| count.map(|count| count + 1))?;
                Entry::DictUpdate
            }
            1 => {
                self.in_namespace
                    .update("count", |count: Option<u64>| count.map(|count| count + 1))?;
                Entry::NamespaceUpdate
            }
            2 => {
                self.pair
                    .update(|(count, _)| (count + 1, (count + 1).to_string()))?;
                Entry::ValueUpdate
            }
            3 => {
                self.number.fetch_add(1)?;
                Entry::FetchAdd
            }
            _ => return self.disturb(random),
        };
        Ok(ledger.add(entry)?)
    }

    /// Names next to the one that counts, with values of changing types.
    fn disturb(&self, random: &mut Random) -> Outcome<()> {
        let name = format!("other {}", random.below(20));
        match random.below(4) {
            0 => self.in_namespace.set(&name, &random.below(1_000))?,
            1 => self.in_namespace.set(&name, &"word".repeat(300))?,
            2 => drop(self.in_namespace.remove(&name)?),
            _ => match self.in_namespace.get::<String>(&name) {
                Ok(None) | Err(SharedError::WrongType { .. }) => {}
                Ok(Some(words)) if words.len() == 1_200 => {}
                other => return Err(format!("{name} is {other:?}").into()),
            },
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Outcome<()> {
        let (count, text) = self.pair.get()?;
        match count.to_string() == text {
            true => Ok(()),
            false => Err(format!("a value was torn: {count}, {text}").into()),
        }
    }

    pub(super) fn finish(&self, ledger: &Ledger, kills: u64) -> Outcome<()> {
        let in_dict = self.in_dict.require("count")?;
        let in_namespace = self.in_namespace.require("count")?;
        ledger.judge("counter in a dict", Entry::DictUpdate, in_dict, kills)?;
        let entry = Entry::NamespaceUpdate;
        ledger.judge("counter in a namespace", entry, in_namespace, kills)?;
        let (in_pair, _) = self.pair.get()?;
        ledger.judge("counter in a value", Entry::ValueUpdate, in_pair, kills)?;
        ledger.judge("number", Entry::FetchAdd, self.number.get()?, kills)
    }
}
