//! What those do with a pool who look after it; how it is, says [`inspect`](crate::inspect).

use super::board::{AT_ONCE, Answer, Board, Entry};
use super::member::{Description, HostMember};
use super::outcome::Outcome;
use super::task::{TaskAddress, leftovers};
use crate::call::Call;
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub(super) static REQUEUE: Script = script!("requeue");

/// What those do with a pool who look after it. It takes no part in the pool itself.
#[derive(Debug)]
pub struct Upkeep {
    board: Board,
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

impl Upkeep {
    /// Looks after the pool of that name.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like.
    pub fn of(cluster: &Cluster, name: &str) -> Result<Upkeep, ClusterError> {
        Ok(Upkeep {
            board: Board::new(cluster, name, "")?,
        })
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

    fn command(&self, command: &str, part: &str, rest: &[&str]) -> Result<Reply, ClusterError> {
        let object = self.board.object();
        let key = object.key(part);
        let parts = [&[command, key.as_str()], rest].concat();
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        self.board.cluster().command(object, &parts)
    }
}
