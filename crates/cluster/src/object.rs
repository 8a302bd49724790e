//! What an object is called on the server.

mod create;

use std::fmt;

pub(crate) use create::CONTENTS;

use crate::address::is_plain_name;
use crate::call::Effort;
use crate::cluster::Presence;
use crate::fork_aware::ForkAware;
use crate::slot::slot_of;
use crate::{Cluster, ClusterError};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// A queue, joinable or not.
    Queue,
    /// A pool of workers on many machines.
    Pool,
    /// A lock, reentrant or not.
    Lock,
    /// A semaphore, bounded or not.
    Semaphore,
    /// A condition.
    Condition,
    /// An event.
    Event,
    /// A barrier.
    Barrier,
    /// A dict or a namespace.
    Dict,
    /// A list.
    List,
    /// A value.
    Value,
    /// An array.
    Array,
    /// The processes that hosts have started for others.
    Process,
    /// The list of all objects that have no name.
    Census,
}

impl Kind {
    /// All that users have.
    pub const ALL: [Kind; 12] = [
        Kind::Queue,
        Kind::Pool,
        Kind::Lock,
        Kind::Semaphore,
        Kind::Condition,
        Kind::Event,
        Kind::Barrier,
        Kind::Dict,
        Kind::List,
        Kind::Value,
        Kind::Array,
        Kind::Process,
    ];

    /// What stands for it in keys.
    pub fn prefix(self) -> &'static str {
        match self {
            Kind::Queue => "q",
            Kind::Pool => "pool",
            Kind::Lock => "l",
            Kind::Semaphore => "s",
            Kind::Condition => "c",
            Kind::Event => "e",
            Kind::Barrier => "b",
            Kind::Dict => "d",
            Kind::List => "t",
            Kind::Value => "v",
            Kind::Array => "y",
            Kind::Process => "p",
            Kind::Census => "anonymous",
        }
    }

    /// The kind for which that stands.
    pub fn of_prefix(prefix: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.prefix() == prefix)
    }

    /// What users call it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Queue => "queue",
            Kind::Pool => "pool",
            Kind::Lock => "lock",
            Kind::Semaphore => "semaphore",
            Kind::Condition => "condition",
            Kind::Event => "event",
            Kind::Barrier => "barrier",
            Kind::Dict => "dict",
            Kind::List => "list",
            Kind::Value => "value",
            Kind::Array => "array",
            Kind::Process => "process",
            Kind::Census => "census",
        }
    }

    /// The parts that every object of the kind may have.
    pub(crate) fn parts(self) -> &'static [&'static str] {
        match self {
            Kind::Queue => &["h", "r", "m", "a", "c", "w", "b", "j", "d"],
            Kind::Pool | Kind::Process => &["h", "m", "a", "b", "c", "k", "i", "x", "d"],
            Kind::Lock => &["h", "w"],
            Kind::Semaphore => &["h", "z", "f", "w"],
            Kind::Condition => crate::condition::PARTS,
            Kind::Event => &["h", "g"],
            Kind::Barrier => &["h", "z", "g", "p"],
            Kind::Dict => &["h", "v", "o"],
            Kind::List => &["h", "v"],
            Kind::Value | Kind::Array => &["h", "v"],
            Kind::Census => &["z"],
        }
    }

    /// Sorted sets whose members name further parts, and what these begin with.
    pub(crate) fn listed_parts(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Kind::Queue => &[("c", "l:")],
            Kind::Pool | Kind::Process => &[("b", "r:"), ("b", "w:"), ("c", "l:"), ("k", "rep:")],
            _ => &[],
        }
    }
}

/// A handle on an object: while a process has one, an object without a name goes on to exist.
pub struct Object {
    cluster: Cluster,
    kind: Kind,
    name: String,
    /// Of an object without a name: what tells the server that this process uses it.
    presence: Option<ForkAware<Presence>>,
}

impl Object {
    /// A handle on the object of that name, or without one on a new object that ends when nobody uses it any more.
    ///
    /// Whether it exists on the server is for its kind to see to.
    pub(crate) fn new(
        cluster: &Cluster,
        kind: Kind,
        name: Option<&str>,
    ) -> Result<Object, ClusterError> {
        match name {
            Some(name) => Ok(Object::absent(cluster, kind, &tame(name))),
            None => Object::anonymous(cluster, kind, format!("~{}", cluster.fresh_name()?)),
        }
    }

    /// A handle on the object that another handle names.
    pub(crate) fn attach(
        cluster: &Cluster,
        kind: Kind,
        name: &str,
    ) -> Result<Object, ClusterError> {
        match name.starts_with('~') {
            true => Object::anonymous(cluster, kind, name.to_owned()),
            false => Ok(Object::absent(cluster, kind, name)),
        }
    }

    /// A handle on an object that belongs to this one, and is called after it so that no user's can be.
    pub(crate) fn companion(&self, kind: Kind) -> Result<Object, ClusterError> {
        match self.is_anonymous() {
            // Nobody else has drawn that name.
            true => Object::attach(&self.cluster, kind, &self.name),
            // A colon is in no name that a user gives.
            false => {
                let name = format!("{}:{}", self.kind.prefix(), self.name);
                Ok(Object::absent(&self.cluster, kind, &name))
            }
        }
    }

    fn anonymous(cluster: &Cluster, kind: Kind, name: String) -> Result<Object, ClusterError> {
        let mut object = Object::absent(cluster, kind, &name);
        object.presence = Some(ForkAware::new());
        object.be_present()?;
        Ok(object)
    }

    /// A handle that keeps nothing.
    pub(crate) fn absent(cluster: &Cluster, kind: Kind, name: &str) -> Object {
        Object {
            cluster: cluster.clone(),
            kind,
            name: name.to_owned(),
            presence: None,
        }
    }

    /// A handle that keeps nothing, by the name that users give to the object, or under which it was found on the server.
    pub(crate) fn found(cluster: &Cluster, kind: Kind, name: &str) -> Object {
        let is_hash =
            |name: &str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_key = name.starts_with('~') || name.strip_prefix(HASHED).is_some_and(is_hash);
        let key = if is_key { name.to_owned() } else { tame(name) };
        Object::absent(cluster, kind, &key)
    }

    /// The list of all objects that have no name.
    pub(crate) fn census(cluster: &Cluster) -> Object {
        Object::absent(cluster, Kind::Census, "objects")
    }

    /// Makes sure that the server knows of this process's interest; in a copy made by `fork` it does not yet.
    pub(crate) fn be_present(&self) -> Result<(), ClusterError> {
        let Some(presence) = &self.presence else {
            return Ok(());
        };
        presence
            .get_or_try_make(|| self.cluster.note_presence(self.kind, &self.name))
            .map(drop)
    }

    /// Removes the object from the server, for everybody. Whoever uses it afterwards is told that it is gone.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like. Removing what does not exist is no error.
    ///
    /// # If a process dies
    ///
    /// Within `unlink`: the object is gone or not; what is left of it is removed by unlinking it again.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.unlink_with(Effort::Patient)
    }

    pub(crate) fn unlink_with(&self, effort: Effort) -> Result<(), ClusterError> {
        let header = self.key("h");
        let mut keys: Vec<String> = Vec::new();
        for (list, prefix) in self.kind.listed_parts() {
            let list = self.key(list);
            let range: [&[u8]; 4] = [b"ZRANGE", list.as_bytes(), b"0", b"-1"];
            let members = self.cluster.command_on(&header, range, effort)?;
            for member in members.into_array()? {
                keys.push(self.key(&format!("{prefix}{}", member.into_text()?)));
            }
        }
        keys.extend(self.kind.parts().iter().map(|part| self.key(part)));
        self.unlink_keys(&keys, effort)
    }

    /// Removes some of its parts.
    pub(crate) fn unlink_parts(&self, parts: &[String]) -> Result<(), ClusterError> {
        let keys: Vec<_> = parts.iter().map(|part| self.key(part)).collect();
        self.unlink_keys(&keys, Effort::Patient)
    }

    fn unlink_keys(&self, keys: &[String], effort: Effort) -> Result<(), ClusterError> {
        let parts: Vec<&[u8]> = [b"UNLINK".as_slice()]
            .into_iter()
            .chain(keys.iter().map(String::as_bytes))
            .collect();
        let header = self.key("h");
        self.cluster.change_on(&header, &parts, effort).map(drop)
    }

    /// Where it is.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it ends when nobody uses it any more.
    pub fn is_anonymous(&self) -> bool {
        self.presence.is_some()
    }

    /// The slot in which all its parts are.
    pub(crate) fn slot(&self) -> u16 {
        slot_of(self.key("h").as_bytes())
    }

    /// The key of one of its parts.
    pub(crate) fn key(&self, part: &str) -> String {
        key(
            self.cluster.address().namespace(),
            self.kind,
            &self.name,
            part,
        )
    }

    /// The error that says that it does not exist.
    pub(crate) fn gone(&self) -> ClusterError {
        ClusterError::Gone {
            object: self.to_string(),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Object")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the {} {:?}", self.kind.name(), self.name)
    }
}

/// The key of a part of an object; the braces make that all its parts are on one node.
pub(crate) fn key(namespace: &str, kind: Kind, name: &str, part: &str) -> String {
    format!("pc:{namespace}:{{{}:{name}}}:{part}", kind.prefix())
}

/// What stands before a name's hash; the colon keeps it apart from all plain names.
const HASHED: &str = "hash:";

/// A name as it can stand in a key: other characters than these would make keys that nobody can read, or parse.
fn tame(name: &str) -> String {
    match is_plain_name(name) {
        true => name.to_owned(),
        false => format!("{HASHED}{}", blake3::hash(name.as_bytes()).to_hex()),
    }
}
