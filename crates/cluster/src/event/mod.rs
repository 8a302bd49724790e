//! An event: processes wait until one of them sets it. The argument is in `README.md`.

#[cfg(test)]
mod script_tests;
mod waiting;

use std::sync::Arc;

use procession_arena::Wait;

use crate::call::Call;
use crate::object::{Kind, Object};
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub use waiting::Waiting;

static SET: Script = script!("set");
static CLEAR: Script = script!("clear");
static LOOK: Script = script!("look");

/// A handle on an event. Clones are the same.
#[derive(Clone, Debug)]
pub struct Event {
    object: Arc<Object>,
}

impl Event {
    /// Makes an event that is not set; or attaches to the one of that name, whatever its state.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like.
    pub fn create(cluster: &Cluster, name: Option<&str>) -> Result<Event, ClusterError> {
        let object = Object::new(cluster, Kind::Event, name)?;
        object.create(&[])?;
        Ok(Event {
            object: Arc::new(object),
        })
    }

    /// A handle on the event that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like. That it is gone is told when it is used.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<Event, ClusterError> {
        Ok(Event {
            object: Arc::new(Object::attach(cluster, Kind::Event, name)?),
        })
    }

    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Whether it is set.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn is_set(&self) -> Result<bool, ClusterError> {
        self.look().map(|look| look.is_set)
    }

    /// Sets it, and wakes all who wait for it.
    ///
    /// # Errors
    ///
    /// As [`is_set`](Self::is_set), and [`ClusterError::Full`].
    pub fn set(&self) -> Result<(), ClusterError> {
        let call = Call::new(&SET, &self.object).keys(["h", "g"]);
        self.object.cluster().call(call).map(drop)
    }

    /// Clears it.
    ///
    /// # Errors
    ///
    /// As [`is_set`](Self::is_set).
    pub fn clear(&self) -> Result<(), ClusterError> {
        let call = Call::new(&CLEAR, &self.object).keys(["h"]);
        self.object.cluster().call(call).map(drop)
    }

    /// Waits until it is set; says whether it was, rather than that the time is over.
    ///
    /// # Errors
    ///
    /// As [`is_set`](Self::is_set).
    pub fn wait(&self, wait: Wait) -> Result<bool, ClusterError> {
        self.begin_wait()?.wait(wait)
    }

    /// Begins to wait: what is set from now on is noticed by [`Waiting::wait`].
    ///
    /// # Errors
    ///
    /// As [`is_set`](Self::is_set).
    pub fn begin_wait(&self) -> Result<Waiting, ClusterError> {
        Ok(Waiting::new(self, self.look()?))
    }

    fn look(&self) -> Result<Look, ClusterError> {
        let call = Call::new(&LOOK, &self.object).keys(["h", "g"]);
        let [is_set, times, signal] = self.object.cluster().call(call)?.into_parts()?;
        Ok(Look {
            is_set: is_set.integer()? == 1,
            times: times.count()?,
            signal: signal.into_text()?,
        })
    }
}

/// What was seen of an event at one moment.
#[derive(Clone, Debug)]
struct Look {
    is_set: bool,
    times: u64,
    signal: String,
}
