//! The words that parent and child exchange over the control socket.
//!
//! `Hello` carries the sender's build before anything that depends on the build, and reports are
//! plain bytes, so that two different builds still understand why they do not fit.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use procession_arena::ProcessId;
use procession_arena::sys::image::BuildId;
use procession_arena::sys::process::Pidfd;
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"processi";
const PROTOCOL: u32 = 1;

/// What a started process is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Role {
    /// A child with this slot of the session; its work lies in the slot.
    Child { slot: u16, generation: u32 },
    /// A process that makes others.
    ForkServer,
}

impl Role {
    pub(super) fn child(process: ProcessId) -> Role {
        Role::Child {
            slot: process.index,
            generation: process.generation,
        }
    }
}

/// The descriptors that come with the greeting of a child.
pub(super) struct ChildDescriptors<Descriptor, Process> {
    pub(super) memory: Descriptor,
    /// Standard input, output and error.
    pub(super) standard: [Descriptor; 3],
    pub(super) parent: Process,
}

impl<'a> ChildDescriptors<BorrowedFd<'a>, &'a Pidfd> {
    pub(super) fn to_send(&self) -> [BorrowedFd<'a>; 5] {
        let [input, output, error] = self.standard;
        [self.memory, input, output, error, self.parent.as_fd()]
    }
}

impl ChildDescriptors<OwnedFd, Pidfd> {
    pub(super) fn from_received(descriptors: Vec<OwnedFd>) -> Result<Self, Vec<OwnedFd>> {
        let [memory, input, output, error, parent]: [OwnedFd; 5] = descriptors.try_into()?;
        Ok(ChildDescriptors {
            memory,
            standard: [input, output, error],
            parent: parent.into(),
        })
    }
}

/// Writes the greeting of a process with the build `own`.
pub(super) fn encode_hello(own: &BuildId, role: Role) -> Result<Vec<u8>, String> {
    let id = own.as_bytes();
    let length = u8::try_from(id.len()).map_err(|_| "the build id is too long".to_owned())?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&PROTOCOL.to_le_bytes());
    bytes.push(length);
    bytes.extend_from_slice(id);
    postcard::to_extend(&role, bytes).map_err(|error| error.to_string())
}

/// Why a greeting is not acted upon.
#[derive(Debug, PartialEq)]
pub(super) enum HelloError {
    /// It comes from another build.
    OtherBuild,
    /// It is no greeting at all.
    Unintelligible,
}

/// Reads a greeting in a process with the build `own`.
pub(super) fn decode_hello(bytes: &[u8], own: &BuildId) -> Result<Role, HelloError> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or(HelloError::Unintelligible)?;
    let rest = rest
        .strip_prefix(&PROTOCOL.to_le_bytes())
        .ok_or(HelloError::OtherBuild)?;
    let (length, rest) = rest.split_first().ok_or(HelloError::Unintelligible)?;
    let (id, role) = rest
        .split_at_checked(usize::from(*length))
        .ok_or(HelloError::Unintelligible)?;
    if id != own.as_bytes() {
        return Err(HelloError::OtherBuild);
    }
    postcard::from_bytes(role).map_err(|_| HelloError::Unintelligible)
}

/// What is told to the parent of a child.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Report {
    /// By the child: it takes up its work.
    Ready,
    /// By the child: it is of another build, namely this one.
    OtherBuild(BuildId),
    /// By the child: it cannot take up its work.
    Refused(String),
    /// By the fork server: the child has ended in this way.
    Ended(ExitStatus),
}

const READY: u8 = b'R';
const OTHER_BUILD: u8 = b'B';
const REFUSED: u8 = b'X';
const ENDED: u8 = b'E';

/// A reason longer than this is cut, so that it fits into one message of a socket.
const LONGEST_REASON: usize = 2048;

impl Report {
    pub(super) fn encode(&self) -> Vec<u8> {
        let (kind, content): (u8, &[u8]) = match self {
            Report::Ready => (READY, &[]),
            Report::OtherBuild(build) => (OTHER_BUILD, build.as_bytes()),
            Report::Refused(reason) => (REFUSED, shorten(reason).as_bytes()),
            Report::Ended(status) => (ENDED, &status.into_raw().to_le_bytes()),
        };
        [&[kind], content].concat()
    }

    /// `None` if the bytes are no report.
    pub(super) fn decode(bytes: &[u8]) -> Option<Report> {
        let (kind, content) = bytes.split_first()?;
        match *kind {
            READY => Some(Report::Ready),
            OTHER_BUILD => Some(Report::OtherBuild(BuildId::from_bytes(content))),
            REFUSED => Some(Report::Refused(
                String::from_utf8_lossy(content).into_owned(),
            )),
            ENDED => {
                let raw = i32::from_le_bytes(content.try_into().ok()?);
                Some(Report::Ended(ExitStatus::from_raw(raw)))
            }
            _ => None,
        }
    }
}

fn shorten(reason: &str) -> &str {
    let end = (0..=LONGEST_REASON)
        .rev()
        .find(|&end| reason.is_char_boundary(end));
    end.and_then(|end| reason.get(..end)).unwrap_or(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: Role = Role::Child {
        slot: 3,
        generation: 70_000,
    };

    #[test]
    fn a_greeting_is_understood_by_the_same_build_only() {
        let own = BuildId::from_bytes(b"Gone");
        let other = BuildId::from_bytes(b"Gother");
        let hello = encode_hello(&own, ROLE).unwrap();
        assert_eq!(decode_hello(&hello, &own), Ok(ROLE));
        assert_eq!(decode_hello(&hello, &other), Err(HelloError::OtherBuild));
    }

    #[test]
    fn what_is_no_greeting_is_told_from_another_protocol() {
        let own = BuildId::from_bytes(b"Gone");
        let mut hello = encode_hello(&own, ROLE).unwrap();
        assert_eq!(
            decode_hello(b"GET / HTTP", &own),
            Err(HelloError::Unintelligible)
        );
        assert_eq!(
            decode_hello(&hello[..14], &own),
            Err(HelloError::Unintelligible)
        );
        hello[8] ^= 0xff;
        assert_eq!(decode_hello(&hello, &own), Err(HelloError::OtherBuild));
    }

    #[test]
    fn reports_survive_the_journey() {
        let reports = [
            Report::Ready,
            Report::OtherBuild(BuildId::from_bytes(b"Gother")),
            Report::Refused("no room".to_owned()),
            Report::Ended(ExitStatus::from_raw(9)),
        ];
        for report in reports {
            assert_eq!(Report::decode(&report.encode()), Some(report));
        }
        assert_eq!(Report::decode(b""), None);
        assert_eq!(Report::decode(b"?"), None);
        assert_eq!(Report::decode(b"E12"), None);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let reason = "包".repeat(LONGEST_REASON);
        let Some(Report::Refused(cut)) = Report::decode(&Report::Refused(reason).encode()) else {
            panic!("a refusal stays one");
        };
        assert!(cut.len() <= LONGEST_REASON && cut.chars().all(|character| character == '包'));
    }
}
