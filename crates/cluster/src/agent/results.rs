//! The thread of a host that hands in what came of tasks.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};

use procession_engine::PoolError;

use super::duty::Duty;
use super::held::Ticket;
use super::station::{Finished, Station};
use super::verdict::Verdict;
use crate::ClusterError;
use crate::pool::{AT_ONCE, Answer, BYTES_AT_ONCE, Outcome};
use crate::waiting::SLICE;

/// What is handed in by one call or a few.
#[derive(Default)]
struct Batch {
    serials: Vec<u64>,
    count: usize,
    bytes: usize,
    /// By the client.
    answers: BTreeMap<String, Vec<Answer>>,
    counted: Vec<String>,
    uncounted: Vec<String>,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.count >= AT_ONCE || self.bytes >= BYTES_AT_ONCE
    }
}

impl Station {
    /// Hands in what came of tasks, as much at a time as there is, until nothing more comes.
    pub(super) fn hand_in_results(&self, finished: &Receiver<Finished>) {
        while let Ok(Some(first)) = finished.recv() {
            let mut batch = Batch::default();
            self.add(&mut batch, first);
            let mut is_over = false;
            while !batch.is_full()
                && let Ok(next) = finished.try_recv()
            {
                match next {
                    Some(next) => self.add(&mut batch, next),
                    None => {
                        is_over = true;
                        break;
                    }
                }
            }
            self.hand_in(&batch);
            // Not before: a recount would give back what has been done and not been handed in.
            batch
                .serials
                .iter()
                .for_each(|serial| self.held.remove(*serial));
            if is_over {
                return;
            }
        }
    }

    fn add(&self, batch: &mut Batch, (ticket, verdict): (Ticket, Verdict)) {
        batch.serials.push(ticket.serial);
        if let Duty::Tasks { slots, .. } = &self.duty {
            slots.release(ticket.since.elapsed());
        }
        // What the host got in a former life others have by now.
        if !Arc::ptr_eq(&ticket.member, &self.member()) {
            return;
        }
        batch.count += 1;
        match verdict {
            Verdict::HandBack { counts: true } => batch.counted.push(ticket.id),
            Verdict::HandBack { counts: false } => batch.uncounted.push(ticket.id),
            Verdict::Broken { error } => {
                batch.uncounted.push(ticket.id);
                self.note_broken(error);
            }
            Verdict::Answer {
                outcome,
                result,
                epitaph,
            } => {
                let sealed = self.seal(&outcome, &result);
                batch.bytes += sealed.len();
                let answer = Answer {
                    id: ticket.id,
                    number: ticket.number,
                    sealed,
                    epitaph,
                    leftovers: ticket.leftovers,
                };
                batch.answers.entry(ticket.client).or_default().push(answer);
            }
        }
    }

    fn seal(&self, outcome: &Outcome, result: &[u8]) -> Vec<u8> {
        let object = self.board.object();
        let sealed = outcome.seal(object, result).or_else(|error| {
            let instead = match error {
                ClusterError::TooLarge { bytes, limit } => Outcome::TooLarge { bytes, limit },
                other => Outcome::Refused {
                    reason: format!("its result could not be sent: {other}"),
                },
            };
            instead.seal(object, &[])
        });
        // Whoever cannot even say why will be asked again by the client's audit.
        sealed.unwrap_or_default()
    }

    fn hand_in(&self, batch: &Batch) {
        let member = self.member();
        for (client, answers) in &batch.answers {
            self.persist(|| {
                let are_accepted = self.board.answer(&member, client, answers)?;
                let refused = are_accepted.iter().filter(|accepted| !**accepted).count();
                if refused > 0 {
                    tracing::info!(
                        tasks = refused,
                        "results came too late: others have these tasks by now"
                    );
                }
                Ok(())
            });
        }
        for (ids, counts) in [(&batch.counted, true), (&batch.uncounted, false)] {
            for portion in ids.chunks(AT_ONCE) {
                self.persist(|| self.board.hand_back(&member, counts, portion));
            }
        }
    }

    /// Makes a call until it succeeds, or others have the tasks.
    fn persist(&self, call: impl Fn() -> Result<(), ClusterError>) {
        while let Err(error) = call() {
            tracing::warn!(%error, "what came of tasks cannot be handed in; it is tried again");
            if self.is_lost() || self.stop.is_killing() {
                return;
            }
            std::thread::sleep(SLICE);
        }
    }

    /// Notes that the local pool carries nothing out any more, and has the host stop.
    fn note_broken(&self, error: PoolError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
        self.stop.drain();
    }
}
