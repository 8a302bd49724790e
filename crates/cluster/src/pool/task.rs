//! A task as it lies on the server.

use std::fmt;
use std::time::Duration;

use procession_engine::pool::{Carried, TaskOptions, WorkName};
use serde::{Deserialize, Serialize};

use crate::object::Object;
use crate::{ClusterError, payload};

/// Characters of a client's name.
const CLIENT: usize = 32;
/// Characters of what stands in front of a task, where scripts and those who cannot open it can read it.
const ADDRESS: usize = CLIENT + 1 + 16;

/// What stands behind the client's name of a task that is dropped if its client has died, as scripts know it.
const DROPPED: &str = "d";
/// And of one that is carried out nevertheless.
const KEPT: &str = "k";

/// The form in which tasks are written.
const FORM: u8 = 1;

/// Whom to tell what comes of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskAddress {
    pub(crate) client: String,
    /// The task is carried out even if the client has died.
    pub(crate) is_kept: bool,
    /// The client's name for it.
    pub(crate) number: u64,
}

/// A task as it lies on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) address: TaskAddress,
    pub(crate) header: Header,
    /// The encoded arguments.
    pub(crate) bytes: Vec<u8>,
}

/// What a host must know about a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    form: u8,
    /// What is to be done, in hosts that run the same code.
    pub(crate) work: WorkName,
    pub(crate) timeout: Option<Duration>,
    /// How often it may be begun.
    pub(crate) attempts: u32,
}

impl Task {
    pub(crate) fn new(client: &str, is_kept: bool, carried: Carried) -> Task {
        let Carried {
            number,
            work,
            bytes,
            options,
            ..
        } = carried;
        Task {
            address: TaskAddress {
                client: client.to_owned(),
                is_kept,
                number,
            },
            header: Header {
                form: FORM,
                work,
                timeout: options.timeout,
                attempts: options.retries.saturating_add(1),
            },
            bytes,
        }
    }

    /// What a local pool is to be told about it: whether it is run again is not for that to decide.
    pub(crate) fn options(&self) -> TaskOptions {
        TaskOptions {
            timeout: self.header.timeout,
            ..TaskOptions::default()
        }
    }

    /// As it lies on the server. In front stands what scripts must know; it stands once more where it is signed.
    pub(crate) fn seal(&self, object: &Object) -> Result<Vec<u8>, ClusterError> {
        let mut sealed = self.address.to_string().into_bytes();
        let mut content = sealed.clone();
        content = postcard::to_extend(&self.header, content)
            .map_err(|error| ClusterError::protocol(error.to_string()))?;
        content.extend_from_slice(&self.bytes);
        sealed.append(&mut payload::seal(object, &content)?);
        Ok(sealed)
    }

    /// A task as its client gave it.
    pub(crate) fn open(object: &Object, sealed: &[u8]) -> Result<Task, ClusterError> {
        let unreadable = || ClusterError::protocol("a task that cannot be read");
        let address = TaskAddress::of(sealed).ok_or_else(unreadable)?;
        let (plain, sealed) = sealed.split_at_checked(ADDRESS).ok_or_else(unreadable)?;
        let content = payload::open(object, sealed.to_vec())?;
        let content = content.strip_prefix(plain).ok_or_else(unreadable)?;
        let (header, bytes): (Header, _) =
            postcard::take_from_bytes(content).map_err(|_| unreadable())?;
        if header.form != FORM {
            return Err(ClusterError::protocol(format!(
                "a task of form {}, which another version of procession has written",
                header.form
            )));
        }
        Ok(Task {
            address,
            header,
            bytes: bytes.to_vec(),
        })
    }
}

impl TaskAddress {
    /// What stands in front of a task; nothing if that is none.
    pub(crate) fn of(sealed: &[u8]) -> Option<TaskAddress> {
        let text = std::str::from_utf8(sealed.get(..ADDRESS)?).ok()?;
        let (client, rest) = text.split_at_checked(CLIENT)?;
        let (kept, number) = rest.split_at_checked(1)?;
        Some(TaskAddress {
            client: client.to_owned(),
            is_kept: kept == KEPT,
            number: u64::from_str_radix(number, 16).ok()?,
        })
    }
}

impl fmt::Display for TaskAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = if self.is_kept { KEPT } else { DROPPED };
        write!(formatter, "{}{kept}{:016x}", self.client, self.number)
    }
}
