//! Which servers have a replica, as far as that is known, and waiting a moment for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::confirmation::question;
use super::connection::Connection;
use super::failure::Failure;
use super::request::Request;
use crate::replication::has_replica_in_step;
use crate::reply::Reply;
use crate::{Durability, Endpoint};

/// How long it is relied on: one may be attached or lost at any time.
const RELIED_ON: Duration = Duration::from_secs(1);
/// How long a call waits for a replica that it could do without.
const MOMENT: Duration = Duration::from_millis(100);

/// Which servers have a replica in step, and when that was found out.
#[derive(Default)]
pub(super) struct Replicas(Mutex<HashMap<Endpoint, (bool, Instant)>>);

/// Whether a server has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attached {
    Yes,
    No,
    /// It is to be asked.
    Unknown,
}

impl Replicas {
    pub(super) fn of(&self, server: &Endpoint) -> Attached {
        match self.lock().get(server) {
            Some((_, since)) if since.elapsed() > RELIED_ON => Attached::Unknown,
            Some((true, _)) => Attached::Yes,
            Some((false, _)) => Attached::No,
            None => Attached::Unknown,
        }
    }

    pub(super) fn note(&self, server: &Endpoint, is_attached: bool) {
        let found = (is_attached, Instant::now());
        self.lock().insert(server.clone(), found);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Endpoint, (bool, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits a moment for the replica that there is.
pub(super) fn wanted(
    connection: &mut Connection,
    packed: &[u8],
    replicas: &Replicas,
) -> Result<Reply, Failure> {
    let asked = question(Durability::Replica, MOMENT);
    let [reply, answer] = connection.ask_together([packed, asked.packed()], MOMENT)?;
    let reply = reply?;
    note_answer(connection, answer, replicas)?;
    Ok(reply)
}

/// Asks on the occasion whether there is a replica, and if so waits a moment for it.
pub(super) fn find_out(
    connection: &mut Connection,
    packed: &[u8],
    replicas: &Replicas,
) -> Result<Reply, Failure> {
    let asked = Request::command(&[b"INFO", b"replication"]);
    let commands = [packed, asked.packed()];
    let [reply, description] = connection.ask_together(commands, Duration::ZERO)?;
    let reply = reply?;
    let is_attached = match said(description)? {
        Some(text) => has_replica_in_step(&text.into_text().map_err(Failure::Final)?),
        None => false,
    };
    replicas.note(connection.endpoint(), is_attached);
    if is_attached {
        let answer = connection.ask(question(Durability::Replica, MOMENT).packed(), MOMENT);
        note_answer(connection, answer, replicas)?;
    }
    Ok(reply)
}

/// One that did not confirm within a moment is not waited for again until it is found to be in step.
fn note_answer(
    connection: &Connection,
    answer: Result<Reply, Failure>,
    replicas: &Replicas,
) -> Result<(), Failure> {
    let is_there = match said(answer)? {
        Some(answer) => Durability::Replica
            .is_confirmed_by(&answer)
            .map_err(Failure::Final)?,
        None => false,
    };
    if !is_there {
        tracing::debug!(server = %connection.endpoint(), "no replica has confirmed an acquisition within a moment");
        replicas.note(connection.endpoint(), false);
    }
    Ok(())
}

/// What the server has said; nothing if that was a refusal. That the connection has failed is told: what comes next over it may belong to what was asked before.
fn said(answer: Result<Reply, Failure>) -> Result<Option<Reply>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure @ (Failure::Broken(_) | Failure::Silent)) => Err(failure),
        Err(_) => Ok(None),
    }
}
