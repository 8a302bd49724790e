//! Where the server is, and how to speak to it.

mod durability;
mod parameters;
mod parse;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::ClusterError;
pub use durability::Durability;
pub(crate) use parameters::is_plain_name;

/// How long a lease lasts if nothing else is said.
const LEASE: Duration = Duration::from_secs(15);
/// How long a call waits for a server that is away.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an object without a name outlives the last process that has used it.
const LINGER: Duration = Duration::from_secs(600);

/// Where the server is, and how to speak to it: a URL.
///
/// | part | meaning |
/// |---|---|
/// | `redis://`, `rediss://` | a server, or several nodes of a cluster; with TLS |
/// | `redis+unix:///path` | a server on this machine, by its socket |
/// | `redis+sentinel://host:26379,…/service`, `rediss+sentinel://` | whichever server the sentinels name |
/// | `user:password@` | percent-encoded; the password may stand in the file that `PROCESSION_PASSWORD_FILE` names instead |
/// | `host:port,host:port` | some of the nodes; port 6379 if nothing is said |
/// | `namespace=` | keeps the objects of different programs apart; `default` if nothing is said |
/// | `lease=` | seconds after which a process that is not heard from loses what it holds, from 1 to 3600; 15 |
/// | `patience=` | seconds for which a call waits for a server that is away, 120 at most; 60 |
/// | `durability=` | what has what a call stores before it returns: the `server`, a `replica` as well, or the server's `disk`; `server` |
/// | `linger=` | seconds for which an object without a name outlives its last user, not less than a lease; 600 |
/// | `key_file=` | the keys with which values are signed, see `PROCESSION_KEY_FILE` |
/// | `ca_file=`, `certificate_file=`, `private_key_file=` | whom to trust, and who we are, in PEM |
/// | `insecure=1` | not encrypted although not on this machine |
///
/// # Examples
///
/// ```
/// use procession_cluster::Address;
///
/// let address: Address = "redis://127.0.0.1:6379/?namespace=shop".parse()?;
/// assert_eq!(address.namespace(), "shop");
/// # Ok::<_, procession_cluster::ClusterError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: String,
    pub(crate) topology: Topology,
    pub(crate) is_encrypted: bool,
    pub(crate) is_insecure: bool,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    namespace: String,
    pub(crate) lease: Duration,
    pub(crate) patience: Duration,
    durability: Durability,
    pub(crate) linger: Duration,
    pub(crate) files: Files,
}

/// Files that the address names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) key: Option<PathBuf>,
    pub(crate) certificate_authority: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) private_key: Option<PathBuf>,
}

/// How the server that is responsible is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topology {
    /// One of these knows: a single server, or nodes of a cluster.
    Nodes(Vec<Endpoint>),
    /// Sentinels name it.
    Sentinels {
        /// Where they are.
        sentinels: Vec<Endpoint>,
        /// What they call the server.
        service: String,
    },
}

/// Where one server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// A name or number, and a port.
    Tcp(String, u16),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl Endpoint {
    /// Whether what is sent to it does not leave this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Endpoint::Unix(_) => true,
            Endpoint::Tcp(host, _) if host == "localhost" => true,
            Endpoint::Tcp(host, _) => {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                host.parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
            }
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Tcp(host, port) if host.contains(':') => {
                write!(formatter, "[{host}]:{port}")
            }
            Endpoint::Tcp(host, port) => write!(formatter, "{host}:{port}"),
            Endpoint::Unix(path) => path.display().fmt(formatter),
        }
    }
}

impl Address {
    /// The address as it was given, its password included.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address as it was given, but for the password.
    pub(crate) fn url_without_password(&self) -> String {
        let (before, query) = match self.url.split_once('?') {
            Some((before, query)) => (before, format!("?{query}")),
            None => (self.url.as_str(), String::new()),
        };
        match (before.split_once("://"), before.rsplit_once('@')) {
            (Some((scheme, _)), Some((login, hosts))) => {
                let login = login.split_once("://").map_or("", |(_, login)| login);
                let user = login.split_once(':').map_or(login, |(user, _)| user);
                let at = if user.is_empty() { "" } else { "@" };
                format!("{scheme}://{user}{at}{hosts}{query}")
            }
            _ => self.url.clone(),
        }
    }

    /// What keeps the objects of different programs apart.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// How safe what a call stores is to be before it returns.
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// All places that it names.
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        match &self.topology {
            Topology::Nodes(nodes) => nodes,
            Topology::Sentinels { sentinels, .. } => sentinels,
        }
    }

    /// Whether nothing leaves this machine.
    pub fn is_local(&self) -> bool {
        matches!(self.topology, Topology::Nodes(_))
            && self.endpoints().iter().all(Endpoint::is_local)
    }

    /// Whether nobody on the way can read what is sent.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Refuses to send anything over a network in plain text, unless that was asked for.
    pub(crate) fn check_security(&self) -> Result<(), ClusterError> {
        let mut endpoints = self.endpoints().iter();
        endpoints.try_for_each(|endpoint| self.check_security_of(endpoint))
    }

    /// As [`check_security`](Self::check_security), of one server, which need not be named in the address.
    pub(crate) fn check_security_of(&self, endpoint: &Endpoint) -> Result<(), ClusterError> {
        match self.is_encrypted || self.is_insecure || endpoint.is_local() {
            true => Ok(()),
            false => Err(ClusterError::Insecure {
                server: endpoint.to_string(),
            }),
        }
    }
}

/// Without the password.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, endpoint) in self.endpoints().iter().enumerate() {
            if position > 0 {
                formatter.write_str(",")?;
            }
            endpoint.fmt(formatter)?;
        }
        Ok(())
    }
}

/// Without the password.
impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Address")
            .field("topology", &self.topology)
            .field("is_encrypted", &self.is_encrypted)
            .field("user", &self.user)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
