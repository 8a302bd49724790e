//! `procession drain`.

use std::time::Duration;

use procession_cluster::Cluster;
use procession_cluster::inspect::{Told, drain, pools, wait_until_gone};
use serde::Serialize;

use crate::arguments::Drain;
use crate::failure::{Failure, connect, others};
use crate::output::Output;
use crate::{DONE, FAILED};

#[derive(Debug, Serialize)]
struct Row {
    host: String,
    pid: u32,
    /// Tasks that it had when it was told.
    tasks: usize,
    /// Nothing if nobody has waited for it.
    is_gone: Option<bool>,
}

pub(crate) fn run(
    url: Option<&str>,
    options: &Drain,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let cluster = connect(url)?;
    let told = drain(&cluster, &options.host)?;
    if told.is_empty() {
        return Err(Failure::NoHost {
            name: options.host.clone(),
            others: known(&cluster)?,
        });
    }
    let patience = options
        .wait
        .map(|seconds| Duration::from_secs(seconds.into()));
    let left = match patience {
        Some(patience) => Some(wait_until_gone(&cluster, &told, patience)?),
        None => None,
    };
    let row = |told: &Told| Row {
        host: told.name.clone(),
        pid: told.pid,
        tasks: told.tasks,
        is_gone: left
            .as_ref()
            .map(|left| !left.iter().any(|left| left == told)),
    };
    let rows: Vec<Row> = told.iter().map(row).collect();
    output.say(&rows, || rows.iter().map(text).collect())?;
    match left {
        Some(left) if !left.is_empty() => Ok(FAILED),
        _ => Ok(DONE),
    }
}

fn text(row: &Row) -> String {
    let Row {
        host, pid, tasks, ..
    } = row;
    match row.is_gone {
        None => format!(
            "{host} (pid {pid}) was told to end when its {tasks} task(s) are done; it takes no more\n"
        ),
        Some(true) => format!("{host} (pid {pid}) is gone\n"),
        Some(false) => format!("{host} (pid {pid}) takes no more tasks, but has not yet ended\n"),
    }
}

fn known(cluster: &Cluster) -> Result<String, Failure> {
    let pools = pools(cluster)?.into_iter();
    let hosts = pools.flat_map(|pool| pool.hosts);
    let mut names: Vec<String> = hosts.map(|host| host.name).collect();
    names.sort();
    Ok(others(names))
}
