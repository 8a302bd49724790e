//! Whether objects can live on a server.

use std::thread;
use std::time::{Duration, Instant};

use super::Cluster;
use crate::call::Effort;
use crate::replication::replicas_online;
use crate::reply::Reply;
use crate::{Address, ClusterError, Durability, interrupt};

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
        Ok(descriptions) => descriptions
            .into_iter()
            .try_for_each(|description| check_description(description, &cluster.0.address))?,
        // Who may not ask is let in; what is wrong will show itself.
        Err(ClusterError::NoPermission { .. }) => {
            tracing::debug!("the user may not ask the server about itself")
        }
        Err(error) => return Err(error),
    }
    check_confirmation(cluster)?;
    check_layout(cluster)
}

/// Makes sure that the servers can be asked whether something is durable.
fn check_confirmation(cluster: &Cluster) -> Result<(), ClusterError> {
    let durability = cluster.0.address.durability();
    if durability == Durability::Server {
        return Ok(());
    }
    let question = durability.question(Duration::ZERO);
    let question: Vec<&[u8]> = question.iter().map(Vec::as_slice).collect();
    match cluster.member()?.client.everywhere(&question) {
        Ok(_) => Ok(()),
        Err(ClusterError::Protocol { reason }) => Err(not_durable(&cluster.0.address, reason)),
        Err(error) => Err(error),
    }
}

fn not_durable(address: &Address, reason: impl Into<String>) -> ClusterError {
    ClusterError::NotDurable {
        server: address.to_string(),
        durability: address.durability().name().to_owned(),
        reason: reason.into(),
    }
}

fn check_description(description: Reply, address: &Address) -> Result<(), ClusterError> {
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
        Some(policy) if is_limited && policy != "noeviction" => {
            return Err(ClusterError::Evicting {
                policy: policy.to_owned(),
            });
        }
        _ => {}
    }
    match address.durability() {
        Durability::Replica if replicas_online(&text).next().is_some() => Ok(()),
        Durability::Replica if say("connected_slaves").is_some_and(|count| count != "0") => {
            Err(ClusterError::NotReady {
                server: address.to_string(),
                reason: "its replica is just getting its copy, as `durability=replica` needs it"
                    .to_owned(),
            })
        }
        Durability::Replica => Err(not_durable(
            address,
            "no replica follows it; attach one (to each primary of a cluster), or leave the parameter out",
        )),
        Durability::Disk if say("aof_enabled") == Some("0") => Err(not_durable(
            address,
            "it keeps no append-only file; set `appendonly yes`, or leave the parameter out",
        )),
        Durability::Disk if is_before_waitaof(version) => Err(not_durable(
            address,
            format!(
                "it is of version {version}, and can tell from Redis 7.2 on; upgrade it, or set `appendfsync always` and leave the parameter out"
            ),
        )),
        _ => Ok(()),
    }
}

fn is_before_waitaof(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (7, 2),
        _ => false,
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
        check_for("server", text)
    }

    fn check_for(durability: &str, text: &str) -> Result<(), ClusterError> {
        let address = format!("redis://localhost/?durability={durability}").parse()?;
        let text = text.replace('\n', "\r\n").into_bytes();
        check_description(Reply::Bytes(text), &address)
    }

    #[test]
    fn servers_that_cannot_keep_what_is_asked_for_are_refused() {
        let well = "redis_version:7.2.4\naof_enabled:1\nslave0:ip=::1,port=1,state=online,offset=1,lag=0\n";
        let alone = "redis_version:7.2.4\naof_enabled:0\nconnected_slaves:0\n";
        let copying = "redis_version:7.2.4\nconnected_slaves:1\nslave0:ip=::1,port=1,state=wait_bgsave,offset=1,lag=0\n";
        let old = "redis_version:7.0.15\naof_enabled:1\n";
        let refused = [
            ("replica", alone, "no replica"),
            ("replica", copying, "is not ready"),
            ("disk", alone, "appendonly yes"),
            ("disk", old, "7.2"),
        ];
        for (durability, text, words) in refused {
            let error = check_for(durability, text).map_err(|error| error.to_string());
            assert!(
                error.as_ref().is_err_and(|error| error.contains(words)),
                "{error:?}"
            );
            assert_eq!(check_for(durability, well), Ok(()));
            assert_eq!(check_for("server", text), Ok(()));
        }
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
