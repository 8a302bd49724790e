//! An argument that many tasks share, and that is sent once.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use procession_cluster::Cluster;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::Identity;
use crate::{SharedError, Value};

/// How many decoded values a process keeps for the tasks to come.
const KEPT: usize = 8;

/// A value that does not change, written into shared memory once and decoded by each process once.
///
/// It is for what all tasks of a [`Pool`](crate::Pool) need and what is too large to go along with each of them: a model, a
/// table, a configuration. What travels with a task is a handle of a few bytes. The first task that asks for the
/// value in a process has it decoded, and all later ones share what came of it.
///
/// The last few decoded values stay in each process's memory until others take their places.
///
/// # If a process dies
///
/// Nothing happens to the value; the process that replaces it decodes it anew.
///
/// # Examples
///
/// ```
/// use procession::{Pool, Shared, SharedError};
/// use std::collections::HashMap;
///
/// fn translate(dictionary: Shared<HashMap<String, String>>, word: String) -> Result<Option<String>, SharedError> {
///     Ok(dictionary.get()?.get(&word).cloned())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let pool = Pool::new(2)?;
///     let dictionary = Shared::new(HashMap::from([("house".to_owned(), "Haus".to_owned())]))?;
///     let words = ["house", "mouse"].map(|word| (dictionary.clone(), word.to_owned()));
///     let translated = pool.starmap(translate, words)?.into_iter().collect::<Result<Vec<_>, _>>()?;
///     assert_eq!(translated, [Some("Haus".to_owned()), None]);
///     Ok(())
/// }
/// ```
pub struct Shared<T> {
    value: Value<T>,
}

/// What this process has decoded, the latest last; the handle of each is held, so that it means the same.
static DECODED: Mutex<VecDeque<Decoded>> = Mutex::new(VecDeque::new());

struct Decoded {
    identity: Identity,
    value: Arc<dyn Any + Send + Sync>,
    _hold: Box<dyn Any + Send>,
}

impl<T> Shared<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Writes the value into shared memory.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] if it cannot be serialized, [`SharedError::OutOfMemory`] if the session has no room.
    pub fn new(value: T) -> Result<Shared<T>, SharedError> {
        Ok(Shared {
            value: Value::new(value)?,
        })
    }

    pub(crate) fn on_server(cluster: &Cluster, value: T) -> Result<Shared<T>, SharedError> {
        Ok(Shared {
            value: Value::on_server(cluster, None, value)?,
        })
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if it cannot be deserialized.
    pub fn get(&self) -> Result<Arc<T>, SharedError> {
        let identity = self.value.identity();
        let decoded = || DECODED.lock().unwrap_or_else(PoisonError::into_inner);
        let known = decoded()
            .iter()
            .find(|decoded| decoded.identity == identity)
            .map(|decoded| Arc::clone(&decoded.value));
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return Ok(known);
        }
        // Not under the lock, since it is code of the user's. Two threads may do it at the same time.
        let value: Arc<T> = Arc::new(self.value.get()?);
        let displaced = {
            let mut decoded = decoded();
            decoded.push_back(Decoded {
                identity,
                value: Arc::<T>::clone(&value),
                _hold: Box::new(self.value.clone()),
            });
            (decoded.len() > KEPT).then(|| decoded.pop_front())
        };
        drop(displaced);
        Ok(value)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        Shared {
            value: self.value.clone(),
        }
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Shared<T>, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Shared { value })
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.value).finish()
    }
}
