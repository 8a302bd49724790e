//! What server it is, and for how many.

use procession_cluster::inspect::Node;

use super::finding::Finding;
use super::{number, said};

const OLDEST: u32 = 7;

pub(super) fn version(node: &Node) -> Finding {
    let (version, valkey) = (said(node, "redis_version"), said(node, "valkey_version"));
    let what = match valkey {
        "" => format!("Redis {version}"),
        valkey => format!("Valkey {valkey}, which speaks like Redis {version}"),
    };
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST => Finding::fine(what),
        Some(_) => Finding::broken(what, "Redis 7.0, Valkey 7.2 or later is needed"),
        None => Finding::weak(
            format!("the server does not tell its version ({version:?})"),
            "make sure that it is Redis 7.0, Valkey 7.2 or later",
        ),
    }
}

pub(super) fn role(node: &Node) -> Finding {
    match said(node, "role") {
        "master" => Finding::fine("it is a primary, which takes changes"),
        "slave" => {
            let primary = format!(
                "{}:{}",
                said(node, "master_host"),
                said(node, "master_port")
            );
            Finding::broken(
                format!("it is a replica of {primary}, which takes no changes"),
                "name the primary in the address, all nodes of the cluster, or the sentinels: redis+sentinel://host:26379/service",
            )
        }
        other => Finding::broken(
            format!("it is neither a primary nor a replica, but {other:?}"),
            "name the server itself in the address; sentinels are named as redis+sentinel://host:26379/service",
        ),
    }
}

pub(super) fn clients(node: &Node) -> Finding {
    let Some(connected) = number(node, "connected_clients") else {
        return Finding::weak(
            "the server does not tell how many clients it has",
            "look at `INFO clients` there",
        );
    };
    match number(node, "maxclients").filter(|most| *most > 0) {
        None => Finding::fine(format!("{connected} clients are connected")),
        Some(most) => {
            let what = format!("{connected} clients are connected, {most} may be");
            match connected * 10 > most * 8 {
                true => Finding::weak(
                    what,
                    "raise `maxclients`: whoever comes when it is reached is turned away",
                ),
                false => Finding::fine(what),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict::{Broken, Fine, Weak};
    use super::super::node;
    use super::*;

    #[test]
    fn old_servers_replicas_and_crowds_are_found() {
        let versions = [
            ("7.0.15", Fine),
            ("8.2.0", Fine),
            ("6.2.7", Broken),
            ("", Weak),
        ];
        for (found, verdict) in versions {
            assert_eq!(
                version(&node(&[("redis_version", found)])).verdict,
                verdict,
                "{found}"
            );
        }
        let replica = role(&node(&[
            ("role", "slave"),
            ("master_host", "ada"),
            ("master_port", "7"),
        ]));
        assert_eq!(replica.verdict, Broken);
        assert!(replica.what.contains("ada:7"));
        assert_eq!(role(&node(&[])).verdict, Fine);
        for (connected, verdict) in [("8000", Fine), ("8001", Weak)] {
            assert_eq!(
                clients(&node(&[("connected_clients", connected)])).verdict,
                verdict
            );
        }
    }
}
