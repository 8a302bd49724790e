//! What concerns processes alone: a board of their own, what their clients are told while they run, and signals.

use super::{Board, REPLIES_KEPT};
use crate::call::{Call, Effort};
use crate::object::Kind;
use crate::pool::member::HostMember;
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub(super) static TELL: Script = script!("tell");
pub(super) static SIGNAL: Script = script!("signal");

/// What a signal has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// It has ended, also if it was lost with its host.
    Nothing,
    /// Its host hears of the signal.
    Held,
    /// No host had begun it, and now none will.
    Waiting,
}

/// Who has been told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The client of the task.
    Client,
    /// Nobody: the client is not there.
    Nobody,
    /// Nobody: the host does not hold the task any more.
    TooLate,
}

impl Board {
    /// The processes of the hosts that serve the pool of that name.
    pub(crate) fn of_processes(
        cluster: &Cluster,
        name: &str,
        code: &str,
    ) -> Result<Board, ClusterError> {
        Board::of(cluster, Kind::Process, name, code)
    }

    /// Whether it is one of processes, whose hosts must hear of the ends of clients.
    pub(crate) fn has_processes(&self) -> bool {
        self.object.kind() == Kind::Process
    }

    /// Tells the client of a task how it gets on, in one attempt.
    pub(crate) fn tell(
        &self,
        host: &HostMember,
        id: &str,
        (client, number): (&str, u64),
        notice: &[u8],
    ) -> Result<Told, ClusterError> {
        let call = Call::new(&TELL, &self.object)
            .keys([&host.lease(), "k", &format!("rep:{client}")])
            .argument(id)
            .argument(client)
            .argument(number)
            .argument(notice)
            .argument(REPLIES_KEPT);
        let told = self.cluster().call_with(call, Effort::Once)?;
        Ok(match told.integer()? {
            0 => Told::TooLate,
            1 => Told::Client,
            _ => Told::Nobody,
        })
    }

    /// Has the host of a process tell again that it has begun, if it has.
    pub(crate) fn ask_whether_begun(&self, id: &str) -> Result<(), ClusterError> {
        let call = self.signal_call(id, 0);
        self.cluster().call_with(call, Effort::Once).map(drop)
    }

    fn signal_call<'a>(&'a self, id: &str, signal: i32) -> Call<'a> {
        Call::new(&SIGNAL, &self.object)
            .keys(["h", "m", &self.ready, "a", "x"])
            .argument(id)
            .argument(i64::from(signal))
    }

    /// Sends a signal to the process that was put there under that id.
    pub(crate) fn signal(&self, id: &str, signal: i32) -> Result<Met, ClusterError> {
        let call = self.signal_call(id, signal);
        Ok(match self.cluster().call(call)?.integer()? {
            0 => Met::Nothing,
            1 => Met::Held,
            _ => Met::Waiting,
        })
    }
}
