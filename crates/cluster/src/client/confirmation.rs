//! Waiting until what a call has done has got where it is to be. The argument is in `README.md`.

use std::time::{Duration, Instant};

use super::connection::Connection;
use super::failure::Failure;
use super::replicas::{Attached, Replicas, find_out, wanted};
use super::request::{Request, digest};
use crate::call::Effort;
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::{Address, ClusterError, Durability, Endpoint, interrupt};

/// How long the server waits at first; then twice as long each time, since the next question is about what others have done meanwhile as well.
const FIRST_SLICE: Duration = Duration::from_millis(250);
/// But never longer, so that interruptions are seen.
const LONGEST_SLICE: Duration = Duration::from_secs(2);

/// So long the mark lives that a repeated call leaves.
const MARK_LIFE: Duration = Duration::from_secs(1);

pub(super) static MARK: Script = script!("mark");

/// What a call waits for when it has been carried out.
pub(super) enum Confirmation {
    /// Nothing.
    Unneeded,
    /// What it has done is to be as durable as this by then, or it fails.
    Required {
        durability: Durability,
        until: Instant,
        /// A key beside those of the call.
        mark: String,
        /// Also when it is called for the first time: another call may have done it already, and not have waited for it to the end.
        may_change_nothing: bool,
    },
    /// A moment for a replica, if there is one.
    Wanted,
}

impl Confirmation {
    /// For a call of this script on the object with that header.
    pub(super) fn of_script(
        script: &Script,
        header: &str,
        effort: Effort,
        address: &Address,
    ) -> Confirmation {
        match effort {
            // Others would see to it as well.
            Effort::Once => Confirmation::Unneeded,
            Effort::Patient if script.wants_a_replica() => Confirmation::Wanted,
            Effort::Patient if script.is_confirmed() => {
                Confirmation::required(header, !script.is_recorded(), address)
            }
            Effort::Patient => Confirmation::Unneeded,
        }
    }

    /// For a command that changes what users see, and may find that it was changed before.
    pub(super) fn of_change(key: &str, effort: Effort, address: &Address) -> Confirmation {
        match effort {
            Effort::Once => Confirmation::Unneeded,
            Effort::Patient => Confirmation::required(key, true, address),
        }
    }

    fn required(key: &str, may_change_nothing: bool, address: &Address) -> Confirmation {
        match address.durability() {
            Durability::Server => Confirmation::Unneeded,
            durability => Confirmation::Required {
                durability,
                until: Instant::now() + address.patience,
                mark: format!("{key}-mark"),
                may_change_nothing,
            },
        }
    }
}

pub(super) fn question(durability: Durability, slice: Duration) -> Request {
    let parts = durability.question(slice);
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Request::command(&parts)
}

/// Has the server carry something out, and waits until it is as durable as it has to be. `packed` is one of the forms of the request.
pub(super) fn carry_out(
    connection: &mut Connection,
    request: &Request,
    packed: &[u8],
    thinking: Duration,
    replicas: &Replicas,
) -> Result<Reply, Failure> {
    match request.confirmation() {
        Confirmation::Unneeded => connection.ask(packed, thinking),
        Confirmation::Required {
            durability,
            until,
            mark,
            may_change_nothing,
        } => {
            let mark = (request.note_sending() || *may_change_nothing).then_some(mark.as_str());
            required(connection, request, packed, mark, (*durability, *until))
        }
        Confirmation::Wanted => match replicas.of(connection.endpoint()) {
            Attached::No => connection.ask(packed, thinking),
            Attached::Yes => wanted(connection, packed, replicas),
            Attached::Unknown => find_out(connection, packed, replicas),
        },
    }
}

fn required(
    connection: &mut Connection,
    request: &Request,
    packed: &[u8],
    mark: Option<&str>,
    (durability, until): (Durability, Instant),
) -> Result<Reply, Failure> {
    let left = || until.saturating_duration_since(Instant::now());
    let mut slice = FIRST_SLICE.min(left());
    let (reply, mut answer) = ask_first(
        connection,
        packed,
        mark,
        &question(durability, slice),
        slice,
    )?;
    request.note_taken();
    loop {
        let answered = answer.map_err(|failure| unanswered(failure, connection.endpoint()))?;
        if durability
            .is_confirmed_by(&answered)
            .map_err(Failure::Final)?
        {
            return Ok(reply);
        }
        if left().is_zero() {
            let reason = match durability {
                Durability::Disk => "its disk has not confirmed it",
                Durability::Server | Durability::Replica => "no replica has confirmed it",
            };
            return Err(unconfirmed(connection.endpoint(), reason.to_owned()));
        }
        interrupt::check().map_err(Failure::Final)?;
        slice = (slice * 2).clamp(FIRST_SLICE, LONGEST_SLICE).min(left());
        answer = connection.ask(question(durability, slice).packed(), slice);
    }
}

/// Has it carried out, and asks in the same breath whether it is confirmed. If it may have been carried out before, over another connection, it leaves a mark
/// on this one: the server's answer is about what was changed over the connection.
fn ask_first(
    connection: &mut Connection,
    packed: &[u8],
    mark: Option<&str>,
    question: &Request,
    slice: Duration,
) -> Result<(Reply, Result<Reply, Failure>), Failure> {
    let Some(mark) = mark else {
        let [reply, answer] = connection.ask_together([packed, question.packed()], slice)?;
        return Ok((reply?, answer));
    };
    let life = MARK_LIFE.as_millis().to_string().into_bytes();
    let mark = Request::script(MARK.prepared(digest), vec![mark.to_owned()], vec![life]);
    let commands = [packed, &mark.with_script(), question.packed()];
    let [reply, marked, answer] = connection.ask_together(commands, slice)?;
    let reply = reply?;
    Ok((reply, marked.and(answer)))
}

/// The server cannot say any more whether it is durable.
fn unanswered(failure: Failure, server: &Endpoint) -> Failure {
    match failure {
        Failure::Final(ClusterError::Protocol { reason }) => unconfirmed(server, reason),
        other => other,
    }
}

fn unconfirmed(server: &Endpoint, reason: String) -> Failure {
    Failure::Final(ClusterError::Unconfirmed {
        server: server.to_string(),
        reason,
    })
}
