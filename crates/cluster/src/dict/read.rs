//! Reading entries by their keys.

use super::Dict;
use crate::ClusterError;
use crate::call::Call;
use crate::entry::Entry;
use crate::script::{Script, script};

pub(super) static GET: Script = script!("get");

/// Keys that are asked for by one call.
const PORTION: usize = 1000;

impl Dict {
    /// The entry of a key, if there is one.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like; [`ClusterError::BadSignature`] and
    /// [`ClusterError::Unsigned`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Entry>, ClusterError> {
        let mut entries = self.get_many(&[key])?;
        Ok(entries.pop().flatten())
    }

    /// The entries of several keys, each as it is at some moment of the call.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Entry>>, ClusterError> {
        let mut entries = Vec::with_capacity(keys.len());
        while let Some(left) = keys.get(entries.len()..).filter(|left| !left.is_empty()) {
            let portion = left.iter().take(PORTION).copied();
            let call = Call::new(&GET, &self.object)
                .keys(["h", "v"])
                .arguments(portion);
            let found = self.object.cluster().call(call)?.into_array()?;
            if found.is_empty() {
                return Err(ClusterError::protocol("no entry where some were expected"));
            }
            for written in found {
                let written = written.into_optional_bytes()?;
                entries.push(Entry::read_optional(&self.object, written)?);
            }
        }
        Ok(entries)
    }
}
