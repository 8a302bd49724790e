//! A pool as those see it who look after it.

use std::collections::BTreeMap;

use super::board::{AT_ONCE, Answer, Board, Entry};
use super::member::{Description, HostMember};
use super::outcome::Outcome;
use super::task::{TaskAddress, leftovers};
use crate::call::Call;
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

static REQUEUE: Script = script!("requeue");

/// A pool as those see it who look after it: what it holds, and who takes part. It takes no part itself.
#[derive(Debug)]
pub struct Inspection {
    board: Board,
}

/// How a pool is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Tasks that wait, by the code of the program that can carry them out.
    pub waiting: BTreeMap<String, u64>,
    /// Tasks that have not ended, those included that wait.
    pub tasks: u64,
    /// Clients that are registered.
    pub clients: u64,
    /// Hosts that are registered.
    pub hosts: Vec<HostStatus>,
    /// Tasks that were given up and are kept.
    pub dead: u64,
    /// How often each thing has happened: `puts`, `gots`, `dones`, `redelivered`, `dead`, `dropped`, `cancelled`.
    pub counters: BTreeMap<String, u64>,
}

/// How a host is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostStatus {
    /// What it is called.
    pub name: String,
    /// Its process on its machine.
    pub pid: u32,
    /// Tasks that it carries out at a time.
    pub slots: usize,
    /// Which program it runs.
    pub code: String,
    /// Tasks that it holds.
    pub held: u64,
}

/// A task that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadTask {
    /// By which it can be named.
    pub entry: String,
    /// What it was called when it was alive.
    pub id: String,
    /// Which program can carry it out.
    pub code: String,
    /// Why it was given up.
    pub why: String,
}

impl Inspection {
    /// Looks at the pool of that name.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like.
    pub fn of(cluster: &Cluster, name: &str) -> Result<Inspection, ClusterError> {
        Ok(Inspection {
            board: Board::new(cluster, name, "")?,
        })
    }

    /// How it is. Its parts are looked at one after another, so that they may be of different moments.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like.
    pub fn status(&self) -> Result<PoolStatus, ClusterError> {
        let mut status = PoolStatus {
            tasks: self.count("HLEN", "m")?,
            clients: self.count("ZCARD", "k")?,
            dead: self.count("XLEN", "d")?,
            ..PoolStatus::default()
        };
        for code in self.codes()? {
            let waiting = self.count("ZCARD", &format!("r:{code}"))?;
            status.waiting.insert(code, waiting);
        }
        for (member, description) in self.pairs("i")? {
            let Some(member) = HostMember::parse(&member) else {
                continue;
            };
            let Description {
                host, slots, code, ..
            } = Description::parse(&description);
            status.hosts.push(HostStatus {
                name: host,
                pid: member.pid,
                slots,
                code,
                held: self.count("HLEN", &member.lease())?,
            });
        }
        // Those in the header that count something.
        let counters = self.pairs("h")?.into_iter();
        status.counters = counters
            .filter(|(name, _)| !["lay", "last", "heard", "grace"].contains(&name.as_str()))
            .filter_map(|(name, count)| Some((name, count.parse().ok()?)))
            .collect();
        Ok(status)
    }

    /// Up to so many tasks that were given up, the oldest first.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like.
    pub fn dead(&self, most: usize) -> Result<Vec<DeadTask>, ClusterError> {
        let most = most.to_string();
        let entries = self.command("XRANGE", "d", &["-", "+", "COUNT", &most])?;
        let entries = entries.into_array()?.into_iter().map(Entry::read);
        entries
            .map(|entry| {
                let mut entry = entry?;
                let mut text = |name| {
                    let value = entry.take(name).unwrap_or_default();
                    String::from_utf8_lossy(&value).into_owned()
                };
                let (id, code, why) = (text("id"), text("code"), text("why"));
                Ok(DeadTask {
                    entry: entry.id,
                    id,
                    code,
                    why,
                })
            })
            .collect()
    }

    /// Has a task that was given up carried out once more, though nobody may be told any more what comes of it; false if it is not there.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like; [`ClusterError::Full`].
    pub fn requeue_dead(&self, task: &DeadTask) -> Result<bool, ClusterError> {
        let (ready, wake) = (format!("r:{}", task.code), format!("w:{}", task.code));
        let cluster = self.board.cluster();
        let call = Call::new(&REQUEUE, self.board.object())
            .keys(["h", "m", &ready, &wake, "b", "d"])
            .argument(task.entry.as_str())
            .argument(task.code.as_str())
            .argument(cluster.fresh_name()?);
        Ok(cluster.call(call)?.integer()? == 1)
    }

    /// Ends all tasks that wait; their clients are told so. Says how many there were.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like; some tasks may have been ended.
    ///
    /// # If a process dies
    ///
    /// Within it: a few tasks that were just being ended go on when its lease is over.
    pub fn purge(&self) -> Result<u64, ClusterError> {
        let mut count = 0;
        for code in self.codes()? {
            count += self.purge_code(&code)?;
        }
        Ok(count)
    }

    /// Takes the tasks as a host would, so that each is ended and told like any other.
    fn purge_code(&self, code: &str) -> Result<u64, ClusterError> {
        let cluster = self.board.cluster();
        let board = Board::new(cluster, self.board.object().name(), code)?;
        let pid = std::process::id();
        let member = HostMember::new("purge", pid, &cluster.fresh_name()?, code);
        let description = Description {
            host: "purge".to_owned(),
            pid,
            slots: 0,
            code: code.to_owned(),
            is_draining: false,
        };
        board.enter_host(&member, &description)?;
        let outcome = Outcome::Refused {
            reason: "it was removed from the pool by `purge`".to_owned(),
        };
        let mut count = 0;
        loop {
            let fetched = board.fetch(&member, AT_ONCE)?;
            if fetched.is_empty() {
                break;
            }
            for task in fetched {
                let address = TaskAddress::of(&task.sealed).unwrap_or_default();
                let answer = Answer {
                    id: task.id,
                    number: address.number,
                    sealed: outcome.seal(board.object(), &[])?,
                    epitaph: String::new(),
                    leftovers: leftovers(&task.sealed),
                };
                board.answer(&member, &address.client, &[answer])?;
                count += 1;
            }
        }
        board.leave_host(&member)?;
        Ok(count)
    }

    fn codes(&self) -> Result<Vec<String>, ClusterError> {
        let codes = self.command("ZRANGE", "b", &["0", "-1"])?.into_array()?;
        codes.into_iter().map(Reply::into_text).collect()
    }

    fn count(&self, command: &str, part: &str) -> Result<u64, ClusterError> {
        self.command(command, part, &[])?.count()
    }

    fn pairs(&self, part: &str) -> Result<Vec<(String, String)>, ClusterError> {
        let mut parts = self
            .command("HGETALL", part, &[])?
            .into_array()?
            .into_iter();
        let mut pairs = Vec::new();
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            pairs.push((name.into_text()?, value.into_text()?));
        }
        Ok(pairs)
    }

    fn command(&self, command: &str, part: &str, rest: &[&str]) -> Result<Reply, ClusterError> {
        let object = self.board.object();
        let key = object.key(part);
        let parts = [&[command, key.as_str()], rest].concat();
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        self.board.cluster().command(object, &parts)
    }
}
