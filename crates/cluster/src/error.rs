//! What can go wrong between an object and its server.

use serde::{Deserialize, Serialize};

/// What can go wrong between an object and the server that keeps it.
///
/// Each says what to do. It is serializable, so that a function which runs elsewhere can hand it home.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ClusterError {
    /// The address cannot be understood.
    #[error(
        "the address is wrong: {reason}; it looks like \
         redis://user:password@host:6379/?namespace=name, rediss:// for TLS"
    )]
    Address {
        /// What is wrong about it.
        reason: String,
    },
    /// This build of procession cannot speak to servers.
    #[error(
        "this program was built without it: add the feature `cluster` of the crate `procession`"
    )]
    NotBuiltIn,
    /// The connection would be readable by others.
    #[error(
        "the connection to {server} would not be encrypted: use rediss://, or say `insecure=1` in the \
         address if the network is trusted"
    )]
    Insecure {
        /// Where the server is.
        server: String,
    },
    /// The server could not be reached, or has not answered, for as long as the caller has patience.
    #[error(
        "the server {server} is not available: {reason}; try again when it is, or raise `patience` in the address"
    )]
    Unavailable {
        /// Where it is.
        server: String,
        /// What the system said last.
        reason: String,
    },
    /// The server is there, but was not able to work for as long as the caller has patience: it is just starting, or failing over.
    #[error(
        "the server {server} is not ready: {reason}; try again when it is, or raise `patience` in the address"
    )]
    NotReady {
        /// Where it is.
        server: String,
        /// What it said last.
        reason: String,
    },
    /// The server is the replica of another one, and takes no changes.
    #[error(
        "the server {server} is a replica, which cannot be written to: name the primary in the address, all nodes of the cluster, or the \
         sentinels that know the primary"
    )]
    ReadOnly {
        /// Where it is.
        server: String,
    },
    /// The two sides do not trust each other's certificates.
    #[error(
        "there is no trust between us and the server {server}: {reason}; `ca_file` in the address names the authority that has signed the \
         server's certificate, `certificate_file` and `private_key_file` name ours if it asks for one"
    )]
    Untrusted {
        /// Where it is.
        server: String,
        /// What is wrong.
        reason: String,
    },
    /// The server has no memory left, and takes nothing more in.
    #[error(
        "the server has reached its `maxmemory`: take something out of it, or give it more memory; what is in it \
         goes on"
    )]
    Full,
    /// The server cannot do what `durability` in the address asks for.
    #[error(
        "the server {server} cannot do what `durability={durability}` in the address asks for: {reason}"
    )]
    NotDurable {
        /// Where it is.
        server: String,
        /// What was asked for.
        durability: String,
        /// What is missing, and what to do.
        reason: String,
    },
    /// What was asked for has been done on the server, but has not got where `durability` in the address wants it, for as long as the caller has patience.
    #[error(
        "the server {server} has done what it was asked for, but {reason}: a failover may undo it. Asking for the same once more would do it \
         twice; look at what there is when the server is well again (`procession doctor`)"
    )]
    Unconfirmed {
        /// Where it is.
        server: String,
        /// Who has not confirmed it.
        reason: String,
    },
    /// The server does not know all the commands that are needed.
    #[error(
        "the server is of version {version}, too old: it must be Redis 7.0, Valkey 7.2, or later"
    )]
    TooOld {
        /// What it says of itself.
        version: String,
    },
    /// The server throws data away when its memory is full.
    #[error(
        "the server's `maxmemory-policy` is {policy}, so that it may throw away what is kept in it: set it \
         to noeviction"
    )]
    Evicting {
        /// The server's setting.
        policy: String,
    },
    /// The server does not know the user, or the password is another one.
    #[error(
        "the server refuses the user name or the password: {reason}; give them in the address, as in redis://user:password@host, or the \
         password in a file that `PROCESSION_PASSWORD_FILE` names"
    )]
    WrongPassword {
        /// What it said.
        reason: String,
    },
    /// The user may not do what is needed.
    #[error(
        "the server's user has no permission: {reason}; `procession acl` prints the rule that the user needs"
    )]
    NoPermission {
        /// What the server said.
        reason: String,
    },
    /// Another version of procession, which keeps its objects in another form, uses the namespace.
    #[error(
        "the namespace {namespace} is laid out in form {found}, and this version of procession knows form {known}: use \
         another namespace, or the version that made it"
    )]
    Layout {
        /// The namespace.
        namespace: String,
        /// The form that is there.
        found: String,
        /// The form that this version knows.
        known: String,
    },
    /// The object is no longer on the server.
    #[error(
        "{object} is no longer on the server: somebody has unlinked it, or nobody has used it for too long, or \
         the server has lost its data"
    )]
    Gone {
        /// What it is called there.
        object: String,
    },
    /// There is an object of that name, but it was made in another way.
    #[error(
        "{object} exists already, with {setting} {theirs} instead of {ours}: use another name, or the same settings"
    )]
    Mismatch {
        /// What it is called.
        object: String,
        /// Which setting differs.
        setting: String,
        /// What it is there.
        theirs: String,
        /// What was asked for.
        ours: String,
    },
    /// What this process held was given to others, because the server has not heard from it for too long.
    #[error(
        "the lease on {object} has run out: this process was stopped, or cut off from the server, for longer \
         than the lease, and others may have got what it held"
    )]
    LeaseLost {
        /// What it is called.
        object: String,
    },
    /// A value is larger than is allowed.
    #[error(
        "the value has {bytes} bytes, and {limit} are allowed: send it in parts, or put it where all machines can read it"
    )]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The largest size.
        limit: u64,
    },
    /// A large value, which lies on the server apart from what refers to it, is there no longer.
    #[error(
        "a large value in {object} is no longer on the server: nobody has taken it for a week, and the process that put it there has ended; put it again"
    )]
    Expired {
        /// Where it was.
        object: String,
    },
    /// A value carries no signature, but signatures are required.
    #[error(
        "{object} holds a value that is not signed: whoever has put it there lacks the key; give the same key to all"
    )]
    Unsigned {
        /// Where it is.
        object: String,
    },
    /// A value was signed with another key, or changed since.
    #[error(
        "{object} holds a value with a wrong signature: it was put there with another key, or changed since"
    )]
    BadSignature {
        /// Where it is.
        object: String,
    },
    /// Signatures are required, and there is no key.
    #[error(
        "{reason}: give all processes the same key, by `PROCESSION_KEY_FILE` or `key_file` in the address"
    )]
    NoKey {
        /// Why there must be one.
        reason: String,
    },
    /// The caller was interrupted while it waited.
    #[error("the wait was interrupted")]
    Interrupted,
    /// The server answered what nobody expects of it.
    #[error("the server has answered something unexpected: {reason}")]
    Protocol {
        /// What it was.
        reason: String,
    },
    /// A script of this crate has refused to act; each kind of object has its own words for that.
    #[error("the server has refused: {code} {detail}")]
    Refused {
        /// The first word.
        code: String,
        /// The rest.
        detail: String,
    },
    /// The system has refused a call.
    #[error("the system has refused: {reason}")]
    System {
        /// What it said.
        reason: String,
    },
}

impl ClusterError {
    pub(crate) fn protocol(reason: impl Into<String>) -> ClusterError {
        ClusterError::Protocol {
            reason: reason.into(),
        }
    }

    pub(crate) fn system(error: &std::io::Error) -> ClusterError {
        ClusterError::System {
            reason: error.to_string(),
        }
    }
}
