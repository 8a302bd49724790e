//! What stands in dicts, lists and values: a user's value, and which version of the entry it is.
//!
//! | bytes | content |
//! |---|---|
//! | 16 | the *stamp*, which no other entry ever has |
//! | 1 | the first byte of the user's value, so that a script can see it |
//! | the rest | the value, sealed |

use crate::object::Object;
use crate::{Cluster, ClusterError, payload};

const STAMP: usize = 16;

/// Which version of an entry, or of a whole object, it was that somebody read.
///
/// Two versions never have the same stamp: a stamp is the name of the process that made the version, which it draws for each of its lives, and a number. A
/// counter on the server would not do: a server that has lost the last moments of its data counts them again, and then two versions would have
/// the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp([u8; STAMP]);

impl Stamp {
    /// A stamp that nothing has yet.
    pub(crate) fn fresh(cluster: &Cluster) -> Result<Stamp, ClusterError> {
        let name = cluster.fresh_name()?;
        match u128::from_str_radix(&name, 16) {
            Ok(number) => Ok(Stamp(number.to_be_bytes())),
            Err(_) => Err(ClusterError::protocol(format!("{name:?} is not a name"))),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What a change demands of the entry that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// It may be or not be.
    #[default]
    Anything,
    /// There must be none.
    Absent,
    /// There must be one.
    Present,
    /// It must be the one that was read.
    Exactly(Stamp),
    /// There must be none, or one whose value does not begin with this byte.
    Unmarked(u8),
}

impl Expect {
    /// As scripts read it.
    pub(crate) fn to_argument(self) -> Vec<u8> {
        match self {
            Expect::Anything => b"*".to_vec(),
            Expect::Absent => b"-".to_vec(),
            Expect::Present => b"+".to_vec(),
            Expect::Exactly(stamp) => [b"=".as_slice(), stamp.bytes()].concat(),
            Expect::Unmarked(mark) => vec![b'!', mark],
        }
    }
}

/// An entry as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which version of it that is.
    pub stamp: Stamp,
    /// The value.
    pub value: Vec<u8>,
}

impl Entry {
    /// An entry of an object as the server keeps it, with a stamp of its own.
    pub(crate) fn write(object: &Object, value: &[u8]) -> Result<Vec<u8>, ClusterError> {
        let stamp = Stamp::fresh(object.cluster())?;
        let sealed = payload::seal(object, value)?;
        let mark = value.first().copied().unwrap_or_default();
        Ok([stamp.bytes(), &[mark], &sealed].concat())
    }

    /// What `write` has written.
    pub(crate) fn read(object: &Object, written: &[u8]) -> Result<Entry, ClusterError> {
        let parts = written.split_first_chunk::<STAMP>();
        let parts = parts.and_then(|(stamp, rest)| Some((*stamp, rest.split_first()?.1)));
        match parts {
            Some((stamp, sealed)) => Ok(Entry {
                stamp: Stamp(stamp),
                value: payload::open(object, sealed.to_vec())?,
            }),
            None => Err(ClusterError::protocol(format!(
                "{object} holds an entry of {} bytes, which is too short",
                written.len()
            ))),
        }
    }

    pub(crate) fn read_optional(
        object: &Object,
        written: Option<Vec<u8>>,
    ) -> Result<Option<Entry>, ClusterError> {
        let entry = written.map(|written| Entry::read(object, &written));
        entry.transpose()
    }
}

/// Refuses a change of so many parts that the server would be held up by it for too long.
///
/// The bytes are those of the parts; each of them counts `overhead` more, for the time that it takes.
pub(crate) fn check_size<'a>(
    parts: impl Iterator<Item = &'a [u8]>,
    overhead: u64,
) -> Result<(), ClusterError> {
    const LIMIT: u64 = 2 * payload::LARGEST as u64 + (1 << 10);
    let bytes: u64 = parts.map(|part| part.len() as u64 + overhead).sum();
    match bytes <= LIMIT {
        true => Ok(()),
        false => Err(ClusterError::TooLarge {
            bytes,
            limit: LIMIT,
        }),
    }
}
