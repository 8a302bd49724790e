//! Who holds something, as others are told.

use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use procession_arena::sys::process::current_pid;

use crate::ClusterError;
use crate::reply::Reply;

/// A process on some machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its number there.
    pub pid: u32,
    /// What the machine calls itself.
    pub host: String,
}

/// Who holds a lock, and for how long already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process that holds it, or whose thread does.
    pub owner: Owner,
    /// How long ago it acquired it, by the server's clock.
    pub held_for: Duration,
}

static HOST: OnceLock<String> = OnceLock::new();

fn host() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match host.trim() {
        "" => "an unknown machine".to_owned(),
        host => host.to_owned(),
    }
}

impl Owner {
    /// This process.
    pub fn this_process() -> Owner {
        Owner {
            pid: current_pid(),
            host: HOST.get_or_init(host).clone(),
        }
    }

    /// `None` if nobody is named.
    pub(crate) fn read(pid: &Reply, host: Reply) -> Result<Option<Owner>, ClusterError> {
        match pid {
            Reply::Nil => Ok(None),
            pid => Ok(Some(Owner {
                pid: u32::try_from(pid.count()?).unwrap_or_default(),
                host: host.into_text()?,
            })),
        }
    }
}
