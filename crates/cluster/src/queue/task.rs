//! Marking messages as done, and waiting until all are.

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use procession_arena::Wait;

use super::held::Held;
use super::state::State;
use super::{Queue, QueueError, lease};
use crate::ClusterError;
use crate::call::Call;
use crate::script::{Script, script};
use crate::waiting::wait_for;

pub(super) static DONE: Script = script!("done");

const IS_DONE: i64 = 1;
const IS_NOT_THERE: i64 = 0;

impl Queue {
    /// Marks as done the oldest message that this thread has got; if it has none, the oldest that this process has.
    ///
    /// # Errors
    ///
    /// [`QueueError::TaskDoneTooOften`] if this process holds none; [`ClusterError::LeaseLost`] if the message was given to others, or counted
    /// as lost, since the server has not heard from this process for too long; [`QueueError::NotJoinable`]; [`ClusterError::Gone`],
    /// [`ClusterError::Unavailable`] and its like, after which it can be called again for the same message.
    pub fn task_done(&self) -> Result<(), QueueError> {
        if self.config().joinable.is_none() {
            return Err(QueueError::NotJoinable);
        }
        let consumer = self.consumer()?;
        let held = consumer.begin_done().ok_or(QueueError::TaskDoneTooOften)?;
        let answer = self.mark_as_done(&held);
        consumer.end_done(&held, answer.is_ok());
        let is_done = match answer? {
            IS_DONE => true,
            // By a call whose answer was lost.
            IS_NOT_THERE => held.may_be_done,
            _ => false,
        };
        if !is_done {
            return Err(QueueError::Cluster(ClusterError::LeaseLost {
                object: self.object().to_string(),
            }));
        }
        if let Some(remainder) = &held.remainder {
            remainder.remove(self.object());
        }
        Ok(())
    }

    fn mark_as_done(&self, held: &Held) -> Result<i64, ClusterError> {
        let call = Call::new(&DONE, self.object())
            .keys(["h", "m", "a", "c", "j"])
            .keys([&lease::part(&held.lease)])
            .argument(&*held.lease)
            .argument(held.id.as_str());
        self.cluster().call(call)?.integer()
    }

    /// Waits until every message that was put is done.
    ///
    /// # Errors
    ///
    /// [`QueueError::ConsumerLost`] as soon as messages were lost with a consumer; the next call goes on waiting for the others.
    /// [`QueueError::TimedOut`]; [`QueueError::NotJoinable`]; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    ///
    /// # If a process dies
    ///
    /// A consumer: see [`OnLost`](procession_objects::OnLost), when its lease has run out; whoever joins sees to that.
    pub fn join(&self, wait: Wait) -> Result<(), QueueError> {
        if self.config().joinable.is_none() {
            return Err(QueueError::NotJoinable);
        }
        let last_signal = RefCell::new(String::new());
        let look = || {
            let state = self.look_and_reap()?;
            self.tell_losses(&state)?;
            last_signal.replace(state.last_signal);
            Ok((state.unfinished == 0).then_some(()))
        };
        let pause = |slice| {
            let last_signal = last_signal.borrow();
            Ok(self
                .cluster()
                .wait_for_signal(self.object(), "j", &last_signal, slice)?)
        };
        let found: Result<_, QueueError> = wait_for(wait, look, pause);
        found?.ok_or(QueueError::TimedOut)
    }

    /// Reports each loss once for each handle.
    fn tell_losses(&self, state: &State) -> Result<(), QueueError> {
        let told = self.0.told.swap(state.lost, Ordering::Relaxed);
        match state.lost.saturating_sub(told) {
            0 => Ok(()),
            count => {
                let (host, pid) = lease::holder(&state.lost_by);
                Err(QueueError::ConsumerLost { host, pid, count })
            }
        }
    }
}
