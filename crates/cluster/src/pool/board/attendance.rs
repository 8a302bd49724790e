//! Who takes part, and who has died.

use super::{Board, REPLIES_KEPT};
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::pool::member::{Description, HostMember};
use crate::reply::Reply;
use crate::script::{Script, script};

static RENEW: Script = script!("renew");
static REMOVE_HOST: Script = script!("remove_host");
pub(super) static REMOVE_CLIENT: Script = script!("remove_client");

/// Those whose leases are over.
#[derive(Debug, Default)]
pub(crate) struct Absentees {
    hosts: Vec<String>,
    clients: Vec<String>,
}

impl Board {
    /// Registers a host.
    pub(crate) fn enter_host(
        &self,
        host: &HostMember,
        description: &Description,
    ) -> Result<(), ClusterError> {
        let call = self.renewal(["h", "c", "c", "k", "i"], host.text(), true);
        let call = call.argument(description.to_string());
        let (_, absentees) = attendance(self.cluster().call(call)?)?;
        self.remove(absentees)
    }

    /// Says that a host is there; false if it is not registered, since it was not heard for too long or the server has lost its data.
    pub(crate) fn renew_host(
        &self,
        host: &HostMember,
        description: &Description,
    ) -> Result<bool, ClusterError> {
        let call = self.renewal(["h", "c", "c", "k", "i"], host.text(), false);
        let call = call.argument(description.to_string());
        let (is_member, absentees) = attendance(self.cluster().call_with(call, Effort::Once)?)?;
        self.remove(absentees)?;
        Ok(is_member)
    }

    /// Registers a client.
    pub(crate) fn enter_client(&self, client: &str) -> Result<(), ClusterError> {
        let replies = format!("rep:{client}");
        let call = self.renewal(["h", "k", "c", "k", &replies], client, true);
        let (_, absentees) = attendance(self.cluster().call(call.argument(""))?)?;
        self.remove(absentees)
    }

    /// Says that a client is there; false if it is not registered.
    pub(crate) fn renew_client(&self, client: &str) -> Result<bool, ClusterError> {
        let replies = format!("rep:{client}");
        let call = self.renewal(["h", "k", "c", "k", &replies], client, false);
        let reply = self.cluster().call_with(call.argument(""), Effort::Once)?;
        let (is_member, absentees) = attendance(reply)?;
        self.remove(absentees)?;
        Ok(is_member)
    }

    fn renewal<'a>(&'a self, keys: [&str; 5], member: &str, enters: bool) -> Call<'a> {
        Call::new(&RENEW, &self.object)
            .keys(keys)
            .argument(member)
            .argument(self.cluster().lease())
            .argument(enters)
            .argument(REPLIES_KEPT)
    }

    /// Removes those who have died. Who dies here leaves that to the next.
    fn remove(&self, absentees: Absentees) -> Result<(), ClusterError> {
        for host in absentees.hosts {
            let Some(host) = HostMember::parse(&host) else {
                return Err(ClusterError::protocol(format!("a host called {host:?}")));
            };
            let count = self.remove_host(&host, &host.name)?;
            tracing::warn!(
                host = host.name,
                pid = host.pid,
                tasks = count,
                "a worker host is not heard from any more; its tasks go to others"
            );
        }
        for client in absentees.clients {
            self.remove_client(&client, false)?;
        }
        Ok(())
    }

    /// Takes a host's leave: what it still holds is given back, and no attempt is counted.
    pub(crate) fn leave_host(&self, host: &HostMember) -> Result<(), ClusterError> {
        self.remove_host(host, "").map(drop)
    }

    pub(super) fn remove_host(
        &self,
        host: &HostMember,
        culprit: &str,
    ) -> Result<u64, ClusterError> {
        let (ready, wake) = self.of_code(host);
        let call = Call::new(&REMOVE_HOST, &self.object)
            .keys(["h", "m", &ready, &wake, &host.lease(), "a", "c", "i"])
            .argument(host.text())
            .argument(culprit);
        self.cluster().call_with(call, Effort::Once)?.count()
    }

    /// Takes a client's leave.
    pub(crate) fn leave_client(&self, client: &str) -> Result<(), ClusterError> {
        self.remove_client(client, true)
    }

    pub(super) fn remove_client(
        &self,
        client: &str,
        takes_leave: bool,
    ) -> Result<(), ClusterError> {
        let call = Call::new(&REMOVE_CLIENT, &self.object)
            .keys(["k", &format!("rep:{client}"), "x", "h"])
            .argument(client)
            .argument(takes_leave)
            .argument(self.has_processes());
        self.cluster().call_with(call, Effort::Once).map(drop)
    }
}

fn attendance(reply: Reply) -> Result<(bool, Absentees), ClusterError> {
    let [is_member, hosts, clients] = reply.into_parts()?;
    let texts = |reply: Reply| -> Result<Vec<String>, ClusterError> {
        reply
            .into_array()?
            .into_iter()
            .map(Reply::into_text)
            .collect()
    };
    let absentees = Absentees {
        hosts: texts(hosts)?,
        clients: texts(clients)?,
    };
    Ok((is_member.integer()? == 1, absentees))
}
