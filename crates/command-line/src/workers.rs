//! `procession workers`.

use procession_cluster::inspect::{Host, pools};
use serde::Serialize;

use crate::DONE;
use crate::arguments::Workers;
use crate::failure::{Failure, connect};
use crate::output::Output;
use crate::table::Table;

#[derive(Debug, Serialize)]
struct Row {
    host: String,
    pid: u32,
    pool: String,
    code: String,
    slots: usize,
    state: &'static str,
    tasks: Vec<Task>,
    processes: usize,
}

#[derive(Debug, Serialize)]
struct Task {
    number: u64,
    attempt: u32,
}

pub(crate) fn run(
    url: Option<&str>,
    options: &Workers,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let cluster = connect(url)?;
    let pools = pools(&cluster)?.into_iter();
    let hosts = pools.flat_map(|pool| {
        let name = pool.name;
        pool.hosts.into_iter().map(move |host| row(&name, host))
    });
    let mut rows: Vec<Row> = hosts.collect();
    rows.sort_by(|one, other| {
        (&one.host, one.pid, &one.pool).cmp(&(&other.host, other.pid, &other.pool))
    });
    let nothing = format!(
        "no worker hosts in the namespace {:?}",
        cluster.address().namespace()
    );
    output.say_table(&rows, &nothing, || table(&rows, options.tasks))?;
    Ok(DONE)
}

fn row(pool: &str, host: Host) -> Row {
    let state = match host {
        Host {
            is_silent: true, ..
        } => "not heard from",
        Host {
            is_draining: true, ..
        } => "draining",
        _ => "serving",
    };
    let tasks = host.tasks.iter().map(|task| Task {
        number: task.number,
        attempt: task.attempt,
    });
    Row {
        tasks: tasks.collect(),
        host: host.name,
        pid: host.pid,
        pool: pool.to_owned(),
        code: host.code,
        slots: host.slots,
        processes: host.processes,
        state,
    }
}

fn table(rows: &[Row], with_tasks: bool) -> Table {
    let mut table = Table::new([
        "HOST",
        "PID",
        "POOL",
        "STATE",
        "SLOTS",
        "TASKS",
        "PROCESSES",
        "CODE",
    ]);
    for row in rows {
        table.row([
            row.host.clone(),
            row.pid.to_string(),
            row.pool.clone(),
            row.state.to_owned(),
            row.slots.to_string(),
            tasks(&row.tasks, with_tasks),
            row.processes.to_string(),
            row.code.clone(),
        ]);
    }
    table
}

/// How many there are; or their numbers, and which attempt each is.
fn tasks(tasks: &[Task], with_numbers: bool) -> String {
    if !with_numbers {
        return tasks.len().to_string();
    }
    let told = tasks.iter().map(|task| match task.attempt {
        1 => format!("#{}", task.number),
        attempt => format!("#{} (attempt {attempt})", task.number),
    });
    match told.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "-".to_owned(),
        told => told,
    }
}
