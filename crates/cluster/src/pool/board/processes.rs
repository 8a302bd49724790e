//! What concerns processes alone: a board of their own, what their clients are told while they run, and signals.

use super::{Board, REPLIES_KEPT};
use crate::call::Call;
use crate::object::Kind;
use crate::pool::member::HostMember;
use crate::script::{Script, script};
use crate::{Cluster, ClusterError};

pub(super) static TELL: Script = script!("tell");
pub(super) static SIGNAL: Script = script!("signal");

/// What a signal has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// It has ended.
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
    pub(super) fn has_processes(&self) -> bool {
        self.object.kind() == Kind::Process
    }

    /// Tells the client of a task how it gets on.
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
        Ok(match self.cluster().call(call)?.integer()? {
            0 => Told::TooLate,
            1 => Told::Client,
            _ => Told::Nobody,
        })
    }

    /// Sends a signal to the process that was put there under that id.
    pub(crate) fn signal(&self, id: &str, signal: i32) -> Result<Met, ClusterError> {
        let call = Call::new(&SIGNAL, &self.object)
            .keys(["h", "m", &self.ready, "a", "x"])
            .argument(id)
            .argument(i64::from(signal));
        Ok(match self.cluster().call(call)?.integer()? {
            0 => Met::Nothing,
            1 => Met::Held,
            _ => Met::Waiting,
        })
    }
}
