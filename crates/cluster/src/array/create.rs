//! Creating an array, or finding it made.

use std::sync::Arc;

use super::SharedArray;
use crate::call::Call;
use crate::cluster::LAYOUT;
use crate::object::{CONTENTS, Kind, Object};
use crate::pages::COPY_LIFE;
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub(super) static CREATE: Script = script!("create");

/// The longest string of a server.
const LARGEST: u64 = 512 << 20;
/// Bytes that are written aside by one call.
const PORTION: usize = 256 << 10;

/// What is in an array in the beginning.
#[derive(Clone, Copy, Debug)]
pub enum Initial<'a> {
    /// One element, so many times.
    Repeated(&'a [u8], u64),
    /// Elements of so many bytes each, one after the other.
    Elements(&'a [u8], u64),
}

impl Initial<'_> {
    fn len(self) -> u64 {
        match self {
            Initial::Repeated(_, count) => count,
            Initial::Elements(elements, size) => (elements.len() as u64)
                .checked_div(size)
                .unwrap_or_default(),
        }
    }

    fn element_size(self) -> u64 {
        match self {
            Initial::Repeated(element, _) => element.len() as u64,
            Initial::Elements(_, size) => size,
        }
    }
}

impl SharedArray {
    /// Makes an array; or attaches to the one of that name, whatever is in it.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if there is one of that name of another length, or for other contents; [`ClusterError::TooLarge`] if it has more than
    /// 512 MiB; [`ClusterError::Full`], [`ClusterError::Unavailable`] and its like.
    pub fn create(
        cluster: &Cluster,
        name: Option<&str>,
        initial: Initial<'_>,
        contents: Option<&str>,
    ) -> Result<SharedArray, ClusterError> {
        let array = SharedArray {
            object: Arc::new(Object::new(cluster, Kind::Array, name)?),
            len: initial.len(),
            element_size: initial.element_size(),
            lock: Arc::default(),
        };
        if array.bytes() > LARGEST {
            return Err(ClusterError::TooLarge {
                bytes: array.bytes(),
                limit: LARGEST,
            });
        }
        let staged = format!("stage-{}:v", cluster.fresh_name()?);
        let (size, len) = (array.element_size.to_string(), array.len.to_string());
        let mut settings = vec![("size", size.as_str()), ("len", len.as_str())];
        settings.extend(contents.map(|contents| (CONTENTS, contents)));
        let element = match initial {
            Initial::Repeated(element, _) => element,
            Initial::Elements(_, _) => &[],
        };
        loop {
            // Creating it twice is the same as once, so that the call needs no record.
            let call = Call::new(&CREATE, &array.object)
                .keys(["h", "v", &staged])
                .argument(LAYOUT)
                .argument(array.bytes())
                .argument(element)
                .arguments(settings.iter().flat_map(|(name, value)| [*name, *value]));
            let difference = cluster.call(call)?;
            // There is no such array yet; or what was written aside took so long that the server has thrown it away.
            if difference.is_nil() {
                array.stage(&staged, initial)?;
                continue;
            }
            array.object.refuse_difference(difference, &settings)?;
            return Ok(array);
        }
    }

    /// Writes elements aside.
    fn stage(&self, part: &str, initial: Initial<'_>) -> Result<(), ClusterError> {
        let Initial::Elements(elements, _) = initial else {
            return Ok(());
        };
        let key = self.object.key(part);
        let life = COPY_LIFE.as_millis().to_string();
        let cluster = self.object.cluster();
        for (number, portion) in elements.chunks(PORTION).enumerate() {
            let at = (number * PORTION).to_string();
            let set: [&[u8]; 4] = [b"SETRANGE", key.as_bytes(), at.as_bytes(), portion];
            cluster.command(&self.object, set)?;
            let expire: [&[u8]; 3] = [b"PEXPIRE", key.as_bytes(), life.as_bytes()];
            cluster.command(&self.object, expire)?;
        }
        Ok(())
    }

    /// A handle on the array that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<SharedArray, ClusterError> {
        let object = Object::attach(cluster, Kind::Array, name)?;
        let [len, size] = object.settings(["len", "size"])?;
        let number = |text: Option<String>| {
            text.and_then(|text| text.parse().ok())
                .ok_or_else(|| ClusterError::protocol(format!("{object} has no length")))
        };
        let (len, element_size) = (number(len)?, number(size)?);
        Ok(SharedArray {
            object: Arc::new(object),
            len,
            element_size,
            lock: Arc::default(),
        })
    }

    /// Makes sure that the array was created for such contents.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`], [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn check_contents(&self, contents: &str) -> Result<(), ClusterError> {
        self.object.check_contents(contents)
    }
}
