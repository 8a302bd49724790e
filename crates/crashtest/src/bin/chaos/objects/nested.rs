//! Objects in objects in objects, made and thrown away.

use procession::{Dict, JoinableQueue, List, Queue, QueueError, SharedArray, SharedError, Value};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::random::Random;

const NESTS: u64 = 16;

/// Handles of many kinds in one value.
#[derive(Clone, Serialize, Deserialize)]
struct Nest {
    by_name: Dict<String, List<Egg>>,
    queue: JoinableQueue<Egg>,
}

#[derive(Clone, Serialize, Deserialize)]
enum Egg {
    Number(Value<u64>),
    Numbers(SharedArray<u8>),
    Words(Queue<String>),
    Many(List<Dict<u64, Queue<u64>>>),
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Nested {
    nests: Dict<u64, Nest>,
    eggs: List<Egg>,
}

impl Nested {
    pub(super) fn new() -> Outcome<Nested> {
        Ok(Nested {
            nests: Dict::new()?,
            eggs: List::new()?,
        })
    }

    pub(super) fn act(&self, random: &mut Random) -> Outcome<()> {
        let key = random.below(NESTS);
        match random.below(8) {
            0 => self.nests.insert(&key, &nest()?)?,
            1 => drop(self.nests.remove(&key)?),
            2 => drop(self.nests.pop_item()?),
            3 => self.eggs.push(&egg(random)?)?,
            4 => drop(self.eggs.pop()?),
            5 => self.move_an_egg(random)?,
            _ => self.look_after(key, random)?,
        }
        Ok(())
    }

    fn move_an_egg(&self, random: &mut Random) -> Outcome<()> {
        match self.eggs.len()? {
            0 => {}
            1..30 => self.eggs.reverse()?,
            _ => match self.eggs.splice(5.., [egg(random)?]) {
                // Others have taken most of them meanwhile.
                Ok(()) | Err(SharedError::IndexOutOfRange { .. }) => {}
                Err(error) => return Err(error.into()),
            },
        }
        Ok(())
    }

    /// Whatever becomes of the nest in the dict meanwhile, its handle holds it.
    fn look_after(&self, key: u64, random: &mut Random) -> Outcome<()> {
        let Some(nest) = self.nests.get(&key)? else {
            return Ok(());
        };
        let name = format!("list {}", random.below(4));
        let fresh = List::new()?;
        let list = nest.by_name.get_or_insert(&name, fresh)?;
        list.push(&egg(random)?)?;
        if list.len()? > 8 {
            list.truncate(4)?;
        }
        match nest.queue.try_put(&egg(random)?) {
            Ok(()) => {}
            Err(QueueError::Full) => hatch(&nest.queue)?,
            Err(error) => return Err(error.into()),
        }
        if let Some(Egg::Many(many)) = list.first()? {
            look_into(&many)?;
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Outcome<()> {
        for nest in self.nests.values()? {
            for list in nest.by_name.values()? {
                list.to_vec()?.iter().try_for_each(whole)?;
            }
        }
        self.eggs.to_vec()?.iter().try_for_each(whole)
    }
}

fn nest() -> Outcome<Nest> {
    Ok(Nest {
        by_name: Dict::new()?,
        queue: JoinableQueue::builder().maxsize(4).build()?,
    })
}

fn egg(random: &mut Random) -> Result<Egg, SharedError> {
    Ok(match random.below(4) {
        0 => Egg::Number(Value::new(7)?),
        1 => Egg::Numbers(SharedArray::new(5_000, 7)?),
        2 => {
            let words = Queue::new().map_err(session)?;
            words.put(&"seven".to_owned()).map_err(session)?;
            Egg::Words(words)
        }
        _ => {
            let (many, inner) = (List::new()?, Dict::new()?);
            inner.insert(&7, &Queue::new().map_err(session)?)?;
            many.extend([inner.clone(), inner])?;
            Egg::Many(many)
        }
    })
}

fn session(error: QueueError) -> SharedError {
    SharedError::Session {
        reason: error.to_string(),
    }
}

fn hatch(queue: &JoinableQueue<Egg>) -> Outcome<()> {
    match queue.try_get() {
        Ok(egg) => {
            queue.task_done()?;
            whole(&egg)
        }
        Err(QueueError::Empty) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn look_into(many: &List<Dict<u64, Queue<u64>>>) -> Outcome<()> {
    let Some(inner) = many.last()? else {
        return Err("an egg has lost its inside".into());
    };
    let queue = inner.require(&7)?;
    queue.put(&7)?;
    match queue.try_get() {
        Ok(7) | Err(QueueError::Empty) => Ok(()),
        other => Err(format!("an egg contains {other:?}").into()),
    }
}

/// An egg that nobody changes is as it was made.
fn whole(egg: &Egg) -> Outcome<()> {
    let is_whole = match egg {
        Egg::Number(number) => number.get()? == 7,
        Egg::Numbers(numbers) => numbers.to_vec()? == [7; 5_000],
        Egg::Words(words) => words.len()? == 1,
        Egg::Many(many) => many.len()? == 2,
    };
    match is_whole {
        true => Ok(()),
        false => Err("an egg is damaged".into()),
    }
}
