//! Pools: which worker hosts serve them, and what these have to do.

use super::objects::objects;
use crate::object::{Kind, Object};
use crate::pool::{Description, HostMember};
use crate::reply::Reply;
use crate::{Cluster, ClusterError};

const COUNTS: [&[u8]; 7] = [
    b"puts",
    b"gots",
    b"dones",
    b"redelivered",
    b"dead",
    b"dropped",
    b"cancelled",
];

/// A pool as it stands, about at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// What it is called.
    pub name: String,
    /// Those that serve it.
    pub hosts: Vec<Host>,
    /// Tasks that no host has taken yet.
    pub waiting: Vec<Waiting>,
    /// Programs that use it.
    pub clients: u64,
    /// Tasks that wait or are being carried out.
    pub unfinished: u64,
    /// What has happened in it.
    pub counts: Counts,
}

/// Tasks of one code that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which program can carry them out.
    pub code: String,
    /// How many.
    pub tasks: u64,
}

/// What has happened in a pool since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tasks put.
    pub puts: u64,
    /// Tasks given to hosts, each time counted.
    pub gots: u64,
    /// Tasks that were carried out.
    pub dones: u64,
    /// Tasks that came back from hosts.
    pub redelivered: u64,
    /// Tasks that were given up.
    pub dead: u64,
    /// Tasks whose client had died.
    pub dropped: u64,
    /// Tasks that were cancelled.
    pub cancelled: u64,
}

/// A worker host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// What the machine is called.
    pub name: String,
    /// The number of the agent's process there.
    pub pid: u32,
    /// Which program it runs.
    pub code: String,
    /// Tasks that it carries out at a time.
    pub slots: usize,
    /// It takes no more tasks, and ends when those that it has are done.
    pub is_draining: bool,
    /// It was not heard from for longer than its lease: what it holds goes to others.
    pub is_silent: bool,
    /// The tasks that it holds, oldest first.
    pub tasks: Vec<Held>,
    /// How many processes it runs for others.
    pub processes: usize,
}

/// A task that a host holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The server's count of tasks when it was put.
    pub number: u64,
    /// How often it was begun.
    pub attempt: u32,
}

/// All pools of the namespace.
///
/// # Errors
///
/// As [`objects`].
pub fn pools(cluster: &Cluster) -> Result<Vec<Pool>, ClusterError> {
    let found = objects(cluster, Kind::Pool)?.into_iter();
    found.map(|found| look(cluster, &found.name)).collect()
}

fn look(cluster: &Cluster, name: &str) -> Result<Pool, ClusterError> {
    let object = Object::absent(cluster, Kind::Pool, name);
    let processes = Object::absent(cluster, Kind::Process, name);
    let count = |command: &str, part: &str| ask(&object, command, part, &[])?.count();
    Ok(Pool {
        name: name.to_owned(),
        hosts: with_processes(hosts(&object)?, hosts(&processes)?),
        waiting: waiting(&object)?,
        clients: count("ZCARD", "k")?,
        unfinished: count("HLEN", "m")?,
        counts: counts(&object)?,
    })
}

/// What a command says about a part of the pool.
fn ask(object: &Object, command: &str, part: &str, rest: &[&[u8]]) -> Result<Reply, ClusterError> {
    let key = object.key(part);
    let command = [&[command.as_bytes(), key.as_bytes()], rest].concat();
    object.cluster().command(object, command)
}

fn counts(object: &Object) -> Result<Counts, ClusterError> {
    let mut counts = ask(object, "HMGET", "h", &COUNTS)?
        .into_array()?
        .into_iter();
    let mut next = || match counts.next() {
        None | Some(Reply::Nil) => Ok(0),
        Some(count) => count.count(),
    };
    Ok(Counts {
        puts: next()?,
        gots: next()?,
        dones: next()?,
        redelivered: next()?,
        dead: next()?,
        dropped: next()?,
        cancelled: next()?,
    })
}

fn waiting(object: &Object) -> Result<Vec<Waiting>, ClusterError> {
    let mut waiting = Vec::new();
    for code in ask(object, "ZRANGE", "b", &[b"0", b"-1"])?.into_array()? {
        let code = code.into_text()?;
        let tasks = ask(object, "ZCARD", &format!("r:{code}"), &[])?.count()?;
        // Codes of former versions of a program are never forgotten.
        if tasks > 0 {
            waiting.push(Waiting { code, tasks });
        }
    }
    Ok(waiting)
}

fn hosts(object: &Object) -> Result<Vec<Host>, ClusterError> {
    let [seconds, micros] = object
        .cluster()
        .command(object, [b"TIME".as_slice()])?
        .into_parts()?;
    let now = seconds.integer()? * 1000 + micros.integer()? / 1000;
    let range: [&[u8]; 3] = [b"0", b"-1", b"WITHSCORES"];
    let mut members = ask(object, "ZRANGE", "c", &range)?
        .into_array()?
        .into_iter();
    let mut hosts = Vec::new();
    while let (Some(member), Some(lease)) = (members.next(), members.next()) {
        let member = member.into_text()?;
        let said = ask(object, "HGET", "i", &[member.as_bytes()])?.into_optional_bytes()?;
        let said = said.unwrap_or_default();
        let said = Description::parse(&String::from_utf8_lossy(&said));
        let Some(member) = HostMember::parse(&member) else {
            let what = format!("{object} has a host called {member:?}");
            return Err(ClusterError::protocol(what));
        };
        hosts.push(Host {
            tasks: held(object, &member)?,
            name: member.name,
            pid: member.pid,
            code: member.code,
            slots: said.slots,
            is_draining: said.is_draining,
            is_silent: lease.integer()? < now,
            processes: 0,
        });
    }
    hosts.sort_by(|one, other| (&one.name, one.pid).cmp(&(&other.name, other.pid)));
    Ok(hosts)
}

/// The hosts that carry out tasks, and those that start processes: the same agents, each of which may leave one of the two before the other.
fn with_processes(mut hosts: Vec<Host>, starting: Vec<Host>) -> Vec<Host> {
    for mut starter in starting {
        let processes = std::mem::take(&mut starter.tasks).len();
        let mut same = hosts.iter_mut();
        match same.find(|host| host.name == starter.name && host.pid == starter.pid) {
            Some(host) => host.processes = processes,
            None => hosts.push(Host {
                processes,
                ..starter
            }),
        }
    }
    hosts
}

fn held(object: &Object, host: &HostMember) -> Result<Vec<Held>, ClusterError> {
    let mut pairs = ask(object, "HGETALL", &host.lease(), &[])?
        .into_array()?
        .into_iter();
    let mut held = Vec::new();
    while let (Some(id), Some(attempt)) = (pairs.next(), pairs.next()) {
        // PRIORITY-NUMBER-BATCH
        let id = id.into_text()?;
        let number = id.split('-').nth(1).and_then(|number| number.parse().ok());
        held.push(Held {
            number: number.unwrap_or_default(),
            attempt: u32::try_from(attempt.count()?).unwrap_or(u32::MAX),
        });
    }
    held.sort_by_key(|held| held.number);
    Ok(held)
}
