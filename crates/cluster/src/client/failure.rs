//! Why an attempt has brought no answer, and what that means for the next one.

use redis::{RedisError, ServerErrorKind};

use crate::{ClusterError, Endpoint};

/// Why an attempt has brought no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody knows whether the server has done it: the connection is of no use any more.
    Broken(String),
    /// Another node keeps the slot now.
    Moved(Endpoint),
    /// Another node keeps this key already, but not the whole slot.
    Ask(Endpoint),
    /// The server cannot do it now, but it, or another one, will be able to soon.
    NotNow { code: String, detail: String },
    /// The server does not know the script.
    NoScript,
    /// Asking again will bring the same answer.
    Final(ClusterError),
}

impl Failure {
    pub(super) fn of(error: &RedisError) -> Failure {
        match error.code() {
            Some(code) => Failure::of_server(code, error.detail().unwrap_or_default(), error),
            None if is_authentication(error) => Failure::Final(ClusterError::WrongPassword {
                reason: error.to_string(),
            }),
            None => Failure::Broken(error.to_string()),
        }
    }

    fn of_server(code: &str, detail: &str, error: &RedisError) -> Failure {
        let reason = || format!("{code} {detail}").trim_end().to_owned();
        match code {
            "MOVED" | "ASK" => match error.redirect_node() {
                Some((node, _slot)) => match endpoint(node) {
                    Some(endpoint) if code == "ASK" => Failure::Ask(endpoint),
                    Some(endpoint) => Failure::Moved(endpoint),
                    None => not_now(code, detail),
                },
                None => not_now(code, detail),
            },
            "NOSCRIPT" => Failure::NoScript,
            "TRYAGAIN" | "LOADING" | "CLUSTERDOWN" | "MASTERDOWN" | "READONLY" | "BUSY"
            | "NOREPLICAS" | "UNBLOCKED" => not_now(code, detail),
            // A script that calls a command of a server which has just become a replica, or is just loading, says so within an error of its own.
            "ERR"
                if detail.contains("READONLY")
                    || detail.contains("can't write against a read only replica") =>
            {
                not_now("READONLY", detail)
            }
            "OOM" => Failure::Final(ClusterError::Full),
            "ERR" if detail.contains("OOM") => Failure::Final(ClusterError::Full),
            "WRONGPASS" | "NOAUTH" => {
                Failure::Final(ClusterError::WrongPassword { reason: reason() })
            }
            "NOPERM" => Failure::Final(ClusterError::NoPermission { reason: reason() }),
            "ERR" if detail.contains("ACL failure") || detail.contains("NOPERM") => {
                Failure::Final(ClusterError::NoPermission { reason: reason() })
            }
            "ERR" if error.kind() == ServerErrorKind::ResponseError.into() => {
                Failure::Final(ClusterError::protocol(reason()))
            }
            _ => Failure::Final(ClusterError::Refused {
                code: code.to_owned(),
                detail: detail.to_owned(),
            }),
        }
    }

    /// What it is called once patience is over.
    pub(super) fn into_error(self, server: &str) -> ClusterError {
        let unavailable = |reason| ClusterError::Unavailable {
            server: server.to_owned(),
            reason,
        };
        match self {
            Failure::Final(error) => error,
            Failure::Broken(reason) => unavailable(reason),
            Failure::NotNow { code, detail } if code == "READONLY" => unavailable(format!(
                "it is a replica, which cannot be written to, and no other was found ({detail})"
            )),
            Failure::NotNow { code, detail } => unavailable(format!("{code} {detail}")),
            Failure::Moved(node) | Failure::Ask(node) => unavailable(format!(
                "it names {node} as responsible, which names another one in turn"
            )),
            Failure::NoScript => unavailable("it forgets its scripts".to_owned()),
        }
    }
}

fn not_now(code: &str, detail: &str) -> Failure {
    Failure::NotNow {
        code: code.to_owned(),
        detail: detail.to_owned(),
    }
}

fn is_authentication(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::AuthenticationFailed
}

/// The place that a server names.
pub(super) fn endpoint(node: &str) -> Option<Endpoint> {
    let (host, port) = node.rsplit_once(':')?;
    let host = host.trim_matches(['[', ']']);
    (!host.is_empty()).then_some(Endpoint::Tcp(host.to_owned(), port.parse().ok()?))
}
