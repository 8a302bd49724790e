//! A process as it is asked for.

use procession_engine::CarriedCommand;
use serde::{Deserialize, Serialize};

use crate::object::Object;
use crate::{ClusterError, payload};

/// Characters of a process's name on the server.
const NAME: usize = 32;

/// A process that a host is to start, in front of its encoded arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// What it is called on the server: a name that nothing else has.
    pub(crate) id: String,
    pub(crate) command: CarriedCommand,
}

impl Request {
    /// The arguments of the task that starts it.
    pub(crate) fn encode(&self, arguments: &[u8]) -> Result<Vec<u8>, ClusterError> {
        let mut bytes =
            postcard::to_stdvec(self).map_err(|error| ClusterError::protocol(error.to_string()))?;
        bytes.extend_from_slice(arguments);
        Ok(bytes)
    }

    /// What a task asks for, and the arguments of the process.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Request, &[u8]), ClusterError> {
        match postcard::take_from_bytes::<Request>(bytes) {
            Ok((request, arguments)) if request.id.len() == NAME => Ok((request, arguments)),
            _ => Err(ClusterError::protocol("a process that cannot be read")),
        }
    }
}

/// What a client is told of a process of its own that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// What the process is called on the server.
    pub(crate) id: String,
    /// What the host is called that runs it.
    pub(crate) host: String,
    /// The number by which that machine's system knows it.
    pub(crate) pid: u32,
}

impl Begun {
    /// As it goes to the server.
    pub(crate) fn seal(&self, object: &Object) -> Result<Vec<u8>, ClusterError> {
        let content = postcard::to_stdvec(self);
        let content = content.map_err(|error| ClusterError::protocol(error.to_string()))?;
        payload::seal(object, &content)
    }

    /// As the client gets it.
    pub(crate) fn open(object: &Object, sealed: Vec<u8>) -> Result<Begun, ClusterError> {
        let content = payload::take(object, sealed)?;
        postcard::from_bytes(&content).map_err(|error| ClusterError::protocol(error.to_string()))
    }
}
