//! A pool on its server, and the steps that clients and hosts take on it. See `README.md`.

mod attendance;
#[cfg(test)]
mod process_tests;
mod processes;
mod serving;
mod streams;
mod submitting;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use processes::{Met, Told};
pub(crate) use serving::{Answer, Fetched};
pub(crate) use streams::{BEGINNING, Entry};
pub(crate) use submitting::Submitted;

use super::member::HostMember;
use crate::object::{Kind, Object};
use crate::reply::Reply;
use crate::{Cluster, ClusterError};

/// Tasks, answers or ids in one call.
pub(crate) const AT_ONCE: usize = 500;
/// Bytes of tasks or answers after which a call takes no more.
pub(crate) const BYTES_AT_ONCE: usize = 256 << 10;

/// How long replies wait for a client that is not heard from; longer than any lease, since removing it removes them.
const REPLIES_KEPT: Duration = Duration::from_secs(3600);

/// The first word of a refusal: whoever acts is not, or no longer, registered.
const ABSENT: &str = "ABSENT";

/// A pool on its server, as those see it who put tasks into it or carry out tasks of one code.
///
/// It needs no creation, and comes back if the server has lost its data: it is what its clients and hosts make of it.
#[derive(Debug)]
pub(crate) struct Board {
    object: Object,
    code: String,
    ready: String,
    wake: String,
}

impl Board {
    /// `code` says which program can carry the tasks out.
    pub(crate) fn new(cluster: &Cluster, name: &str, code: &str) -> Result<Board, ClusterError> {
        Board::of(cluster, Kind::Pool, name, code)
    }

    fn of(cluster: &Cluster, kind: Kind, name: &str, code: &str) -> Result<Board, ClusterError> {
        Ok(Board {
            object: Object::new(cluster, kind, Some(name))?,
            code: code.to_owned(),
            ready: format!("r:{code}"),
            wake: format!("w:{code}"),
        })
    }

    pub(crate) fn object(&self) -> &Object {
        &self.object
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        self.object.cluster()
    }

    /// The same pool for another code.
    fn of_code(&self, host: &HostMember) -> (String, String) {
        (format!("r:{}", host.code), format!("w:{}", host.code))
    }

    /// Waits for a hint that there may be a task of the code.
    pub(crate) fn wait_for_task(&self, slice: Duration) -> Result<(), ClusterError> {
        self.cluster()
            .wait_for_token(&self.object, &self.wake, slice)
    }

    /// What all registered hosts say of themselves.
    pub(crate) fn hosts(&self) -> Result<Vec<super::member::Description>, ClusterError> {
        let key = self.object.key("i");
        let texts = self
            .cluster()
            .command(&self.object, [b"HVALS", key.as_bytes()])?;
        let texts = texts.into_array()?.into_iter().map(Reply::into_text);
        texts
            .map(|text| Ok(super::member::Description::parse(&text?)))
            .collect()
    }
}

/// Whether a step was refused since whoever takes it is not registered.
pub(crate) fn is_absence(error: &ClusterError) -> bool {
    matches!(error, ClusterError::Refused { code, .. } if code == ABSENT)
}

/// Answers to a list, each yes or no.
fn flags(reply: Reply) -> Result<Vec<bool>, ClusterError> {
    let flags = reply.into_array()?.into_iter();
    flags.map(|flag| Ok(flag.integer()? == 1)).collect()
}
