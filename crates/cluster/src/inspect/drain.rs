//! Telling worker hosts from afar to stop.

use std::thread;
use std::time::{Duration, Instant};

use super::pools::pools;
use crate::object::{Kind, Object};
use crate::{Cluster, ClusterError, interrupt};

/// How often it is looked whether hosts are gone.
const PERIOD: Duration = Duration::from_millis(200);

/// A host that was told to stop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// What the machine is called.
    pub name: String,
    /// The number of the agent's process there.
    pub pid: u32,
    /// Tasks that it had when it was told.
    pub tasks: usize,
}

/// Tells the agents on a host to take no more tasks and to end when those that they have are done, as `SIGTERM` does. `host` is `NAME`,
/// or `NAME/PID` for one agent of several there. Answers with those that it has told; they will know within a second.
///
/// # Errors
///
/// As [`objects`](super::objects).
///
/// # If a process dies
///
/// This one: some agents may have been told and others not; telling them twice does no harm. An agent: it is gone as well.
pub fn drain(cluster: &Cluster, host: &str) -> Result<Vec<Told>, ClusterError> {
    let mut told: Vec<Told> = Vec::new();
    for pool in pools(cluster)? {
        let object = Object::absent(cluster, Kind::Pool, &pool.name);
        for found in pool.hosts {
            let identity = identity(&found.name, found.pid);
            if host != found.name && host != identity {
                continue;
            }
            tell(&object, &identity)?;
            let mut same = told.iter_mut();
            // An agent may serve several pools.
            match same.find(|told| told.name == found.name && told.pid == found.pid) {
                Some(told) => told.tasks += found.tasks.len(),
                None => told.push(Told {
                    name: found.name,
                    pid: found.pid,
                    tasks: found.tasks.len(),
                }),
            }
        }
    }
    told.sort();
    Ok(told)
}

/// What an agent is called in the stream by which it is told to stop.
pub(crate) fn identity(name: &str, pid: u32) -> String {
    format!("{name}/{pid}")
}

fn tell(object: &Object, identity: &str) -> Result<(), ClusterError> {
    let stream = object.key("x");
    let entry: [&[u8]; 8] = [
        b"XADD",
        stream.as_bytes(),
        b"MAXLEN",
        b"~",
        b"10000",
        b"*",
        b"drain",
        identity.as_bytes(),
    ];
    object.cluster().command(object, entry).map(drop)
}

/// Waits until none of these hosts is registered any more; answers with those that still are when `patience` is over.
///
/// # Errors
///
/// As [`objects`](super::objects); [`ClusterError::Interrupted`].
pub fn wait_until_gone(
    cluster: &Cluster,
    told: &[Told],
    patience: Duration,
) -> Result<Vec<Told>, ClusterError> {
    let begin = Instant::now();
    loop {
        let pools = pools(cluster)?;
        let hosts: Vec<_> = pools.iter().flat_map(|pool| &pool.hosts).collect();
        let is_there = |told: &&Told| {
            hosts
                .iter()
                .any(|host| host.name == told.name && host.pid == told.pid)
        };
        let left: Vec<Told> = told.iter().filter(is_there).cloned().collect();
        if left.is_empty() || begin.elapsed() >= patience {
            return Ok(left);
        }
        interrupt::check()?;
        thread::sleep(PERIOD);
    }
}
