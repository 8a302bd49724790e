//! What all handles of an object in one process have in common.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::fork_aware::ForkAware;
use crate::object::Object;

/// What all handles of an object in this process have in common, for all objects of a kind; it ends with the last handle.
pub(crate) struct ProcessWide<T>(ForkAware<Mutex<HashMap<String, Weak<T>>>>);

impl<T: Default + Send + Sync> ProcessWide<T> {
    pub(crate) const fn new() -> ProcessWide<T> {
        ProcessWide(ForkAware::new())
    }

    pub(crate) fn of(&self, object: &Object) -> Arc<T> {
        let known = self.0.get_or_make(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let name = full_name(object);
        if let Some(found) = known.get(&name).and_then(Weak::upgrade) {
            return found;
        }
        known.retain(|_, known| known.strong_count() > 0);
        let made = Arc::new(T::default());
        known.insert(name, Arc::downgrade(&made));
        made
    }
}

/// What an object is called among those of all servers.
pub(crate) fn full_name(object: &Object) -> String {
    format!("{} {}", object.cluster().address().url(), object.key("h"))
}
