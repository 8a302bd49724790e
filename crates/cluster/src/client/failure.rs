//! Why an attempt has brought no answer, and what that means for the next one.

use redis::{ErrorKind, RedisError};

use super::connection::ANSWERING;
use crate::{ClusterError, Endpoint};

/// Why an attempt has brought no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no connection, so that nothing was asked.
    Unreachable(String),
    /// The connection is of no use any more, and nobody knows whether the server has done it.
    Broken(String),
    /// The server has not answered in time, and nobody knows whether it has done it, or will.
    Silent,
    /// Another node keeps the slot now.
    Moved(Endpoint),
    /// Another node keeps this key already, but not the whole slot.
    Ask(Endpoint),
    /// The server has not done it and cannot now; but it, or another one, will be able to soon.
    NotNow { code: String, detail: String },
    /// The server does not know the script.
    NoScript,
    /// Asking again will bring the same answer.
    Final(ClusterError),
}

impl Failure {
    pub(super) fn of(error: &RedisError, from: &Endpoint) -> Failure {
        if let Some(code) = error.code() {
            return Failure::of_server(code, error.detail().unwrap_or_default(), error, from);
        }
        let text = error.to_string();
        if error.is_timeout() {
            return Failure::Silent;
        }
        if text.contains("certificate") || text.contains("fatal alert") {
            return Failure::Final(ClusterError::Untrusted {
                server: from.to_string(),
                reason: text,
            });
        }
        match error.kind() {
            ErrorKind::InvalidClientConfig => {
                Failure::Final(ClusterError::Address { reason: text })
            }
            _ => Failure::Broken(text),
        }
    }

    fn of_server(code: &str, detail: &str, error: &RedisError, from: &Endpoint) -> Failure {
        let reason = || format!("{code} {detail}").trim_end().to_owned();
        let says = |words: &str| detail.contains(words);
        match code {
            "MOVED" | "ASK" => match error.redirect_node() {
                Some((node, _slot)) => match endpoint(node, from) {
                    Some(endpoint) if code == "ASK" => Failure::Ask(endpoint),
                    Some(endpoint) => Failure::Moved(endpoint),
                    None => not_now(code, detail),
                },
                None => not_now(code, detail),
            },
            "NOSCRIPT" => Failure::NoScript,
            "TRYAGAIN" | "LOADING" | "CLUSTERDOWN" | "MASTERDOWN" | "READONLY" | "BUSY"
            | "NOREPLICAS" | "UNBLOCKED" | "MISCONF" => not_now(code, detail),
            // To a question whether it has been confirmed, from one that was a primary until just now.
            "ERR" if says("with replica instances") => not_now("READONLY", detail),
            "ERR" if says("max number of clients") => not_now(code, detail),
            "OOM" => Failure::Final(ClusterError::Full),
            "WRONGPASS" | "NOAUTH" => {
                Failure::Final(ClusterError::WrongPassword { reason: reason() })
            }
            "ERR" if says("AUTH") => {
                Failure::Final(ClusterError::WrongPassword { reason: reason() })
            }
            "NOPERM" => Failure::Final(ClusterError::NoPermission { reason: reason() }),
            "ERR" if says("ACL failure") || says("user executing the script can't") => {
                Failure::Final(ClusterError::NoPermission { reason: reason() })
            }
            "ERR" => Failure::Final(ClusterError::protocol(reason())),
            _ => Failure::Final(ClusterError::Refused {
                code: code.to_owned(),
                detail: detail.to_owned(),
            }),
        }
    }

    /// The same, of a connection that was only about to be made.
    pub(super) fn before_anything_was_asked(self) -> Failure {
        match self {
            Failure::Broken(reason) => Failure::Unreachable(reason),
            Failure::Silent => Failure::Unreachable(silence()),
            other => other,
        }
    }

    /// Whether the call may have been carried out, or may still be.
    pub(super) fn is_doubtful(&self) -> bool {
        matches!(self, Failure::Broken(_) | Failure::Silent)
    }

    /// What it is called once patience is over.
    pub(super) fn into_error(self, server: &str) -> ClusterError {
        let server = server.to_owned();
        let unavailable = |server, reason| ClusterError::Unavailable { server, reason };
        match self {
            Failure::Final(error) => error,
            Failure::Unreachable(reason) | Failure::Broken(reason) => unavailable(server, reason),
            Failure::Silent => unavailable(server, silence()),
            Failure::NotNow { code, .. } if code == "READONLY" => ClusterError::ReadOnly { server },
            Failure::NotNow { code, detail } => ClusterError::NotReady {
                server,
                reason: format!("{code} {detail}").trim_end().to_owned(),
            },
            Failure::Moved(node) | Failure::Ask(node) => ClusterError::NotReady {
                server,
                reason: format!("it names {node} as responsible, which names another one in turn"),
            },
            Failure::NoScript => ClusterError::NotReady {
                server,
                reason: "it forgets its scripts".to_owned(),
            },
        }
    }
}

fn silence() -> String {
    format!("it has not answered within {} seconds", ANSWERING.as_secs())
}

fn not_now(code: &str, detail: &str) -> Failure {
    Failure::NotNow {
        code: code.to_owned(),
        detail: detail.to_owned(),
    }
}

/// The place that a server names; if it leaves the host out, it means its own.
fn endpoint(node: &str, named_by: &Endpoint) -> Option<Endpoint> {
    let (host, port) = node.rsplit_once(':')?;
    let host = match (host.trim_matches(['[', ']']), named_by) {
        ("" | "?", Endpoint::Tcp(own, _)) => own,
        (host, _) => host,
    };
    (!host.is_empty()).then_some(Endpoint::Tcp(host.to_owned(), port.parse().ok()?))
}
