//! Which way tasks go to their workers, and results come home.

use std::sync::Arc;

use procession_cluster::Cluster;
use procession_engine::PoolError;
use procession_engine::pool::{Item, Outcome, TaskOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, CodecError};
use crate::handle::{FromServer, ToServer};

/// How often a task on a server is run again if nothing else is said: hosts come and go.
const RETRIES_ON_SERVER: u32 = 2;

/// Which way tasks go to their workers, and results come home.
#[derive(Clone, Debug)]
pub(super) enum Route {
    /// By shared memory, to processes of this session.
    Memory,
    /// By a server, to hosts that may be other machines.
    Server(Cluster),
}

impl Route {
    /// What holds for tasks of which nothing else is said.
    pub(super) fn options(&self) -> TaskOptions {
        match self {
            Route::Memory => TaskOptions::default(),
            Route::Server(_) => TaskOptions {
                retries: RETRIES_ON_SERVER,
                ..TaskOptions::default()
            },
        }
    }

    /// Makes a task's arguments ready to be submitted.
    pub(super) fn encode<T: Serialize + 'static>(&self, item: &mut T) -> Result<Item, PoolError> {
        let _destination = match self {
            Route::Memory => None,
            Route::Server(cluster) => Some(ToServer::begin(cluster)),
        };
        let (bytes, handles) =
            codec::encode_last(item).map_err(|CodecError { type_name, reason }| {
                PoolError::ArgumentEncode { type_name, reason }
            })?;
        Item::new(bytes, &handles)
    }

    /// The result in an outcome.
    ///
    /// Handles in it are attached by their own `Deserialize`, while the outcome still holds their objects.
    pub(super) fn decode<R: DeserializeOwned + 'static>(
        &self,
        outcome: Outcome,
    ) -> Result<R, PoolError> {
        let mut produced = outcome?;
        let _origin = match self {
            Route::Memory => None,
            Route::Server(cluster) => Some(FromServer::begin(cluster)),
        };
        let decoded = match Arc::get_mut(&mut produced) {
            Some(produced) => codec::decode_owned(produced.bytes_mut()),
            None => codec::decode_copy(produced.bytes()),
        };
        decoded.map_err(|CodecError { type_name, reason }| PoolError::ResultDecode {
            type_name,
            reason,
        })
    }
}
