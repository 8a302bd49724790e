//! `procession pools`.

use procession_cluster::inspect::{Pool, pools};
use serde::Serialize;

use crate::DONE;
use crate::failure::{Failure, connect};
use crate::output::Output;
use crate::table::Table;

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    hosts: usize,
    slots: usize,
    clients: u64,
    running: usize,
    waiting: u64,
    /// Those of them for which no host runs the program.
    unserved: Vec<Unserved>,
    puts: u64,
    dones: u64,
    redelivered: u64,
    dead: u64,
    dropped: u64,
    cancelled: u64,
}

#[derive(Debug, Serialize)]
struct Unserved {
    code: String,
    tasks: u64,
}

pub(crate) fn run(url: Option<&str>, output: &mut Output<'_>) -> Result<u8, Failure> {
    let cluster = connect(url)?;
    let rows: Vec<Row> = pools(&cluster)?.into_iter().map(row).collect();
    output.say(&rows, || text(&rows, cluster.address().namespace()))?;
    Ok(DONE)
}

fn row(pool: Pool) -> Row {
    let living: Vec<_> = pool.hosts.iter().filter(|host| !host.is_silent).collect();
    let is_served = |code: &str| {
        living
            .iter()
            .any(|host| host.code == code && !host.is_draining)
    };
    let unserved = pool
        .waiting
        .iter()
        .filter(|waiting| !is_served(&waiting.code));
    Row {
        hosts: living.len(),
        slots: living.iter().map(|host| host.slots).sum(),
        clients: pool.clients,
        running: pool.hosts.iter().map(|host| host.tasks.len()).sum(),
        waiting: pool.waiting.iter().map(|waiting| waiting.tasks).sum(),
        unserved: unserved
            .map(|waiting| Unserved {
                code: waiting.code.clone(),
                tasks: waiting.tasks,
            })
            .collect(),
        puts: pool.counts.puts,
        dones: pool.counts.dones,
        redelivered: pool.counts.redelivered,
        dead: pool.counts.dead,
        dropped: pool.counts.dropped,
        cancelled: pool.counts.cancelled,
        name: pool.name,
    }
}

fn text(rows: &[Row], namespace: &str) -> String {
    let mut table = Table::new([
        "POOL",
        "HOSTS",
        "SLOTS",
        "CLIENTS",
        "RUNNING",
        "WAITING",
        "PUT",
        "DONE",
        "REDELIVERED",
        "DEAD",
    ]);
    let mut notes = String::new();
    for row in rows {
        table.row([
            row.name.clone(),
            row.hosts.to_string(),
            row.slots.to_string(),
            row.clients.to_string(),
            row.running.to_string(),
            row.waiting.to_string(),
            row.puts.to_string(),
            row.dones.to_string(),
            row.redelivered.to_string(),
            row.dead.to_string(),
        ]);
        for Unserved { code, tasks } in &row.unserved {
            notes.push_str(&format!(
                "{}: {tasks} task(s) wait for a host that runs {code}, and there is none\n",
                row.name
            ));
        }
    }
    match table.is_empty() {
        true => format!("no pools in the namespace {namespace:?}"),
        false => format!("{table}{notes}"),
    }
}
