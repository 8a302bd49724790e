//! Creating a value, or finding it made.

use std::sync::Arc;

use super::{Plain, Value};
use crate::call::Call;
use crate::cluster::LAYOUT;
use crate::entry::Entry;
use crate::object::{CONTENTS, Kind, Object};
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub(super) static CREATE: Script = script!("create");

/// The setting that says what the content looks like.
const FORM: &str = "form";

impl Value {
    /// Makes a value that is a number; or attaches to the one of that name, whatever it is.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if there is one of that name for other contents; [`ClusterError::Unavailable`] and its like.
    pub fn create_number<N: Plain>(
        cluster: &Cluster,
        name: Option<&str>,
        initial: N,
        contents: Option<&str>,
    ) -> Result<Value, ClusterError> {
        let object = Object::new(cluster, Kind::Value, name)?;
        Value::create(object, initial.to_text().as_bytes(), "number", contents)
    }

    /// Makes a value of bytes; or attaches to the one of that name, whatever it is.
    ///
    /// # Errors
    ///
    /// As [`create_number`](Self::create_number); and [`ClusterError::TooLarge`].
    pub fn create_record(
        cluster: &Cluster,
        name: Option<&str>,
        initial: &[u8],
        contents: Option<&str>,
    ) -> Result<Value, ClusterError> {
        let object = Object::new(cluster, Kind::Value, name)?;
        let initial = Entry::write(&object, initial)?;
        Value::create(object, &initial, "record", contents)
    }

    fn create(
        object: Object,
        content: &[u8],
        form: &str,
        contents: Option<&str>,
    ) -> Result<Value, ClusterError> {
        let mut settings = vec![(FORM, form)];
        settings.extend(contents.map(|contents| (CONTENTS, contents)));
        // Creating it twice is the same as once, so that the call needs no record.
        let call = Call::new(&CREATE, &object)
            .keys(["h", "v"])
            .argument(LAYOUT)
            .argument(content)
            .arguments(settings.iter().flat_map(|(name, value)| [*name, *value]));
        let difference = object.cluster().call(call)?;
        object.refuse_difference(difference, &settings)?;
        Ok(Value {
            object: Arc::new(object),
        })
    }
}
