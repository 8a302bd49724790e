//! `procession queues`.

use procession_cluster::inspect::objects;
use procession_cluster::queue::{Queue, QueueError, Statistics};
use procession_cluster::{Cluster, ClusterError, Kind};
use procession_objects::{OnLost, QueueConfig};
use serde::Serialize;

use crate::DONE;
use crate::arguments::Queues;
use crate::failure::{Failure, connect, others};
use crate::output::Output;
use crate::table::Table;

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    kind: &'static str,
    /// Nothing if it is not bounded.
    maxsize: Option<u64>,
    on_lost: Option<&'static str>,
    max_deliveries: Option<u32>,
    is_closed: bool,
    ready: u64,
    held: u64,
    consumers: u64,
    dead: u64,
    puts: u64,
    gots: u64,
    dones: u64,
    lost: u64,
    redelivered: u64,
    purged: u64,
    late: u64,
}

pub(crate) fn run(
    url: Option<&str>,
    options: &Queues,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let cluster = connect(url)?;
    let found = objects(&cluster, Kind::Queue)?.into_iter();
    let (shown, hidden): (Vec<_>, Vec<_>) =
        found.partition(|found| options.all || !found.is_anonymous());
    let mut rows = Vec::new();
    for found in shown {
        match look(&cluster, &found.name) {
            Ok(row) => rows.push(row),
            // It has ended meanwhile.
            Err(Failure::Cluster(ClusterError::Gone { .. })) => {}
            Err(failure) => return Err(failure),
        }
    }
    output.say(&rows, || {
        text(&rows, hidden.len(), cluster.address().namespace())
    })?;
    Ok(DONE)
}

fn look(cluster: &Cluster, name: &str) -> Result<Row, Failure> {
    let queue = Queue::look_at(cluster, name)?;
    let is_closed = queue.is_closed()?;
    let QueueConfig { maxsize, joinable } = *queue.config();
    let (on_lost, max_deliveries) = match joinable {
        None => (None, None),
        Some(OnLost::Report) => (Some("report"), None),
        Some(OnLost::Ignore) => (Some("ignore"), None),
        Some(OnLost::Redeliver { max_deliveries }) => (Some("redeliver"), Some(max_deliveries)),
    };
    let Statistics {
        ready,
        unfinished,
        consumers,
        dead,
        puts,
        gots,
        dones,
        lost,
        redelivered,
        purged,
        late,
        ..
    } = queue.statistics()?;
    Ok(Row {
        name: name.to_owned(),
        kind: if joinable.is_some() {
            "joinable"
        } else {
            "plain"
        },
        maxsize,
        on_lost,
        max_deliveries,
        is_closed,
        ready,
        held: unfinished.saturating_sub(ready),
        consumers,
        dead,
        puts,
        gots,
        dones,
        lost,
        redelivered,
        purged,
        late,
    })
}

fn text(rows: &[Row], hidden: usize, namespace: &str) -> String {
    let mut table = Table::new([
        "QUEUE",
        "KIND",
        "READY",
        "HELD",
        "CONSUMERS",
        "DEAD",
        "PUT",
        "DONE",
        "LOST",
        "MAXSIZE",
    ]);
    for row in rows {
        // In a plain queue what was got is done.
        let done = if row.kind == "plain" {
            row.gots
        } else {
            row.dones
        };
        let closed = if row.is_closed { ", closed" } else { "" };
        table.row([
            row.name.clone(),
            format!("{}{closed}", row.kind),
            row.ready.to_string(),
            row.held.to_string(),
            row.consumers.to_string(),
            row.dead.to_string(),
            row.puts.to_string(),
            done.to_string(),
            row.lost.to_string(),
            row.maxsize
                .map_or("-".to_owned(), |maxsize| maxsize.to_string()),
        ]);
    }
    let mut text = match table.is_empty() {
        true => format!("no queues in the namespace {namespace:?}\n"),
        false => table.to_string(),
    };
    if hidden > 0 {
        text.push_str(&format!("and {hidden} without a name, which --all shows\n"));
    }
    text
}

/// The queue of that name.
pub(crate) fn find(cluster: &Cluster, name: &str) -> Result<Queue, Failure> {
    match Queue::look_at(cluster, name) {
        Err(ClusterError::Gone { .. }) => Err(Failure::NoQueue {
            name: name.to_owned(),
            namespace: cluster.address().namespace().to_owned(),
            others: known(cluster),
        }),
        found => Ok(found.map_err(QueueError::from)?),
    }
}

/// Those that there are; nothing if the user may not look.
fn known(cluster: &Cluster) -> String {
    let Ok(found) = objects(cluster, Kind::Queue) else {
        return String::new();
    };
    let named = found.into_iter().filter(|found| !found.is_anonymous());
    others(named.map(|found| found.name).collect())
}
