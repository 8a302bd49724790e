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
        let begun = Arc::new(Begun {
            id,
            host: ticket.member.name.clone(),
            pid: process.pid(),
        });
        let underway = Underway::Process {
            process: Arc::clone(&process),
            begun: Arc::clone(&begun),
            is_daemon,
        };
        let said = self.held.note_underway(ticket.serial, underway.clone());
        said.iter()
            .for_each(|word| self.obey(ticket, &underway, word));
        if self.is_given_up(ticket) {
            underway.end();
        }
        // Should nobody hear of it now, the client asks.
        self.tell(ticket, &begun);
        let ending = process.wait();
        tracing::info!(name, pid = process.pid(), status = ?ending.status(), "a process has ended");
        self.wait_for_client(ticket, &begun);
        verdict(&ending)
    }

    /// Whether nobody counts on the host for it any more: the host is at its end, or others know that it is lost.
    fn is_given_up(&self, ticket: &Ticket) -> bool {
        self.stop.is_killing() || !Arc::ptr_eq(&ticket.member, &self.member())
    }

    /// Tells its client, in one attempt, that a process has begun.
    fn tell(&self, ticket: &Ticket, begun: &Begun) -> Option<Told> {
        let client = (ticket.client.as_str(), ticket.number);
        let told = begun
            .seal(self.board.object())
            .and_then(|notice| self.board.tell(&ticket.member, &ticket.id, client, &notice));
        match told {
            Ok(told) => Some(told),
            Err(error) => {
                tracing::info!(%error, "the client of a process is not told now that it has begun");
                None
            }
        }
    }

    /// Waits for a client that is not there, but not for ever: nobody would be told how its process has ended. It may have been silent for
    /// too long, and come back.
    fn wait_for_client(&self, ticket: &Ticket, begun: &Begun) {
        let patience = Instant::now() + LEASES_OF_PATIENCE * self.board.cluster().lease();
        while self.stop.is_serving()
            && Instant::now() < patience
            && self.tell(ticket, begun) == Some(Told::Nobody)
        {
            thread::sleep(SLICE);
        }
    }

    /// Does what is said to processes of this host, or to those that it is just getting.
    pub(super) fn heed(&self, word: Word) {
        let memory = self.board.cluster().lease();
        let concerned = self.held.underway_for(word.clone(), memory);
        for (ticket, underway) in concerned {
            self.obey(&ticket, &underway, &word);
        }
    }

    fn obey(&self, ticket: &Ticket, underway: &Underway, word: &Word) {
        let Underway::Process {
            process,
            begun,
            is_daemon,
        } = underway
        else {
            return;
        };
        match word {
            Word::Signal { signal, .. } => underway::send(process, *signal),
            Word::Gone { .. } if *is_daemon => underway::send(process, Signal::Kill),
            Word::Gone { .. } => {}
            Word::Ask { .. } => drop(self.tell(ticket, begun)),
        }
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
    let id = text(entry.take("to")?);
    match entry.take("signal")?.as_slice() {
        b"0" => Some(Word::Ask { id }),
        number => Some(Word::Signal {
            signal: Signal::of(number)?,
            id,
        }),
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
