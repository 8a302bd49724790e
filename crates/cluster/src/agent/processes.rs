//! Starting processes for others, and what is said to them from afar.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::duty::StartProcess;
use super::held::{Ticket, Word};
use super::hosted_process::ProcessRequest;
use super::station::Station;
use super::underway::{self, Underway};
use super::verdict::Verdict;
use crate::pool::{Entry, Outcome, Task, Told};
use crate::process::{Begun, Ending, Request, Signal};
use crate::waiting::SLICE;

/// For how many leases a client that is not there may come back, and be told that its process has begun.
const LEASES_OF_PATIENCE: u32 = 4;

impl Station {
    /// Starts the process that a task asks for, in a thread that stays with it until its end.
    pub(super) fn begin_process(
        self: &Arc<Station>,
        start: &Arc<StartProcess>,
        ticket: Ticket,
        task: &Task,
    ) {
        let (request, arguments) = match Request::decode(&task.bytes) {
            Ok((request, arguments)) => (request, arguments.to_vec()),
            Err(error) => return self.finish(ticket, refusal(&error.to_string())),
        };
        let id = request.id;
        let request = ProcessRequest {
            work: task.header.work,
            arguments,
            command: request.command,
        };
        let (station, start, told) = (Arc::clone(self), Arc::clone(start), ticket.clone());
        let thread = thread::Builder::new().name(request.command.name().to_owned());
        let spawned = thread.spawn(move || {
            let verdict = station.run_process(&*start, &ticket, id, request);
            station.finish(ticket, verdict);
        });
        if let Err(error) = spawned {
            self.finish(told, refusal(&error.to_string()));
        }
    }

    fn run_process(
        &self,
        start: &StartProcess,
        ticket: &Ticket,
        id: String,
        request: ProcessRequest,
    ) -> Verdict {
        let name = request.command.name().to_owned();
        let is_daemon = request.command.is_daemon();
        let process = match start(request) {
            Ok(process) => process,
            Err(reason) => {
                let host = &ticket.member.name;
                return refusal(&format!("the host {host} could not start it: {reason}"));
            }
        };
        tracing::info!(name, pid = process.pid(), "a process begins");
        let underway = Underway::Process {
            process: Arc::clone(&process),
            is_daemon,
        };
        let said = self.held.note_underway(ticket.serial, underway.clone());
        said.iter().for_each(|word| obey(&underway, word));
        if self.is_given_up(ticket) {
            underway.end();
        }
        let begun = Begun {
            id,
            host: ticket.member.name.clone(),
            pid: process.pid(),
        };
        self.tell(ticket, &begun);
        let ending = process.wait();
        tracing::info!(name, pid = process.pid(), status = ?ending.status(), "a process has ended");
        // Once more, since how it has ended would be told to nobody while its client is not there.
        self.tell(ticket, &begun);
        verdict(&ending)
    }

    /// Whether nobody counts on the host for it any more: the host is at its end, or others know that it is lost.
    fn is_given_up(&self, ticket: &Ticket) -> bool {
        self.stop.is_killing() || !Arc::ptr_eq(&ticket.member, &self.member())
    }

    /// Tells its client that a process has begun; waits for one that is not there, but not for ever.
    fn tell(&self, ticket: &Ticket, begun: &Begun) {
        let notice = match begun.seal(self.board.object()) {
            Ok(notice) => notice,
            Err(error) => return tracing::warn!(%error, "where a process has begun cannot be told"),
        };
        let client = (ticket.client.as_str(), ticket.number);
        let patience = Instant::now() + LEASES_OF_PATIENCE * self.board.cluster().lease();
        loop {
            let told = self.board.tell(&ticket.member, &ticket.id, client, &notice);
            match told {
                Ok(Told::Client) => return,
                Ok(Told::TooLate) => {
                    return tracing::info!("a process began too late: others know that it is lost");
                }
                // It may have been silent for too long, and come back.
                Ok(Told::Nobody) if Instant::now() < patience && self.stop.is_serving() => {
                    thread::sleep(SLICE);
                }
                Ok(Told::Nobody) => return tracing::info!("the client of a process is gone"),
                Err(error) => {
                    return tracing::warn!(%error, "nobody could be told that a process has begun");
                }
            }
        }
    }

    /// Does what is said to processes of this host, or to those that it is just getting.
    pub(super) fn heed(&self, word: Word) {
        let memory = self.board.cluster().lease();
        let concerned = self.held.underway_for(word.clone(), memory);
        concerned.iter().for_each(|underway| obey(underway, &word));
    }
}

/// What is said to processes in an entry of the pool's stream; nothing if it says something else.
pub(super) fn word(entry: &mut Entry) -> Option<Word> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if let Some(client) = entry.take("gone") {
        return Some(Word::Gone {
            client: text(client),
            last: text(entry.take("last")?).parse().ok()?,
        });
    }
    Some(Word::Signal {
        id: text(entry.take("to")?),
        signal: Signal::of(&entry.take("signal")?)?,
    })
}

fn obey(underway: &Underway, word: &Word) {
    match (underway, word) {
        (Underway::Process { process, .. }, Word::Signal { signal, .. }) => {
            underway::send(process, *signal);
        }
        (
            Underway::Process {
                process,
                is_daemon: true,
            },
            Word::Gone { .. },
        ) => underway::send(process, Signal::Kill),
        (Underway::Process { .. } | Underway::Job(_), _) => {}
    }
}

fn verdict(ending: &Ending) -> Verdict {
    match ending.encode() {
        Ok(result) => Verdict::Answer {
            outcome: Outcome::Returned,
            result,
            epitaph: String::new(),
        },
        Err(error) => refusal(&error.to_string()),
    }
}

fn refusal(reason: &str) -> Verdict {
    Verdict::refusal(Outcome::Refused {
        reason: reason.to_owned(),
    })
}
