//! A list: elements in order. The argument is in `README.md`.

mod read;
mod rearrange;
mod run;
#[cfg(test)]
mod script_tests;
mod snapshot;
mod splice;
mod write;

use std::sync::Arc;

use crate::call::Call;
use crate::entry::Stamp;
use crate::object::{CONTENTS, Kind, Object};
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub use run::Run;
pub use snapshot::Snapshot;
pub use splice::Splice;
pub use write::Change;

static LEN: Script = script!("len");

/// What an element counts besides its bytes when it is added together with others.
const OVERHEAD: u64 = 64;

/// A handle on a list. Clones are the same.
///
/// Every call is one step to everybody else, unless it says otherwise.
///
/// # If a process dies
///
/// Within a call: it is done as a whole, or not at all.
#[derive(Clone, Debug)]
pub struct List {
    object: Arc<Object>,
}

impl List {
    /// Makes an empty list; or attaches to the one of that name, whatever is in it.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if there is one of that name for other contents; [`ClusterError::Unavailable`] and its like.
    pub fn create(
        cluster: &Cluster,
        name: Option<&str>,
        contents: Option<&str>,
    ) -> Result<List, ClusterError> {
        let object = Object::new(cluster, Kind::List, name)?;
        let contents = contents.map(|contents| (CONTENTS, contents));
        object.create(contents.as_slice())?;
        Ok(List {
            object: Arc::new(object),
        })
    }

    /// A handle on the list that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like. That it is gone is told when it is used.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<List, ClusterError> {
        Ok(List {
            object: Arc::new(Object::attach(cluster, Kind::List, name)?),
        })
    }

    /// Makes sure that the list was created for such contents.
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

    /// How many elements there are.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn len(&self) -> Result<u64, ClusterError> {
        let call = Call::new(&LEN, &self.object).keys(["h", "v"]);
        self.object.cluster().call(call)?.count()
    }

    /// Whether there are no elements.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn is_empty(&self) -> Result<bool, ClusterError> {
        Ok(self.len()? == 0)
    }

    /// Removes all elements. It needs no memory of the server.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn clear(&self) -> Result<(), ClusterError> {
        self.remove_run(Run::Slice(None, None)).map(drop)
    }

    fn fresh_stamp(&self) -> Result<Stamp, ClusterError> {
        Stamp::fresh(self.object.cluster())
    }
}
