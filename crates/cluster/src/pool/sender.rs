//! The thread that puts a client's tasks on the server.

use std::time::Instant;

use procession_engine::PoolError;
use procession_engine::pool::Carried;

use super::board::{Submitted, is_absence};
use super::client::Client;
use super::outcome::unavailable;
use super::task::Task;
use crate::ClusterError;

/// What there is to do.
enum Errand {
    Cancel(Vec<String>),
    Put(Vec<Carried>),
}

/// Does what there is to do, until the pool has ended and nothing is left.
pub(super) fn send(client: &Client) {
    while let Some(errand) = next(client) {
        match errand {
            Errand::Cancel(ids) => cancel(client, &ids),
            Errand::Put(tasks) => put(client, tasks),
        }
    }
    if let Err(error) = client.board.leave_client(&client.name) {
        tracing::debug!(%error, "a client of a pool could not take its leave; it is forgotten when its lease is over");
    }
}

fn next(client: &Client) -> Option<Errand> {
    let mut ledger = client.lock();
    loop {
        if !ledger.unwanted.is_empty() {
            return Some(Errand::Cancel(std::mem::take(&mut ledger.unwanted)));
        }
        let window = client.window();
        if ledger.has_portion(window) {
            return Some(Errand::Put(ledger.take_portion(window)));
        }
        if ledger.is_over {
            return None;
        }
        ledger = client.wait(ledger);
    }
}

fn cancel(client: &Client, ids: &[String]) {
    for portion in ids.chunks(super::AT_ONCE) {
        if let Err(error) = client.board.cancel(true, portion) {
            tracing::warn!(%error, "tasks could not be cancelled on the server; some will be carried out for nobody");
        }
    }
}

fn put(client: &Client, tasks: Vec<Carried>) {
    let mut submitted = Vec::with_capacity(tasks.len());
    let mut numbers = Vec::with_capacity(tasks.len());
    for carried in tasks {
        let number = carried.number;
        let priority = carried.options.priority;
        let task = Task::new(
            &client.name,
            &client.settings.code,
            client.settings.keeps_tasks,
            carried,
        );
        match task.seal(client.board.object()) {
            Ok(sealed) => {
                numbers.push(number);
                submitted.push(Submitted { priority, sealed });
            }
            Err(error) => client.settle(vec![(number, Err(unavailable(error)))]),
        }
    }
    if numbers.is_empty() {
        return;
    }
    match put_registered(client, &submitted) {
        Ok(ids) => client.change(|ledger| {
            let now = Instant::now();
            let put = numbers.into_iter().zip(ids);
            put.for_each(|(number, id)| ledger.note_put(number, id, now));
        }),
        Err(error) => {
            let reason: PoolError = unavailable(error);
            let failed = numbers.iter().map(|&number| (number, Err(reason.clone())));
            client.settle(failed.collect());
        }
    }
}

/// Puts them; should the server have forgotten the client, registers it first.
fn put_registered(client: &Client, tasks: &[Submitted]) -> Result<Vec<String>, ClusterError> {
    match client.board.put(&client.name, tasks) {
        Err(error) if is_absence(&error) => {
            client.enter_again()?;
            client.board.put(&client.name, tasks)
        }
        outcome => outcome,
    }
}
