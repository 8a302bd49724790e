//! Sentinels: they watch over a primary, and make a replica the primary when it dies.

use std::io;

use crate::builder::Role;
use crate::patience::{Complaint, until};
use crate::{Builder, Reply, Server};

const SENTINELS: usize = 3;

/// How many of them must agree that the primary is dead.
const QUORUM: &str = "2";

/// Three sentinels, who notice the death of a primary after a second.
///
/// # Examples
///
/// ```
/// use procession_test_server::{Sentinel, Server};
///
/// # fn main() -> std::io::Result<()> {
/// let [primary, replica] = [Server::start()?, Server::start()?];
/// replica.replica_of(&primary)?;
/// let sentinel = Sentinel::start(&primary)?;
/// primary.kill()?;
/// sentinel.until_primary_is(&replica)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Sentinel {
    nodes: Vec<Server>,
}

impl Sentinel {
    /// Under this name the sentinels tell who the primary is.
    pub const SERVICE: &str = "procession";

    /// Starts the sentinels, and returns when they know each other and all replicas of the primary.
    ///
    /// # Errors
    ///
    /// As for [`Builder::start`], or they did not find each other within half a minute.
    pub fn start(primary: &Server) -> io::Result<Self> {
        let nodes: Vec<Server> = (0..SENTINELS)
            .map(|_| settings(primary).start())
            .collect::<io::Result<_>>()?;
        let replicas = primary.info("connected_slaves")?;
        for node in &nodes {
            until_it_knows(node, "num-slaves", &replicas)?;
            until_it_knows(node, "num-other-sentinels", &(SENTINELS - 1).to_string())?;
        }
        Ok(Self { nodes })
    }

    /// The sentinels, dead or alive.
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }

    /// Waits until every sentinel that was not killed or paused names this server as the primary, and the server itself agrees.
    ///
    /// # Errors
    ///
    /// They do not within half a minute.
    pub fn until_primary_is(&self, server: &Server) -> io::Result<()> {
        let port = server.port().to_string();
        for node in self.nodes.iter().filter(|node| node.is_awake()) {
            until("sentinels that name the new primary", || {
                match (primary_port(node)?, server.info("role")?.as_str()) {
                    (named, "master") if named == port => Ok(()),
                    (named, role) => Err(Complaint::NotYet(format!(
                        "{named} is named, and {port} is a {role}"
                    ))),
                }
            })?;
        }
        Ok(())
    }
}

fn settings(primary: &Server) -> Builder {
    let of = |rest: &str| format!("{} {rest}", Sentinel::SERVICE);
    let monitor = format!(
        "monitor {} 127.0.0.1 {} {QUORUM}",
        Sentinel::SERVICE,
        primary.port()
    );
    let settings = Server::builder()
        .role(Role::Sentinel)
        .argument("sentinel", monitor)
        .argument("sentinel down-after-milliseconds", of("1000"))
        .argument("sentinel failover-timeout", of("5000"));
    match primary.password() {
        Some(password) => settings.argument("sentinel auth-pass", of(password)),
        None => settings,
    }
}

fn primary_port(node: &Server) -> io::Result<String> {
    let reply = node.command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Sentinel::SERVICE])?;
    let port = reply.accepted()?.items().last().and_then(Reply::text);
    port.ok_or_else(|| io::Error::other("a sentinel that knows no primary"))
}

/// The names and values of what a sentinel knows of the primary follow each other.
fn until_it_knows(node: &Server, name: &str, wanted: &str) -> io::Result<()> {
    until("sentinels that know each other", || {
        let reply = node
            .command(&["SENTINEL", "MASTER", Sentinel::SERVICE])?
            .accepted()?;
        let known: Vec<String> = reply.items().iter().filter_map(Reply::text).collect();
        let mut pairs = known.chunks_exact(2);
        let found = pairs.any(|pair| pair == [name, wanted]);
        found
            .then_some(())
            .ok_or_else(|| Complaint::NotYet(format!("{name} is not {wanted}: {known:?}")))
    })
}
