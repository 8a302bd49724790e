//! Changing a value by what it was.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Value;
use crate::SharedError;

impl<T: Serialize + DeserializeOwned + 'static> Value<T> {
    /// Replaces the value by what `change` makes of it, and returns that.
    ///
    /// No lock is held while `change` runs, so it may take its time, fail, or use other shared objects.
    /// If somebody else changes the value meanwhile, `change` **runs again**, with that value: it should
    /// have no effects of its own that must not be repeated. Where many processes change a value all
    /// the time, each of which takes long to say how, a lock around `get` and `set` does less in vain.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`], [`SharedError::Decode`] and [`SharedError::OutOfMemory`]; the value is
    /// then as it was.
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one. If `change` panics, it is the old one.
    ///
    /// # Examples
    ///
    /// ```
    /// let longest = procession::Value::new(String::new())?;
    /// for name in ["Ada", "Grace", "Alan"] {
    ///     longest.update(|old| if name.len() > old.len() { name.to_owned() } else { old })?;
    /// }
    /// assert_eq!(longest.get()?, "Grace");
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn update(&self, mut change: impl FnMut(T) -> T) -> Result<T, SharedError> {
        loop {
            let (old, version) = self.get_version()?;
            let new = change(old);
            if self.replace(version, &new)? {
                return Ok(new);
            }
        }
    }

    /// Replaces the value by `new` if it equals `current`; otherwise says what it is, as `Ok(Err(_))`.
    ///
    /// # Errors
    ///
    /// As [`update`](Value::update).
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one.
    ///
    /// # Examples
    ///
    /// ```
    /// let leader = procession::Value::new(None)?;
    /// assert_eq!(leader.compare_exchange(&None, Some(7))?, Ok(()));
    /// assert_eq!(leader.compare_exchange(&None, Some(8))?, Err(Some(7)));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn compare_exchange(&self, current: &T, new: T) -> Result<Result<(), T>, SharedError>
    where
        T: PartialEq,
    {
        loop {
            let (found, version) = self.get_version()?;
            if found != *current {
                return Ok(Err(found));
            }
            // Not that version any more: perhaps it is equal again.
            if self.replace(version, &new)? {
                return Ok(Ok(()));
            }
        }
    }
}
