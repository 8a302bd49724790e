//! One value: a number, or whatever its users make of bytes. The argument is in `README.md`.

mod arithmetic;
mod create;
mod number;
mod record;
#[cfg(test)]
mod script_tests;

use std::sync::Arc;

use crate::object::{Kind, Object};
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub use arithmetic::{Adding, Number};
pub use number::Plain;

static EXCHANGE: Script = script!("exchange");

/// A handle on a value. Clones are the same.
///
/// Every call is one step to everybody else. A value is either a number, which stands on the server in digits, or a record of bytes; the methods for
/// the one do not fit the other.
///
/// # If a process dies
///
/// Within a call: the value is the old one or the new one.
#[derive(Clone, Debug)]
pub struct Value {
    object: Arc<Object>,
}

impl Value {
    /// A handle on the value that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like. That it is gone is told when it is used.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<Value, ClusterError> {
        Ok(Value {
            object: Arc::new(Object::attach(cluster, Kind::Value, name)?),
        })
    }

    /// Makes sure that the value was created for such contents.
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
}
