//! Taking messages under this process's lease.

use std::sync::{Arc, PoisonError};

use super::consumer::Consumer;
use super::get::{Portion, Sealed, number, unknown, word};
use super::{PORTION_BYTES, QueueError, lease, reap};
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::payload::Remainder;
use crate::reply::Reply;
use crate::script::{Script, script};

pub(super) static LEASE: Script = script!("lease");

/// What the server has answered to a `get`.
enum Answer {
    Got(Portion),
    Nothing {
        run_out: Vec<String>,
        is_closed: bool,
    },
    /// The lease has ended.
    Lost(Arc<str>),
}

impl Consumer {
    /// Takes up to `limit` messages that are ready; nothing if there are none.
    pub(super) fn take(self: &Arc<Consumer>, limit: usize) -> Result<Option<Portion>, QueueError> {
        self.be_kept()?;
        loop {
            self.settle_doubt()?;
            let (run_out, is_closed) = match self.ask_for(limit)? {
                Answer::Got(portion) => return Ok(Some(portion)),
                Answer::Lost(lease) => {
                    self.change_lease(&lease)?;
                    continue;
                }
                Answer::Nothing { run_out, is_closed } => (run_out, is_closed),
            };
            let ready_again = reap::reap_all(&self.object, run_out, Effort::Patient)?;
            match (ready_again, is_closed) {
                (0, false) => return Ok(None),
                (0, true) => return Err(QueueError::Closed),
                _ => {}
            }
        }
    }

    fn ask_for(&self, limit: usize) -> Result<Answer, ClusterError> {
        let _under_way = self.gets.read().unwrap_or_else(PoisonError::into_inner);
        let (lease, may_be_new) = {
            let state = self.state();
            (Arc::clone(&state.lease), !state.is_registered)
        };
        let call = Call::new(&LEASE, &self.object)
            .keys(["h", "r", "m", "w", "b", "a", "c"])
            .keys([&lease::part(&lease)])
            .argument(&*lease)
            .argument(self.object.cluster().lease())
            .argument(may_be_new)
            .argument(limit)
            .argument(PORTION_BYTES);
        let answer = self.object.cluster().call(call);
        let answer = answer.and_then(|reply| self.note_answer(reply, lease));
        if answer.is_err() {
            self.state().is_in_doubt = true;
        }
        answer
    }

    fn note_answer(&self, reply: Reply, lease: Arc<str>) -> Result<Answer, ClusterError> {
        let mut parts = reply.into_array()?.into_iter();
        let what = word(parts.next())?;
        Ok(match what.as_str() {
            "got" => Answer::Got(self.note_messages(parts, &lease)?),
            "lost" => Answer::Lost(lease),
            "empty" | "closed" => Answer::Nothing {
                run_out: parts.map(Reply::into_text).collect::<Result<_, _>>()?,
                is_closed: what == "closed",
            },
            other => return Err(unknown(other)),
        })
    }

    fn note_messages(
        &self,
        mut parts: impl Iterator<Item = Reply>,
        lease: &Arc<str>,
    ) -> Result<Portion, ClusterError> {
        let has_more = number(parts.next())? > 0;
        let mut messages = Vec::new();
        let mut state = self.state();
        state.is_registered |= state.lease == *lease;
        while let Some(id) = parts.next() {
            let deliveries = number(parts.next())?;
            let bytes = parts.next().unwrap_or(Reply::Nil).into_bytes()?;
            let remainder = Remainder::of(&bytes);
            state.held.add(id.into_text()?, lease, remainder);
            messages.push(Sealed {
                deliveries: u32::try_from(deliveries).unwrap_or(u32::MAX),
                bytes,
            });
        }
        Ok(Portion { messages, has_more })
    }
}
