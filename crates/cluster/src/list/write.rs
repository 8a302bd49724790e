//! Adding elements at the end, and replacing single ones.

use super::{List, OVERHEAD};
use crate::ClusterError;
use crate::call::Call;
use crate::entry::{Entry, Expect, check_size};
use crate::reply::Reply;
use crate::script::{Script, script};

pub(super) static PUSH: Script = script!("push");
pub(super) static SET: Script = script!("set");
pub(super) static SWAP: Script = script!("swap");
pub(super) static REVERSE: Script = script!("reverse");

/// What a change has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is made.
    Made,
    /// What was there was not as expected; nothing was changed.
    Refused,
    /// There is no such place; nothing was changed.
    OutOfRange {
        /// The place.
        place: i64,
        /// How many elements there are.
        length: u64,
    },
}

impl List {
    /// Adds an element at the end.
    ///
    /// # Errors
    ///
    /// [`ClusterError::TooLarge`], [`ClusterError::Full`], [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn push(&self, value: &[u8]) -> Result<(), ClusterError> {
        self.extend(&[value])
    }

    /// Adds elements at the end.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push). [`ClusterError::TooLarge`] also if they are larger than 128 MiB together, where each counts 64 bytes more than it has.
    pub fn extend(&self, values: &[&[u8]]) -> Result<(), ClusterError> {
        if values.is_empty() {
            return self.len().map(drop);
        }
        check_size(values.iter().copied(), OVERHEAD)?;
        let mut call = Call::new(&PUSH, &self.object)
            .keys(["h", "v"])
            .argument(self.fresh_stamp()?.bytes());
        for value in values {
            call = call.argument(Entry::write(&self.object, value)?);
        }
        self.object.cluster().call(call).map(drop)
    }

    /// Puts another element in the place of one, less than zero from the end, if that is as expected.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn set(&self, place: i64, value: &[u8], expect: Expect) -> Result<Change, ClusterError> {
        let call = Call::new(&SET, &self.object)
            .keys(["h", "v"])
            .argument(self.fresh_stamp()?.bytes())
            .argument(place)
            .argument(expect.to_argument())
            .argument(Entry::write(&self.object, value)?);
        let reply = self.object.cluster().call(call)?;
        read_change(reply, place)
    }

    /// Exchanges two elements, each less than zero from the end.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn swap(&self, one: i64, other: i64) -> Result<Change, ClusterError> {
        let call = Call::new(&SWAP, &self.object)
            .keys(["h", "v"])
            .argument(self.fresh_stamp()?.bytes())
            .argument(one)
            .argument(other);
        let reply = self.object.cluster().call(call)?;
        read_change(reply, one)
    }

    /// Reverses the order of all elements.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn reverse(&self) -> Result<(), ClusterError> {
        let call = Call::new(&REVERSE, &self.object)
            .keys(["h", "v", "aside"])
            .argument(self.fresh_stamp()?.bytes());
        self.object.cluster().call(call).map(drop)
    }
}

/// Reads 1, or 0, or -1 with the length and perhaps the place that was meant.
pub(super) fn read_change(reply: Reply, place: i64) -> Result<Change, ClusterError> {
    let mut parts = reply.into_array()?.into_iter();
    let mut number = || parts.next().map(|part| part.integer()).transpose();
    match (number()?, number()?, number()?) {
        (Some(1), _, _) => Ok(Change::Made),
        (Some(0), _, _) => Ok(Change::Refused),
        (Some(-1), Some(length), meant) => Ok(Change::OutOfRange {
            place: meant.unwrap_or(place),
            length: u64::try_from(length).unwrap_or_default(),
        }),
        _ => Err(ClusterError::protocol(
            "a change that was neither made nor refused",
        )),
    }
}
