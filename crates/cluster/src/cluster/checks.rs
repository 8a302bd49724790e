//! Whether objects can live on a server.

use std::thread;
use std::time::{Duration, Instant};

use super::Cluster;
use crate::call::Effort;
use crate::reply::Reply;
use crate::{ClusterError, interrupt};

/// The form in which this version keeps its objects.
pub(crate) const LAYOUT: &str = "1";

/// How long connecting waits for a server that is not there: it may be just starting.
const STARTING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);

/// Makes sure that objects can live on the server, once for each process that connects.
pub(super) fn check(cluster: &Cluster) -> Result<(), ClusterError> {
    let patience = cluster.0.address.patience;
    let begin = Instant::now();
    loop {
        let outcome = check_once(cluster);
        let patience = match &outcome {
            // It is there, and says that it will be ready.
            Err(ClusterError::NotReady { .. }) => patience,
            Err(ClusterError::Unavailable { .. } | ClusterError::ReadOnly { .. }) => {
                patience.min(STARTING)
            }
            _ => return outcome,
        };
        if begin.elapsed() > patience {
            return outcome.map_err(|error| with_hint(error, cluster.0.address.is_encrypted));
        }
        interrupt::check()?;
        thread::sleep(PAUSE);
    }
}

/// The two sides may misunderstand each other in a way that looks like silence.
fn with_hint(error: ClusterError, is_encrypted: bool) -> ClusterError {
    match error {
        ClusterError::Unavailable { server, reason } => {
            let hint = match is_encrypted {
                true if reason.contains("not answered") => {
                    ", perhaps since it does not expect rediss:// at this port"
                }
                false if reason.contains("reset") => {
                    ", perhaps since it expects rediss:// at this port"
                }
                _ => "",
            };
            let reason = reason + hint;
            ClusterError::Unavailable { server, reason }
        }
        other => other,
    }
}

fn check_once(cluster: &Cluster) -> Result<(), ClusterError> {
    let client = &cluster.member()?.client;
    match client.everywhere(&[b"INFO"]) {
        Ok(descriptions) => descriptions.into_iter().try_for_each(check_description)?,
        // Who may not ask is let in; what is wrong will show itself.
        Err(ClusterError::NoPermission { .. }) => {
            tracing::debug!("the user may not ask the server about itself")
        }
        Err(error) => return Err(error),
    }
    check_layout(cluster)
}

fn check_description(description: Reply) -> Result<(), ClusterError> {
    let text = description.into_text()?;
    let say = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value.trim())
    };
    let version = say("redis_version").unwrap_or("unknown");
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    // Valkey and all services that derive from it tell there the version of Redis that they speak like.
    if major.is_none_or(|major: u32| major < 7) {
        return Err(ClusterError::TooOld {
            version: version.to_owned(),
        });
    }
    // Without a limit nothing is ever thrown away.
    let is_limited = say("maxmemory").is_some_and(|limit| limit != "0");
    match say("maxmemory_policy") {
        Some(policy) if is_limited && policy != "noeviction" => Err(ClusterError::Evicting {
            policy: policy.to_owned(),
        }),
        _ => Ok(()),
    }
}

fn check_layout(cluster: &Cluster) -> Result<(), ClusterError> {
    let client = &cluster.member()?.client;
    let namespace = cluster.0.address.namespace();
    let key = format!("pc:{namespace}:{{layout}}:v");
    let set: [&[u8]; 4] = [b"SET", key.as_bytes(), LAYOUT.as_bytes(), b"NX"];
    match client.command(&key, &set, Effort::Once) {
        // It cannot be written there now, but what was written earlier may be used.
        Ok(_) | Err(ClusterError::Full) => {}
        Err(error) => return Err(error),
    }
    let found = client.command(&key, &[b"GET", key.as_bytes()], Effort::Once)?;
    match found.into_optional_bytes()? {
        Some(found) if found != LAYOUT.as_bytes() => Err(ClusterError::Layout {
            namespace: namespace.to_owned(),
            found: String::from_utf8_lossy(&found).into_owned(),
            known: LAYOUT.to_owned(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Result<(), ClusterError> {
        check_description(Reply::Bytes(text.replace('\n', "\r\n").into_bytes()))
    }

    #[test]
    fn old_servers_and_those_that_forget_are_refused() {
        assert_eq!(
            check_text("redis_version:7.0.15\nmaxmemory:0\nmaxmemory_policy:allkeys-lru\n"),
            Ok(())
        );
        assert_eq!(
            check_text("redis_version:8.2.1\nmaxmemory:5\nmaxmemory_policy:noeviction\n"),
            Ok(())
        );
        let old = check_text("redis_version:6.2.7\n");
        assert!(matches!(old, Err(ClusterError::TooOld { .. })), "{old:?}");
        let forgetful =
            check_text("redis_version:7.2.4\nmaxmemory:5\nmaxmemory_policy:volatile-lru\n");
        assert!(
            matches!(forgetful, Err(ClusterError::Evicting { .. })),
            "{forgetful:?}"
        );
    }
}
