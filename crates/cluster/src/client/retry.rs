//! Calls that are made again until there is an answer.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::lane::Lanes;
use super::nodes::Nodes;
use super::request::{Request, digest};
use super::route::Routes;
use super::secrets::Secrets;
use crate::call::{Call, Effort};
use crate::reply::Reply;
use crate::slot::slot_of;
use crate::{Address, ClusterError, Endpoint, interrupt};

/// The pause after the first failure; twice as long after the second, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// But never longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Redirections that are followed without a pause.
const MOST_REDIRECTIONS: u32 = 5;

/// The client of one server, or one cluster, in one process. Any number of threads may use it at once.
pub(crate) struct Client {
    address: Address,
    secrets: Secrets,
    routes: Routes,
    nodes: Nodes,
    lanes: Lanes,
}

impl Client {
    /// Prepares a client; it connects when it is used.
    pub(crate) fn connect(address: &Address) -> Result<Client, ClusterError> {
        address.check_security()?;
        Ok(Client {
            address: address.clone(),
            secrets: Secrets::read(address)?,
            routes: Routes::unknown(),
            nodes: Nodes::default(),
            lanes: Lanes::default(),
        })
    }

    /// Has the server take a step. `nonce` tells the call from others: it is made again, if need be, as the same.
    pub(crate) fn call(
        &self,
        call: Call<'_>,
        incarnation: &str,
        nonce: &str,
        effort: Effort,
    ) -> Result<Reply, ClusterError> {
        let Call {
            script,
            object,
            mut keys,
            mut arguments,
        } = call;
        let slot = slot_of(object.key("h").as_bytes());
        let prepared = script.prepared(digest);
        let lane = script.is_recorded().then(|| self.lanes.take());
        if let Some(lane) = &lane {
            keys.push(object.key(&format!("rq:{incarnation}-{}", lane.number)));
            arguments.push(nonce.as_bytes().to_vec());
        }
        let request = Request::script(prepared, keys, arguments);
        let answer = self.persist(slot, &request, effort);
        drop(lane);
        match answer {
            Err(ClusterError::Refused { code, .. }) if code == "GONE" => Err(object.gone()),
            Err(ClusterError::Protocol { reason }) => Err(ClusterError::Protocol {
                reason: format!("{reason} (in the script {})", script.name),
            }),
            answer => answer,
        }
    }

    /// Has the server that keeps `key` carry out a command that changes nothing, or does no harm if it is carried out twice.
    pub(crate) fn command(
        &self,
        key: &str,
        parts: &[&[u8]],
        effort: Effort,
    ) -> Result<Reply, ClusterError> {
        self.persist(slot_of(key.as_bytes()), &Request::command(parts), effort)
    }

    /// Has the server that keeps `key` carry out a command that waits, for `thinking` at most; nothing if that fails, after a pause.
    ///
    /// What such a command brings is a hint. Whether the server is there at all will turn out when the state is looked at again.
    pub(crate) fn wait(
        &self,
        key: &str,
        parts: &[&[u8]],
        thinking: Duration,
    ) -> Result<Reply, ClusterError> {
        match self.attempt(slot_of(key.as_bytes()), &Request::command(parts), thinking) {
            Ok(reply) => Ok(reply),
            Err(Failure::Final(error)) => Err(error),
            Err(_) => {
                thread::sleep(FIRST_PAUSE.min(thinking));
                Ok(Reply::Nil)
            }
        }
    }

    /// Has every server that keeps anything carry out a command.
    pub(crate) fn everywhere(&self, parts: &[&[u8]]) -> Result<Vec<Reply>, ClusterError> {
        let request = Request::command(parts);
        let server = |failure: Failure| failure.into_error(&self.address.to_string());
        let nodes = self
            .routes
            .all(&self.address, &self.secrets, &self.nodes)
            .map_err(server)?;
        let ask = |node: &Endpoint| self.ask(node, &request, Duration::ZERO).map_err(server);
        nodes.iter().map(ask).collect()
    }

    /// Makes attempts until one brings an answer or a final refusal, or patience is over.
    fn persist(&self, slot: u16, request: &Request, effort: Effort) -> Result<Reply, ClusterError> {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut redirections = 0;
        loop {
            let failure = match self.attempt(slot, request, Duration::ZERO) {
                Ok(reply) => return Ok(reply),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Moved(_)) if redirections < MOST_REDIRECTIONS => {
                    redirections += 1;
                    continue;
                }
                Err(failure) => failure,
            };
            let is_over = begin.elapsed() + pause > self.address.patience;
            if effort == Effort::Once || is_over {
                return Err(failure.into_error(&self.address.to_string()));
            }
            tracing::debug!(?failure, "a call is made again");
            interrupt::check()?;
            thread::sleep(jittered(pause));
            interrupt::check()?;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One attempt; after a failure, less is taken for known than before.
    fn attempt(&self, slot: u16, request: &Request, thinking: Duration) -> Result<Reply, Failure> {
        let node = self
            .routes
            .node_of(slot, &self.address, &self.secrets, &self.nodes)?;
        let answer = self.ask(&node, request, thinking);
        match &answer {
            Ok(_) | Err(Failure::Final(_) | Failure::NoScript) => {}
            Err(Failure::Moved(node)) => self.routes.correct(slot, node),
            Err(Failure::Ask(other)) => return self.ask_by_exception(other, request, thinking),
            Err(Failure::Broken(_) | Failure::NotNow { .. }) => {
                self.nodes.forget(&node);
                self.routes.forget();
            }
        }
        answer
    }

    fn ask(
        &self,
        node: &Endpoint,
        request: &Request,
        thinking: Duration,
    ) -> Result<Reply, Failure> {
        let mut connection = self.nodes.take(&self.address, &self.secrets, node)?;
        let mut answer = connection.ask(request.packed(), thinking);
        if let Err(Failure::NoScript) = answer
            && let Some(with_script) = request.with_script()
        {
            answer = connection.ask(&with_script, thinking);
        }
        if !matches!(answer, Err(Failure::Broken(_))) {
            self.nodes.put_back(node, connection);
        }
        answer
    }

    /// Asks a node to which a slot is just being moved.
    fn ask_by_exception(
        &self,
        node: &Endpoint,
        request: &Request,
        thinking: Duration,
    ) -> Result<Reply, Failure> {
        let mut connection = self.nodes.take(&self.address, &self.secrets, node)?;
        let asking = Request::command(&[b"ASKING"]);
        connection.ask(asking.packed(), Duration::ZERO)?;
        let mut answer = connection.ask(request.packed(), thinking);
        if let Err(Failure::NoScript) = answer
            && let Some(with_script) = request.with_script()
        {
            connection.ask(asking.packed(), Duration::ZERO)?;
            answer = connection.ask(&with_script, thinking);
        }
        if answer.is_ok() {
            self.nodes.put_back(node, connection);
        }
        answer
    }
}

/// A time between half of that and all of it, so that many clients of a server that comes back do not come together.
fn jittered(pause: Duration) -> Duration {
    let share =
        procession_arena::sys::random::random().unwrap_or(u64::MAX / 2) as f64 / u64::MAX as f64;
    pause.mul_f64(0.5 + share / 2.0)
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Client")
            .field(&self.address)
            .finish()
    }
}
