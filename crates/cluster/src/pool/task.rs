//! A task as it lies on the server.

use std::fmt;
use std::time::Duration;

use procession_engine::pool::{Carried, TaskOptions, WorkName};
use serde::{Deserialize, Serialize};

use crate::ClusterError;
use crate::object::Object;
use crate::payload::{self, Remainder};

/// Characters of a client's name.
const CLIENT: usize = 32;
/// Characters of what stands in front of a task, where scripts and those who cannot open it can read it.
const ADDRESS: usize = 1 + CLIENT + 16;

/// What stands in front of a task that is dropped if its client has died, as scripts know it.
const DROPPED: &str = "d";
/// And of one that is carried out nevertheless, as one is that was given up and is to be tried once more. Hence it is not signed.
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
    /// Which program can carry it out: it must not be slipped to another, where the work's name means something else.
    code: String,
    /// What is to be done there.
    pub(crate) work: WorkName,
    pub(crate) timeout: Option<Duration>,
    /// How often it may be begun.
    pub(crate) attempts: u32,
}

impl Task {
    pub(crate) fn new(client: &str, code: &str, is_kept: bool, carried: Carried) -> Task {
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
                code: code.to_owned(),
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

    /// As it lies on the server. In front stands what scripts must know; whom to tell stands once more where it is signed.
    pub(crate) fn seal(&self, object: &Object) -> Result<Vec<u8>, ClusterError> {
        let mut sealed = self.address.to_string().into_bytes();
        let content = sealed.get(DROPPED.len()..).unwrap_or_default().to_vec();
        let mut content = postcard::to_extend(&self.header, content)
            .map_err(|error| ClusterError::protocol(error.to_string()))?;
        content.extend_from_slice(&self.bytes);
        sealed.append(&mut payload::seal(object, &content)?);
        Ok(sealed)
    }

    /// A task as its client gave it.
    pub(crate) fn open(object: &Object, code: &str, sealed: &[u8]) -> Result<Task, ClusterError> {
        let unreadable = || ClusterError::protocol("a task that cannot be read");
        let address = TaskAddress::of(sealed).ok_or_else(unreadable)?;
        let (plain, sealed) = sealed.split_at_checked(ADDRESS).ok_or_else(unreadable)?;
        let content = payload::open(object, sealed.to_vec())?;
        let signed = plain.get(DROPPED.len()..).ok_or_else(unreadable)?;
        let content = content.strip_prefix(signed).ok_or_else(unreadable)?;
        let (header, bytes): (Header, _) =
            postcard::take_from_bytes(content).map_err(|_| unreadable())?;
        if header.form != FORM {
            return Err(ClusterError::protocol(format!(
                "a task of form {}, which another version of procession has written",
                header.form
            )));
        }
        if header.code != code {
            return Err(ClusterError::protocol(format!(
                "a task for the code {} among those for {code}",
                header.code
            )));
        }
        Ok(Task {
            address,
            header,
            bytes: bytes.to_vec(),
        })
    }
}

/// What is to be removed when the task has ended, if its arguments lie elsewhere on the server.
pub(crate) fn leftovers(sealed: &[u8]) -> Option<Remainder> {
    Remainder::of(sealed.get(ADDRESS..)?)
}

impl TaskAddress {
    /// What stands in front of a task; nothing if that is none.
    pub(crate) fn of(sealed: &[u8]) -> Option<TaskAddress> {
        let text = std::str::from_utf8(sealed.get(..ADDRESS)?).ok()?;
        let (kept, rest) = text.split_at_checked(KEPT.len())?;
        let (client, number) = rest.split_at_checked(CLIENT)?;
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
        write!(formatter, "{kept}{}{:016x}", self.client, self.number)
    }
}

#[cfg(test)]
mod tests {
    use procession_test_server::Server;

    use super::*;
    use crate::Cluster;
    use crate::object::Kind;

    fn task(client: &str) -> Task {
        Task {
            address: TaskAddress {
                client: client.to_owned(),
                is_kept: false,
                number: 7,
            },
            header: Header {
                form: FORM,
                code: "code".to_owned(),
                work: WorkName::from_bits(4711),
                timeout: Some(Duration::from_millis(1500)),
                attempts: 3,
            },
            bytes: b"arguments".to_vec(),
        }
    }

    #[test]
    fn a_task_is_read_as_it_was_written_and_only_where_it_belongs() {
        let server = Server::start().unwrap();
        let cluster = Cluster::connect(&server.url().parse().unwrap()).unwrap();
        let object = Object::new(&cluster, Kind::Pool, Some("default")).unwrap();
        let task = task(&"c".repeat(CLIENT));
        let sealed = task.seal(&object).unwrap();
        assert_eq!(Task::open(&object, "code", &sealed).unwrap(), task);
        assert_eq!(TaskAddress::of(&sealed).unwrap(), task.address);
        // It may be carried out for nobody, but nobody else can be told, and no other program runs it.
        let mut kept = sealed.clone();
        kept[0] = b'k';
        assert!(Task::open(&object, "code", &kept).unwrap().address.is_kept);
        let mut other_client = sealed.clone();
        other_client[1] = b'd';
        assert!(Task::open(&object, "code", &other_client).is_err());
        assert!(Task::open(&object, "another code", &sealed).is_err());
        for length in 0..sealed.len() - task.bytes.len() {
            assert!(Task::open(&object, "code", &sealed[..length]).is_err());
        }
    }
}
