//! A value of bytes.

use super::{EXCHANGE, Value};
use crate::ClusterError;
use crate::call::Call;
use crate::entry::{Entry, Expect};
use crate::script::{Script, script};

pub(super) static GET: Script = script!("get");

impl Value {
    /// The value, and which version of it that is.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like; [`ClusterError::BadSignature`] and
    /// [`ClusterError::Unsigned`].
    pub fn get(&self) -> Result<Entry, ClusterError> {
        Entry::read(&self.object, &self.content()?)
    }

    /// Replaces the value if it is as expected; says whether it was.
    ///
    /// # Errors
    ///
    /// [`ClusterError::TooLarge`], [`ClusterError::Full`], [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn set(&self, value: &[u8], expect: Expect) -> Result<bool, ClusterError> {
        let value = Entry::write(&self.object, value)?;
        let (is_met, _) = self.exchange(&value, &expect.to_argument(), false)?;
        Ok(is_met)
    }

    /// Replaces the value, and returns the former one.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set); and [`ClusterError::BadSignature`] and [`ClusterError::Unsigned`] of the former value, which is replaced all the same.
    pub fn swap(&self, value: &[u8]) -> Result<Vec<u8>, ClusterError> {
        let value = Entry::write(&self.object, value)?;
        let anything = Expect::Anything.to_argument();
        let (_, former) = self.exchange(&value, &anything, true)?;
        Entry::read(&self.object, &former).map(|entry| entry.value)
    }

    /// What stands on the server.
    pub(super) fn content(&self) -> Result<Vec<u8>, ClusterError> {
        let call = Call::new(&GET, &self.object).keys(["h", "v"]);
        self.object.cluster().call(call)?.into_bytes()
    }

    /// Replaces what stands on the server if it is as expected; says whether it was, and what stood there if that is wanted.
    pub(super) fn exchange(
        &self,
        content: &[u8],
        expected: &[u8],
        wants_former: bool,
    ) -> Result<(bool, Vec<u8>), ClusterError> {
        let call = Call::new(&EXCHANGE, &self.object)
            .keys(["h", "v"])
            .argument(content)
            .argument(expected)
            .argument(wants_former);
        let [is_met, former] = self.object.cluster().call(call)?.into_parts()?;
        let former = former.into_optional_bytes()?.unwrap_or_default();
        Ok((is_met.integer()? == 1, former))
    }
}
