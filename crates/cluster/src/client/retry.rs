//! Calls that are made again until there is an answer.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use super::confirmation::{Confirmation, carry_out};
use super::connection::Connection;
use super::failure::Failure;
use super::lane::Lanes;
use super::nodes::Nodes;
use super::pause::{jittered, sleep};
use super::replicas::Replicas;
use super::request::{Request, digest};
use super::route::Routes;
use crate::call::{Call, Effort};
use crate::reply::Reply;
use crate::slot::slot_of;
use crate::{Address, ClusterError, Endpoint};

/// The pause after the first failure; twice as long after the second, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// But never longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Redirections that are followed without a pause.
const MOST_REDIRECTIONS: u32 = 5;

/// The client of one server, or one cluster, in one process. Any number of threads may use it at once.
pub(crate) struct Client {
    nodes: Nodes,
    routes: Routes,
    lanes: Lanes,
    replicas: Replicas,
}

/// How a call ended, and whether it may happen again later: one of its attempts got no answer, and was given up.
struct Outcome {
    answer: Result<Reply, ClusterError>,
    is_doubtful: bool,
}

impl Client {
    /// Prepares a client; it connects when it is used.
    pub(crate) fn connect(address: &Address) -> Result<Client, ClusterError> {
        Ok(Client {
            nodes: Nodes::new(address)?,
            routes: Routes::unknown(),
            lanes: Lanes::default(),
            replicas: Replicas::default(),
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
        let prepared = script.prepared(digest);
        let lane = script.is_recorded().then(|| self.lanes.take());
        if let Some(lane) = &lane {
            keys.push(object.key(&format!("rq:{incarnation}-{}", lane.number)));
            arguments.push(nonce.as_bytes().to_vec());
        }
        let confirmation =
            Confirmation::of_script(script, &object.key("h"), effort, &self.nodes.address);
        let request = Request::script(prepared, keys, arguments).confirmed_by(confirmation);
        let Outcome {
            answer,
            is_doubtful,
        } = self.persist(object.slot(), &request, effort);
        match lane {
            Some(lane) if is_doubtful => lane.abandon(),
            lane => drop(lane),
        }
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
        let request = Request::command(parts);
        self.persist(slot_of(key.as_bytes()), &request, effort)
            .answer
    }

    /// As [`command`](Self::command), for one that changes what users see, so that it is to be as durable as the address says.
    pub(crate) fn change(
        &self,
        key: &str,
        parts: &[&[u8]],
        effort: Effort,
    ) -> Result<Reply, ClusterError> {
        let request = Request::command(parts).confirmed_by(Confirmation::of_change(
            key,
            effort,
            &self.nodes.address,
        ));
        self.persist(slot_of(key.as_bytes()), &request, effort)
            .answer
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

    /// All servers that are responsible for anything.
    pub(crate) fn primaries(&self) -> Result<Vec<Endpoint>, ClusterError> {
        let all = self.routes.all(&self.nodes);
        all.map_err(|failure| failure.into_error(&self.nodes.address.to_string()))
    }

    /// Has one server carry out a command, in one attempt.
    pub(crate) fn command_at(
        &self,
        node: &Endpoint,
        parts: &[&[u8]],
    ) -> Result<Reply, ClusterError> {
        let answer = self.ask(node, &Request::command(parts), Duration::ZERO);
        answer.map_err(|failure| failure.into_error(&node.to_string()))
    }

    /// Has every server that is responsible for anything carry out a command. Of several, those that cannot are left out,
    /// as long as one can: a cluster may have lost a node, or be just replacing it.
    pub(crate) fn everywhere(&self, parts: &[&[u8]]) -> Result<Vec<Reply>, ClusterError> {
        let request = Request::command(parts);
        let server = |failure: Failure| failure.into_error(&self.nodes.address.to_string());
        let nodes = self.routes.all(&self.nodes).map_err(server)?;
        let mut answers = Vec::new();
        let mut last = Failure::Unreachable("no node of the cluster is known".to_owned());
        for node in &nodes {
            match self.ask(node, &request, Duration::ZERO) {
                Ok(answer) => answers.push(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(failure) => last = failure,
            }
        }
        match answers.is_empty() {
            true => Err(server(last)),
            false => Ok(answers),
        }
    }

    /// The server that is responsible for a slot, as far as that is known without asking.
    pub(crate) fn known_node_of(&self, slot: u16) -> Option<Endpoint> {
        self.routes.known_node_of(slot)
    }

    /// Makes attempts until one brings an answer or a final refusal, or patience is over.
    fn persist(&self, slot: u16, request: &Request, effort: Effort) -> Outcome {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut redirections = 0;
        let mut is_doubtful = false;
        let answer = loop {
            let failure = match self.attempt(slot, request, Duration::ZERO) {
                Ok(reply) => break Ok(reply),
                Err(Failure::Final(error)) => break Err(error),
                Err(Failure::Moved(_)) if redirections < MOST_REDIRECTIONS => {
                    redirections += 1;
                    continue;
                }
                Err(failure) => failure,
            };
            is_doubtful |= failure.is_doubtful() || request.was_taken();
            let is_over = begin.elapsed() + pause > self.nodes.address.patience;
            if effort == Effort::Once || is_over {
                let error = failure.into_error(&self.nodes.address.to_string());
                break Err(if is_doubtful { doubtful(error) } else { error });
            }
            tracing::debug!(?failure, "a call is made again");
            if let Err(interrupted) = sleep(jittered(pause)) {
                break Err(interrupted);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        Outcome {
            answer,
            is_doubtful,
        }
    }

    /// One attempt; after a failure, less is taken for known than before.
    fn attempt(&self, slot: u16, request: &Request, thinking: Duration) -> Result<Reply, Failure> {
        let node = self.routes.node_of(slot, &self.nodes)?;
        let answer = self.ask(&node, request, thinking);
        match &answer {
            Ok(_) | Err(Failure::Final(_) | Failure::NoScript) => self.routes.trust(&node),
            Err(Failure::Moved(node)) => self.routes.correct(slot, node),
            Err(Failure::Ask(other)) => return self.ask_by_exception(other, request, thinking),
            Err(_) => {
                self.nodes.forget(&node);
                self.routes.suspect(&node);
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
        self.nodes.speak(node, |connection| {
            let mut ask =
                |packed: &[u8]| carry_out(connection, request, packed, thinking, &self.replicas);
            match ask(request.packed()) {
                Err(Failure::NoScript) => ask(&request.with_script()),
                answer => answer,
            }
        })
    }

    /// Asks a node to which a slot is just being moved.
    fn ask_by_exception(
        &self,
        node: &Endpoint,
        request: &Request,
        thinking: Duration,
    ) -> Result<Reply, Failure> {
        let asking = Request::command(&[b"ASKING"]);
        let ask = |connection: &mut Connection, packed: &[u8]| {
            connection.ask(asking.packed(), Duration::ZERO)?;
            carry_out(connection, request, packed, thinking, &self.replicas)
        };
        self.nodes
            .speak(node, |connection| match ask(connection, request.packed()) {
                Err(Failure::NoScript) => ask(connection, &request.with_script()),
                answer => answer,
            })
    }
}

/// Says that an attempt before the last may have done what was asked.
fn doubtful(error: ClusterError) -> ClusterError {
    let doubt = |reason: String| {
        format!("{reason}; whether it has done what it was asked for, or will, is not known")
    };
    match error {
        ClusterError::Unavailable { server, reason } => ClusterError::Unavailable {
            server,
            reason: doubt(reason),
        },
        ClusterError::NotReady { server, reason } => ClusterError::NotReady {
            server,
            reason: doubt(reason),
        },
        other => other,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Client")
            .field(&self.nodes.address)
            .finish()
    }
}
