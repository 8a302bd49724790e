//! Where a manager makes its objects, and how its handle travels.

use std::fmt;
use std::sync::Arc;

use procession_engine::Host;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Manager, session};
use crate::handle::{self, Arrived};
use crate::{Cluster, Event, ProxyError, SharedError};

/// Where a manager makes its objects.
#[derive(Clone)]
pub(super) enum Place {
    /// In the session's memory; the host keeps what cannot lie there.
    Memory(Arc<Host>),
    /// On a server.
    Server {
        cluster: Cluster,
        /// Set when the manager was shut down; its name there is the manager's.
        end: Event,
    },
}

impl Place {
    pub(super) fn memory(host: Host) -> Place {
        Place::Memory(Arc::new(host))
    }

    /// What keeps values of the user's own types.
    pub(super) fn host(&self) -> Result<&Host, ProxyError> {
        match self {
            Place::Memory(host) => Ok(host),
            Place::Server { .. } => Err(ProxyError::NotOnServer),
        }
    }

    pub(super) fn shut_down(&self) -> Result<(), ProxyError> {
        match self {
            Place::Memory(host) => Ok(host.shut_down()?),
            Place::Server { end, .. } => end.set().map_err(on_server),
        }
    }

    pub(super) fn is_shut_down(&self) -> Result<bool, ProxyError> {
        match self {
            Place::Memory(host) => host.is_shut_down().map_err(session),
            Place::Server { end, .. } => end.is_set().map_err(on_server),
        }
    }
}

fn on_server(error: SharedError) -> ProxyError {
    match error {
        SharedError::Cluster(error) => ProxyError::Cluster(error),
        other => ProxyError::Session {
            reason: other.to_string(),
        },
    }
}

impl Manager {
    pub(crate) fn on_server(cluster: &Cluster) -> Result<Manager, SharedError> {
        Ok(Manager {
            place: Place::Server {
                cluster: cluster.clone(),
                end: cluster.event(None)?,
            },
        })
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Memory(host) => write!(formatter, "{}", host.handle()),
            Place::Server { cluster, .. } => cluster.fmt(formatter),
        }
    }
}

/// A manager travels by procession alone; anywhere else, serializing it is an error.
impl Serialize for Manager {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.place {
            Place::Memory(host) => handle::serialize(host.handle(), serializer),
            Place::Server { end, .. } => end.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Manager {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Manager, D::Error> {
        let place = match handle::deserialize_any(deserializer)? {
            Arrived::Memory(handle) => {
                Place::memory(Host::attach(handle).map_err(de::Error::custom)?)
            }
            Arrived::Server(name) => {
                let core = name.cluster().map_err(de::Error::custom)?;
                let end = Event::attach_on_server(&core, &name.name).map_err(de::Error::custom)?;
                Place::Server {
                    cluster: Cluster { core },
                    end,
                }
            }
        };
        Ok(Manager { place })
    }
}
