//! A dict: values by their keys, in the order in which the keys were inserted. The argument is in `README.md`.

mod read;
#[cfg(test)]
mod script_tests;
mod snapshot;
mod write;

use std::sync::Arc;

use crate::call::Call;
use crate::entry::Stamp;
use crate::object::{CONTENTS, Kind, Object};
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub use snapshot::{Snapshot, SnapshotEntry};
pub use write::{Change, Item, Pair};

static CONTAINS: Script = script!("contains");
static LEN: Script = script!("len");
static CLEAR: Script = script!("clear");

/// A handle on a dict. Clones are the same.
///
/// Every call is one step to everybody else, unless it says otherwise.
///
/// # If a process dies
///
/// Within a call: it is done as a whole, or not at all.
#[derive(Clone, Debug)]
pub struct Dict {
    object: Arc<Object>,
}

impl Dict {
    /// Makes an empty dict; or attaches to the one of that name, whatever is in it.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if there is one of that name for other contents; [`ClusterError::Unavailable`] and its like.
    pub fn create(
        cluster: &Cluster,
        name: Option<&str>,
        contents: Option<&str>,
    ) -> Result<Dict, ClusterError> {
        let object = Object::new(cluster, Kind::Dict, name)?;
        let contents = contents.map(|contents| (CONTENTS, contents));
        object.create(contents.as_slice())?;
        Ok(Dict {
            object: Arc::new(object),
        })
    }

    /// A handle on the dict that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like. That it is gone is told when it is used.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<Dict, ClusterError> {
        Ok(Dict {
            object: Arc::new(Object::attach(cluster, Kind::Dict, name)?),
        })
    }

    /// Makes sure that the dict was created for such contents.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`], [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn check_contents(&self, contents: &str) -> Result<(), ClusterError> {
        self.object.check_contents(contents)
    }

    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// How many entries there are.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn len(&self) -> Result<u64, ClusterError> {
        let call = Call::new(&LEN, &self.object).keys(["h", "v"]);
        self.object.cluster().call(call)?.count()
    }

    /// Whether there are no entries.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn is_empty(&self) -> Result<bool, ClusterError> {
        Ok(self.len()? == 0)
    }

    /// Whether there is an entry of that key.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn contains(&self, key: &[u8]) -> Result<bool, ClusterError> {
        let call = Call::new(&CONTAINS, &self.object)
            .keys(["h", "v"])
            .argument(key);
        Ok(self.object.cluster().call(call)?.integer()? == 1)
    }

    /// Removes all entries. It needs no memory of the server.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn clear(&self) -> Result<(), ClusterError> {
        let call = Call::new(&CLEAR, &self.object)
            .keys(["h", "v", "o"])
            .argument(Stamp::fresh(self.object.cluster())?.bytes());
        self.object.cluster().call(call).map(drop)
    }
}
