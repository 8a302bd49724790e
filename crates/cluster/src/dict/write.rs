//! Changing entries.

use super::Dict;
use crate::ClusterError;
use crate::call::Call;
use crate::entry::{Entry, Expect, Stamp, check_size};
use crate::reply::Reply;
use crate::script::{Script, script};

pub(super) static CHANGE: Script = script!("change");
/// The same step where it can only free memory, and so goes on when there is none left.
static REMOVE: Script = Script::new(
    "remove",
    concat!("-- flags: allow-oom\n", include_str!("scripts/change.lua")),
);
pub(super) static POP_ITEM: Script = script!("pop_item");

/// What an entry counts besides its bytes when it is set together with others.
const OVERHEAD: u64 = 512;

/// What a change has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was no entry of the key, and now there is one.
    Added,
    /// The entry has another value now.
    Replaced,
    /// The entry was not as expected; nothing was changed.
    Refused,
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// An entry that is to be set.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its key.
    pub key: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
    /// What must be there.
    pub expect: Expect,
}

impl Dict {
    /// Sets the value of a key if what is there is as expected: adds an entry at the end, or replaces the value of the one that is there.
    ///
    /// # Errors
    ///
    /// [`ClusterError::TooLarge`], [`ClusterError::Full`], [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn set(&self, key: &[u8], value: &[u8], expect: Expect) -> Result<Change, ClusterError> {
        let item = Item { key, value, expect };
        self.set_all(&[item], false).map(|(change, _)| change)
    }

    /// As [`set`](Self::set); and returns the former value if it was replaced.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set); and [`ClusterError::BadSignature`] and [`ClusterError::Unsigned`] of the former value, which is replaced all the same.
    pub fn replace(
        &self,
        key: &[u8],
        value: &[u8],
        expect: Expect,
    ) -> Result<(Change, Option<Vec<u8>>), ClusterError> {
        self.set_all(&[Item { key, value, expect }], true)
    }

    /// Sets entries: all of them or, if one is not as expected, none; says whether they were set. Of several with the same key, the last one
    /// counts.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set). [`ClusterError::TooLarge`] also if there are more than some hundred thousand of them, or more than 128 MiB.
    pub fn extend(&self, items: &[Item<'_>]) -> Result<bool, ClusterError> {
        if items.is_empty() {
            return self.len().map(|_| true);
        }
        let (change, _) = self.set_all(items, false)?;
        Ok(change != Change::Refused)
    }

    /// Removes the entry of a key if it is as expected; says whether it has.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn remove(&self, key: &[u8], expect: Expect) -> Result<bool, ClusterError> {
        self.remove_wanting(key, expect, false)
            .map(|(is_removed, _)| is_removed)
    }

    /// As [`remove`](Self::remove); and returns the value if it was removed.
    ///
    /// # Errors
    ///
    /// As [`remove`](Self::remove); and [`ClusterError::BadSignature`] and [`ClusterError::Unsigned`] of the value, which is removed all the same.
    pub fn take(&self, key: &[u8], expect: Expect) -> Result<Option<Vec<u8>>, ClusterError> {
        let (is_removed, value) = self.remove_wanting(key, expect, true)?;
        Ok(value.filter(|_| is_removed))
    }

    /// Removes the entry whose key was inserted last, and returns its key and value.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub fn pop_item(&self) -> Result<Option<Pair>, ClusterError> {
        let call = Call::new(&POP_ITEM, &self.object)
            .keys(["h", "v", "o"])
            .argument(self.fresh_stamp()?.bytes());
        let popped = self.object.cluster().call(call)?.into_array()?;
        if popped.is_empty() {
            return Ok(None);
        }
        let [key, written] = Reply::Array(popped).into_parts()?;
        let entry = Entry::read(&self.object, &written.into_bytes()?)?;
        Ok(Some((key.into_bytes()?, entry.value)))
    }

    fn fresh_stamp(&self) -> Result<Stamp, ClusterError> {
        Stamp::fresh(self.object.cluster())
    }

    fn set_all(
        &self,
        items: &[Item<'_>],
        wants_former: bool,
    ) -> Result<(Change, Option<Vec<u8>>), ClusterError> {
        check_size(
            items.iter().flat_map(|item| [item.key, item.value]),
            OVERHEAD / 2,
        )?;
        let mut call = self.change(&CHANGE, wants_former)?;
        for item in items {
            call = call
                .argument(item.key)
                .argument(item.expect.to_argument())
                .argument(Entry::write(&self.object, item.value)?);
        }
        let outcome = self.outcome(call)?;
        let change = match (outcome.is_refused, outcome.added) {
            (true, _) => Change::Refused,
            (false, 0) => Change::Replaced,
            (false, _) => Change::Added,
        };
        Ok((change, outcome.former))
    }

    fn remove_wanting(
        &self,
        key: &[u8],
        expect: Expect,
        wants_former: bool,
    ) -> Result<(bool, Option<Vec<u8>>), ClusterError> {
        let call = self
            .change(&REMOVE, wants_former)?
            .argument(key)
            .argument(expect.to_argument())
            .argument("");
        let outcome = self.outcome(call)?;
        Ok((outcome.removed == 1, outcome.former))
    }

    fn change(
        &self,
        script: &'static Script,
        wants_former: bool,
    ) -> Result<Call<'_>, ClusterError> {
        Ok(Call::new(script, &self.object)
            .keys(["h", "v", "o"])
            .argument(self.fresh_stamp()?.bytes())
            .argument(wants_former))
    }

    fn outcome(&self, call: Call<'_>) -> Result<Outcome, ClusterError> {
        let reply = self.object.cluster().call(call)?;
        let [refused, added, removed, former] = reply.into_parts()?;
        let former = Entry::read_optional(&self.object, former.into_optional_bytes()?)?;
        Ok(Outcome {
            is_refused: refused.count()? != 0,
            added: added.count()?,
            removed: removed.count()?,
            former: former.map(|former| former.value),
        })
    }
}

/// What the script has to say of a change.
struct Outcome {
    is_refused: bool,
    added: u64,
    removed: u64,
    former: Option<Vec<u8>>,
}
