//! Dicts, lists, namespaces, values and arrays.

mod array;
mod dict;
mod list;
mod namespace;
mod shared;
mod value;

use bytemuck::Pod;
use procession::{Dict, List, Namespace, Shared, SharedArray, SharedError, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::objects::Objects;

/// Makes objects of each kind in one place.
impl Objects {
    fn dict<K, V>(&self) -> Result<Dict<K, V>, SharedError> {
        match self {
            Objects::Memory => Dict::new(),
            Objects::Server(cluster) => cluster.dict(None),
        }
    }

    fn list<T>(&self) -> Result<List<T>, SharedError> {
        match self {
            Objects::Memory => List::new(),
            Objects::Server(cluster) => cluster.list(None),
        }
    }

    fn namespace(&self) -> Result<Namespace, SharedError> {
        match self {
            Objects::Memory => Namespace::new(),
            Objects::Server(cluster) => cluster.namespace(None),
        }
    }

    fn value<T: Serialize + 'static>(&self, initial: T) -> Result<Value<T>, SharedError> {
        match self {
            Objects::Memory => Value::new(initial),
            Objects::Server(cluster) => cluster.value(None, initial),
        }
    }

    fn array<T: Pod>(&self, elements: &[T]) -> Result<SharedArray<T>, SharedError> {
        match self {
            Objects::Memory => SharedArray::from_slice(elements),
            Objects::Server(cluster) => cluster.array_from_slice(None, elements),
        }
    }

    fn repeated<T: Pod>(&self, len: usize, element: T) -> Result<SharedArray<T>, SharedError> {
        match self {
            Objects::Memory => SharedArray::new(len, element),
            Objects::Server(cluster) => cluster.array(None, len, element),
        }
    }

    fn shared<T>(&self, value: T) -> Result<Shared<T>, SharedError>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        match self {
            Objects::Memory => Shared::new(value),
            Objects::Server(cluster) => cluster.shared(value),
        }
    }
}

/// How many processes do the same in tests that want several.
const PROCESSES: u32 = 3;

/// Runs a function in several processes at once.
macro_rules! in_processes {
    ($function:expr, $arguments:expr) => {{
        let processes = (0..crate::data::PROCESSES)
            .map(|_| procession::Process::spawn($function, $arguments))
            .collect::<Result<Vec<_>, _>>()?;
        for process in processes {
            process.join()??;
        }
    }};
}
pub(crate) use in_processes;
