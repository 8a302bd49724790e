//! An array whose elements are all equal to whoever holds its lock.

use procession::SharedArray;
use serde::{Deserialize, Serialize};

use super::exclusion::inside;
use crate::Outcome;
use crate::random::Random;

const ELEMENTS: usize = 200;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Uniform {
    array: SharedArray<u32>,
}

impl Uniform {
    pub(super) fn new() -> Outcome<Uniform> {
        Ok(Uniform {
            array: SharedArray::new(ELEMENTS, 0)?,
        })
    }

    pub(super) fn act(&self, random: &mut Random) -> Outcome<()> {
        let number = random.below(u64::from(u32::MAX)) as u32;
        let tried = match random.below(4) {
            0 => self.array.lock_timeout(random.moment()),
            _ => self.array.lock(),
        };
        let Some((array, abandoned)) = inside(tried)? else {
            return Ok(());
        };
        let found = array.to_vec()?;
        if !abandoned && found.iter().any(|element| *element != found[0]) {
            return Err(format!("nobody died, but the array is {found:?}").into());
        }
        match random.below(2) {
            0 => array.fill(.., number)?,
            _ => {
                for index in 0..ELEMENTS {
                    array.set(index, number)?;
                }
            }
        }
        Ok(())
    }
}
