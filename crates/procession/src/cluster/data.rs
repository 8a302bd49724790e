//! Dicts, lists, namespaces, values and arrays on a server.

use bytemuck::Pod;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Cluster;
use crate::{Dict, List, Namespace, Shared, SharedArray, SharedError, Value};

impl Cluster {
    /// An empty [`Dict`], or the one of that name.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, or has a dict of that name for other types.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let cluster = procession::connect("redis://127.0.0.1")?;
    /// let stock = cluster.dict::<String, u32>("stock")?;
    /// stock.update("apples", |count| Some(count.unwrap_or(0) + 1))?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn dict<'n, K, V>(
        &self,
        name: impl Into<Option<&'n str>>,
    ) -> Result<Dict<K, V>, SharedError> {
        Dict::on_server(&self.core, name.into())
    }

    /// An empty [`List`], or the one of that name.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, or has a list of that name for another type.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let cluster = procession::connect("redis://127.0.0.1")?;
    /// let found = cluster.list::<String>("found")?;
    /// found.push(&"a needle".to_owned())?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn list<'n, T>(&self, name: impl Into<Option<&'n str>>) -> Result<List<T>, SharedError> {
        List::on_server(&self.core, name.into())
    }

    /// An empty [`Namespace`], or the one of that name.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used.
    pub fn namespace<'n>(
        &self,
        name: impl Into<Option<&'n str>>,
    ) -> Result<Namespace, SharedError> {
        Namespace::on_server(&self.core, name.into())
    }

    /// A [`Value`] that is `initial`; or the one of that name, whatever it is.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] if it cannot be serialized; [`SharedError::Cluster`] if the server cannot be used, or has a value of that name for another
    /// type.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let cluster = procession::connect("redis://127.0.0.1")?;
    /// let tickets = cluster.value("tickets", 0u64)?;
    /// let mine = tickets.fetch_add(1)?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn value<'n, T: Serialize + 'static>(
        &self,
        name: impl Into<Option<&'n str>>,
        initial: T,
    ) -> Result<Value<T>, SharedError> {
        Value::on_server(&self.core, name.into(), initial)
    }

    /// A [`SharedArray`] of `len` times `element`; or the one of that name, whatever is in it.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, has an array of that name of another type or length, or if it would be larger than 512 MiB.
    pub fn array<'n, T: Pod>(
        &self,
        name: impl Into<Option<&'n str>>,
        len: usize,
        element: T,
    ) -> Result<SharedArray<T>, SharedError> {
        SharedArray::on_server(&self.core, name.into(), len, element)
    }

    /// A [`SharedArray`] with the elements of a slice; or the one of that name, whatever is in it.
    ///
    /// # Errors
    ///
    /// As [`array`](Cluster::array).
    pub fn array_from_slice<'n, T: Pod>(
        &self,
        name: impl Into<Option<&'n str>>,
        elements: &[T],
    ) -> Result<SharedArray<T>, SharedError> {
        SharedArray::slice_on_server(&self.core, name.into(), elements)
    }

    /// A value that does not change, and that each process reads and decodes once: see [`Shared`].
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] if it cannot be serialized; [`SharedError::Cluster`] if the server cannot be used, or if the value is larger than 64 MiB.
    pub fn shared<T>(&self, value: T) -> Result<Shared<T>, SharedError>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        Shared::on_server(&self.core, value)
    }
}
