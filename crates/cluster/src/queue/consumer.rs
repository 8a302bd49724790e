//! This process as a consumer of one joinable queue: its lease, and what it holds under it.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};

use procession_arena::sys::fork_epoch;

use super::get::{Portion, Sealed, number, unknown, word};
use super::held::{Held, Holdings};
use super::{PORTION_BYTES, Queue, QueueError, lease, reap};
use crate::call::{Call, Effort};
use crate::fork_aware::ForkAware;
use crate::keeper::{Kept, Renew};
use crate::object::{Kind, Object};
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub(super) static LEASE: Script = script!("lease");
pub(super) static RENEW: Script = script!("renew");

/// This process as a consumer of one joinable queue, through whichever handles.
pub(super) struct Consumer {
    /// Without a presence: the handles have that.
    pub(super) object: Object,
    /// Held for reading while a `get` is under way, so that whoever holds it for writing knows all that the lease has.
    pub(super) gets: RwLock<()>,
    state: Mutex<State>,
    /// From the first `get` on.
    kept: OnceLock<Kept>,
    made_in: u64,
}

struct State {
    lease: Arc<str>,
    /// Whether the server has told of the lease.
    is_registered: bool,
    /// Whether the lease may have messages that this process does not know of.
    is_in_doubt: bool,
    held: Holdings,
}

/// Consumers by the address of their server and the name of their queue.
type Consumers = HashMap<(String, String), Weak<Consumer>>;

/// The consumers of this process, so that all handles on a queue have the same.
static CONSUMERS: ForkAware<Mutex<Consumers>> = ForkAware::new();

impl Queue {
    /// This process as a consumer of the queue.
    pub(super) fn consumer(&self) -> Result<Arc<Consumer>, ClusterError> {
        let mine = self.0.consumer.get_or_make(Mutex::default);
        let mut mine = mine.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(consumer) = &*mine {
            return Ok(Arc::clone(consumer));
        }
        let consumer = Consumer::of(self.object())?;
        *mine = Some(Arc::clone(&consumer));
        Ok(consumer)
    }
}

impl Consumer {
    fn of(object: &Object) -> Result<Arc<Consumer>, ClusterError> {
        let url = object.cluster().address().url().to_owned();
        let consumers = CONSUMERS.get_or_make(Mutex::default);
        let mut consumers = consumers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (url, object.name().to_owned());
        if let Some(consumer) = consumers.get(&key).and_then(Weak::upgrade) {
            return Ok(consumer);
        }
        let consumer = Consumer::new(object.cluster(), object.name())?;
        consumers.retain(|_, consumer| consumer.strong_count() > 0);
        consumers.insert(key, Arc::downgrade(&consumer));
        Ok(consumer)
    }

    fn new(cluster: &Cluster, name: &str) -> Result<Arc<Consumer>, ClusterError> {
        Ok(Arc::new(Consumer {
            object: Object::absent(cluster, Kind::Queue, name),
            gets: RwLock::default(),
            state: Mutex::new(State {
                lease: lease::fresh(cluster)?.into(),
                is_registered: false,
                is_in_doubt: false,
                held: Holdings::default(),
            }),
            kept: OnceLock::new(),
            made_in: fork_epoch(),
        }))
    }

    /// Has the keeper renew the lease from now on.
    fn be_kept(self: &Arc<Consumer>) -> Result<(), ClusterError> {
        if self.kept.get().is_none() {
            let renewal = Renewal(Arc::downgrade(self));
            let kept = self.object.cluster().keep(Arc::new(renewal))?;
            // Should another thread have come here as well, one of the two is superfluous.
            drop(self.kept.set(kept));
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name under which this process gets messages at the moment.
    pub(super) fn lease(&self) -> Arc<str> {
        Arc::clone(&self.state().lease)
    }

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
            state.held.add(id.into_text()?, lease);
            messages.push(Sealed {
                deliveries: u32::try_from(deliveries).unwrap_or(u32::MAX),
                bytes: parts.next().unwrap_or(Reply::Nil).into_bytes()?,
            });
        }
        Ok(Portion { messages, has_more })
    }

    /// Takes a new lease in place of one that has ended.
    fn change_lease(&self, ended: &str) -> Result<(), ClusterError> {
        let fresh = lease::fresh(self.object.cluster())?;
        let mut state = self.state();
        if *state.lease == *ended {
            tracing::warn!(queue = %self.object, lease = ended, "the lease has ended; what was held under it goes to others");
            state.lease = fresh.into();
            state.is_registered = false;
        }
        Ok(())
    }

    /// Begins to mark a message as done; see [`Holdings::begin_done`].
    pub(super) fn begin_done(&self) -> Option<Held> {
        self.state().held.begin_done()
    }

    /// Notes what has become of a message that was to be marked as done.
    pub(super) fn end_done(&self, held: &Held, is_answered: bool) {
        let holdings = &mut self.state().held;
        match is_answered {
            true => holdings.end_done(held),
            false => holdings.fail_done(held),
        }
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.state().is_in_doubt
    }

    /// All that the lease has is known.
    pub(super) fn end_doubt(&self) {
        self.state().is_in_doubt = false;
    }

    /// Those of the ids in a lease of which this process does not know.
    pub(super) fn unknown(&self, lease: &str, ids: Vec<String>) -> Vec<String> {
        self.state().held.unknown(lease, ids)
    }

    /// Renews the lease; for the keeper, which must not be kept waiting.
    fn renew(&self) -> Result<(), ClusterError> {
        let (lease, is_registered, is_in_doubt) = {
            let state = self.state();
            (
                Arc::clone(&state.lease),
                state.is_registered,
                state.is_in_doubt,
            )
        };
        if !is_registered && !is_in_doubt {
            return Ok(());
        }
        let cluster = self.object.cluster();
        let call = Call::new(&RENEW, &self.object)
            .keys(["h", "c"])
            .keys([&lease::part(&lease)])
            .argument(&*lease)
            .argument(cluster.lease());
        let mut parts = cluster
            .call_with(call, Effort::Once)?
            .into_array()?
            .into_iter();
        let (lives, has) = (number(parts.next())? == 1, number(parts.next())?);
        if !lives && is_registered {
            self.change_lease(&lease)?;
        }
        {
            let mut state = self.state();
            state.is_in_doubt |= lives && has > state.held.count(&lease);
        }
        let run_out = parts.map(Reply::into_text).collect::<Result<_, _>>()?;
        reap::reap_all(&self.object, run_out, Effort::Once)?;
        self.settle_doubt_if_idle()
    }
}

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

/// What the keeper has of a consumer.
struct Renewal(Weak<Consumer>);

impl Renew for Renewal {
    fn renew(&self) -> Result<(), ClusterError> {
        match self.0.upgrade() {
            Some(consumer) => consumer.renew(),
            None => Ok(()),
        }
    }
}

impl Drop for Consumer {
    /// Leaves: what this process still holds is as lost as if it had ended.
    fn drop(&mut self) {
        if self.made_in != fork_epoch() {
            // A copy made by `fork` has nothing to do with it; its keeper's lock may be one that nobody here will ever release.
            mem::forget(self.kept.take());
            return;
        }
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !state.is_registered && !state.is_in_doubt {
            return;
        }
        if let Err(error) = reap::leave(&self.object, &state.lease) {
            tracing::warn!(%error, queue = %self.object, "a consumer could not leave; its lease will run out");
        }
    }
}
