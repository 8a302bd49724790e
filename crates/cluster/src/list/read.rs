//! Reading elements.

use super::List;
use crate::ClusterError;
use crate::call::Call;
use crate::entry::Entry;
use crate::script::{Script, script};

pub(super) static GET: Script = script!("get");

impl List {
    /// The element at a place, if there is one; less than zero from the end.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like; [`ClusterError::BadSignature`] and
    /// [`ClusterError::Unsigned`].
    pub fn get(&self, place: i64) -> Result<Option<Entry>, ClusterError> {
        let call = Call::new(&GET, &self.object)
            .keys(["h", "v"])
            .argument(place);
        let written = self.object.cluster().call(call)?.into_optional_bytes()?;
        Entry::read_optional(&self.object, written)
    }
}
