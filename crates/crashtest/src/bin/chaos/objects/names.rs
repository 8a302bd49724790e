//! Which participants are to be killed, or already were.

use procession::{SharedArray, SharedError};
use serde::{Deserialize, Serialize};

use crate::Outcome;

/// A participant's name is its place, plus the number of places for each one that was there before.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Names {
    /// For each place the name of its present participant.
    present: SharedArray<u64>,
}

impl Names {
    /// Names begin at the number of places, so that none is zero.
    pub(super) fn new(places: usize) -> Outcome<Names> {
        let first: Vec<u64> = (places..2 * places).map(|name| name as u64).collect();
        Ok(Names {
            present: SharedArray::from_slice(&first)?,
        })
    }

    pub(super) fn at(&self, place: usize) -> Result<u64, SharedError> {
        self.present.get(place)
    }

    /// The name of the next one at a place; the present one is condemned from now on.
    pub(super) fn condemn(&self, place: usize) -> Result<u64, SharedError> {
        let places = self.present.len() as u64;
        Ok(self.present.fetch_add(place, places)? + places)
    }

    pub(super) fn is_condemned(&self, name: u64) -> Result<bool, SharedError> {
        let place = name % self.present.len() as u64;
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        Ok(self.present.get(place)? != name)
    }
}
