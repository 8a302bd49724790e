//! What hosts do with tasks.

use super::{BYTES_AT_ONCE, Board, REPLIES_KEPT, flags};
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::payload::Remainder;
use crate::pool::member::HostMember;
use crate::script::{Script, script};

static FETCH: Script = script!("fetch");
pub(super) static ANSWER: Script = script!("answer");
static HAND_BACK: Script = script!("hand_back");
static RECOUNT: Script = script!("recount");

/// A task that a host holds from now on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) id: String,
    /// The first is 1.
    pub(crate) attempt: u32,
    /// The host that held it in the attempt before, if there was one.
    pub(crate) failed_host: String,
    pub(crate) sealed: Vec<u8>,
}

/// What came of a task that a host holds.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) id: String,
    /// The client's name for it.
    pub(crate) number: u64,
    /// As [`Outcome::seal`](crate::pool::outcome::Outcome::seal) makes it.
    pub(crate) sealed: Vec<u8>,
    /// Why the task is to be kept among the dead, if it is.
    pub(crate) epitaph: String,
    /// What is to be released when the task has ended, if its arguments lie elsewhere on the server.
    pub(crate) leftovers: Option<Remainder>,
}

impl Board {
    /// Takes up to so many tasks over, in one attempt: if the answer is lost, the host holds tasks that it does not know of,
    /// until it [recounts](Self::recount).
    pub(crate) fn fetch(
        &self,
        host: &HostMember,
        count: usize,
    ) -> Result<Vec<Fetched>, ClusterError> {
        let call = Call::new(&FETCH, &self.object)
            .keys([
                "h",
                "m",
                &self.ready,
                &self.wake,
                &host.lease(),
                "a",
                "c",
                "k",
            ])
            .argument(host.text())
            .argument(count)
            .argument(BYTES_AT_ONCE);
        let reply = self.cluster().call_with(call, Effort::Once)?;
        let mut parts = reply.into_array()?.into_iter();
        let mut found = Vec::new();
        while let (Some(id), Some(attempt), Some(failed_host), Some(sealed)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        {
            found.push(Fetched {
                id: id.into_text()?,
                attempt: u32::try_from(attempt.count()?).unwrap_or(u32::MAX),
                failed_host: failed_host.into_text()?,
                sealed: sealed.into_bytes()?,
            });
        }
        Ok(found)
    }

    /// Ends tasks of one client; says for each whether the host still held it.
    pub(crate) fn answer(
        &self,
        host: &HostMember,
        client: &str,
        answers: &[Answer],
    ) -> Result<Vec<bool>, ClusterError> {
        let replies = format!("rep:{client}");
        let mut call = Call::new(&ANSWER, &self.object)
            .keys(["h", "m", &host.lease(), "a", "k", &replies, "d"])
            .argument(client)
            .argument(REPLIES_KEPT)
            .argument(self.code.as_str());
        for answer in answers {
            call = call
                .argument(answer.id.as_str())
                .argument(answer.number)
                .argument(answer.sealed.as_slice())
                .argument(answer.epitaph.as_str());
        }
        let hits = flags(self.cluster().call(call)?)?;
        for (answer, _) in answers.iter().zip(&hits).filter(|(_, hit)| **hit) {
            // The dead may be wanted again.
            if let Some(leftovers) = &answer.leftovers
                && answer.epitaph.is_empty()
            {
                leftovers.remove(&self.object);
            }
        }
        Ok(hits)
    }

    /// Has tasks begun again by whoever comes next. `counts`: the attempt has failed, rather than that it was never really made.
    pub(crate) fn hand_back(
        &self,
        host: &HostMember,
        counts: bool,
        ids: &[String],
    ) -> Result<(), ClusterError> {
        let call = Call::new(&HAND_BACK, &self.object)
            .keys(["h", "m", &self.ready, &self.wake, &host.lease(), "a"])
            .argument(if counts { host.name.as_str() } else { "" })
            .arguments(ids.iter().map(String::as_str));
        self.cluster().call(call).map(drop)
    }

    /// Gives back what the host holds besides these; says how many that were.
    pub(crate) fn recount(&self, host: &HostMember, known: &[String]) -> Result<u64, ClusterError> {
        let call = Call::new(&RECOUNT, &self.object)
            .keys(["h", "m", &self.ready, &self.wake, &host.lease()])
            .arguments(known.iter().map(String::as_str));
        self.cluster().call(call)?.count()
    }
}
