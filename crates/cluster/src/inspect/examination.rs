//! What can be found out about a server. What it means is for others to say.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::coverage::unserved_slots;
use super::permissions::{Denied, denied};
use crate::call::Effort;
use crate::cluster::LAYOUT;
use crate::reply::Reply;
use crate::{Address, Cluster, ClusterError, Endpoint};

/// Questions by which the way to a server, and its clock, are measured.
const ROUNDS: usize = 20;

/// What can be found out about a server, or about all primaries of a cluster.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Each server, or why nothing is known about it.
    pub nodes: Vec<(Endpoint, Result<Node, ClusterError>)>,
    /// How many of a cluster's slots no node keeps: what belongs there cannot be used.
    pub unserved_slots: Result<usize, ClusterError>,
    /// The form in which the namespace is laid out; nothing if it is new.
    pub layout: Result<Option<String>, ClusterError>,
    /// The form that this version knows.
    pub known_layout: &'static str,
    /// Whether this process has a key with which values are signed.
    pub has_key: bool,
}

/// What is known about one server.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it says of itself: `INFO`; nothing if the user may not ask.
    pub info: HashMap<String, String>,
    /// Some of its settings; nothing if the user may not ask.
    pub settings: HashMap<String, String>,
    /// Which commands cannot be used.
    pub denied: Result<Vec<Denied>, ClusterError>,
    /// How far it is.
    pub stopwatch: Stopwatch,
}

/// How long answers take, and what the server's clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopwatch {
    /// Half of the answers took no longer.
    pub median: Duration,
    /// None took longer.
    pub longest: Duration,
    /// By how many milliseconds the server's clock is ahead of this machine's, as far as the way allows to tell.
    pub ahead: i64,
}

/// Finds out what there is to know about a server, also about one on which objects cannot live.
///
/// # Errors
///
/// [`ClusterError`] if nobody can be asked: the address is wrong, no server answers, the password is refused.
pub fn examine(address: &Address) -> Result<Examination, ClusterError> {
    let cluster = Cluster::unchecked(address);
    let nodes = cluster.nodes()?;
    let unserved_slots = unserved_slots(&cluster, &nodes);
    let examined = nodes.into_iter().map(|node| {
        let found = examine_node(&cluster, &node);
        (node, found)
    });
    Ok(Examination {
        unserved_slots,
        nodes: examined.collect(),
        layout: layout(&cluster),
        known_layout: LAYOUT,
        has_key: !cluster.keyring()?.is_empty(),
    })
}

fn layout(cluster: &Cluster) -> Result<Option<String>, ClusterError> {
    let key = format!("pc:{}:{{layout}}:v", cluster.address().namespace());
    let found = cluster.command_on(&key, [b"GET".as_slice(), key.as_bytes()], Effort::Once)?;
    let found = found.into_optional_bytes()?;
    Ok(found.map(|found| String::from_utf8_lossy(&found).into_owned()))
}

fn examine_node(cluster: &Cluster, node: &Endpoint) -> Result<Node, ClusterError> {
    let stopwatch = measure(cluster, node)?;
    let info = allowed(cluster.command_at(node, [b"INFO".as_slice()]))?;
    let settings: [&[u8]; 4] = [b"CONFIG", b"GET", b"save", b"appendfsync"];
    let settings = allowed(cluster.command_at(node, settings))?;
    Ok(Node {
        info: info.map(read_info).transpose()?.unwrap_or_default(),
        settings: settings.map(read_settings).transpose()?.unwrap_or_default(),
        denied: denied(cluster, node),
        stopwatch,
    })
}

/// Nothing if the user may not ask that; services that run servers for others may not even know the question.
fn allowed(answer: Result<Reply, ClusterError>) -> Result<Option<Reply>, ClusterError> {
    match answer {
        Err(ClusterError::NoPermission { .. } | ClusterError::Protocol { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

fn read_info(info: Reply) -> Result<HashMap<String, String>, ClusterError> {
    let text = info.into_text()?;
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    Ok(lines
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect())
}

fn read_settings(settings: Reply) -> Result<HashMap<String, String>, ClusterError> {
    let mut parts = settings.into_array()?.into_iter();
    let mut settings = HashMap::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        settings.insert(name.into_text()?, value.into_text()?);
    }
    Ok(settings)
}

fn measure(cluster: &Cluster, node: &Endpoint) -> Result<Stopwatch, ClusterError> {
    // The first call opens the connection.
    cluster.command_at(node, [b"TIME".as_slice()])?;
    let mut times = Vec::with_capacity(ROUNDS);
    // The shortest way leaves least doubt about the moment at which the server has looked at its clock.
    let mut best = (Duration::MAX, 0);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let [seconds, micros] = cluster
            .command_at(node, [b"TIME".as_slice()])?
            .into_parts()?;
        let taken = begin.elapsed();
        let theirs = seconds.integer()? * 1000 + micros.integer()? / 1000;
        best = best.min((taken, theirs - (now() - half_in_milliseconds(taken))));
        times.push(taken);
    }
    times.sort();
    Ok(Stopwatch {
        median: times.get(ROUNDS / 2).copied().unwrap_or_default(),
        longest: times.last().copied().unwrap_or_default(),
        ahead: best.1,
    })
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

fn half_in_milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis() / 2).unwrap_or(i64::MAX)
}
