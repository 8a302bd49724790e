//! What a history is recorded of.

use procession::SharedError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::chance::Chance;
use crate::search::{Answer, Model};

/// An object of procession, and the model that says how it should behave.
pub(crate) trait Subject: Model + 'static {
    /// Handles that the processes share.
    type Object: Clone + Serialize + DeserializeOwned + 'static;

    /// A new object, and the state it is in.
    fn make(chance: &mut Chance) -> Result<(Self::Object, Self::State), SharedError>;

    /// What a process does one after another in that round; the same for the same chance.
    fn plan(round: u64, chance: &mut Chance, steps: usize) -> Vec<Self::Operation>;

    /// Does it.
    fn perform(object: &Self::Object, operation: &Self::Operation) -> Result<Answer, SharedError>;

    /// What is done by one process when all have ended, and shows the state.
    fn epilogue() -> Vec<Self::Operation>;

    /// What the death of a process does, if that is more than nothing.
    fn death() -> Option<Self::Operation> {
        None
    }
}

/// The answer of what gave nothing.
pub(crate) const NOTHING: Answer = u64::MAX;
/// The answer of what was done and gives nothing.
pub(crate) const DONE: Answer = u64::MAX - 1;
/// The answer to an index beyond the end.
pub(crate) const BEYOND: Answer = u64::MAX - 2;

/// One answer out of many numbers.
pub(crate) fn digest(numbers: impl IntoIterator<Item = u64>) -> Answer {
    let add = |sum: u64, number: u64| (sum ^ number).wrapping_mul(0x100_0000_01b3).rotate_left(29);
    numbers.into_iter().fold(1, add)
}
