//! What is lost when the server dies.

use procession_cluster::Durability;
use procession_cluster::inspect::Node;

use super::finding::Finding;
use super::{number, said};

/// Seconds for which a replica may not have been heard from.
const LAG: u64 = 10;

pub(super) fn findings(node: &Node, durability: Durability) -> Vec<Finding> {
    let asked_for = match durability {
        Durability::Replica => Some(on_a_replica(node)),
        Durability::Disk => Some(on_the_disk(node)),
        _ => None,
    };
    [persistence(node), replicas(node)]
        .into_iter()
        .chain(asked_for)
        .collect()
}

/// What `durability=replica` in the address comes to.
fn on_a_replica(node: &Node) -> Finding {
    let count = number(node, "connected_slaves").unwrap_or(0);
    let close = (0..count).filter(|replica| is_close(said(node, &format!("slave{replica}"))));
    match close.count() {
        0 => Finding::broken(
            "no replica can confirm what is done, as `durability=replica` in the address asks for",
            "attach one, or leave the parameter out: until then calls fail, though what they ask for is done",
        ),
        1 => Finding::weak(
            "each call waits for the only replica that can confirm it: if that is lost, calls fail, and so they do after a failover",
            "attach a second replica; `min-replicas-to-write 1` has the server refuse what it could not confirm",
        ),
        count => Finding::fine(format!(
            "each call waits for one of {count} replicas that can confirm it"
        )),
    }
}

/// What `durability=disk` in the address comes to.
fn on_the_disk(node: &Node) -> Finding {
    let asked = "as `durability=disk` in the address asks for";
    let setting = node.settings.get("appendfsync").map(String::as_str);
    match (said(node, "aof_enabled"), setting) {
        ("1", Some("no")) => Finding::broken(
            format!(
                "the server leaves it to its system when something gets on the disk, and so cannot confirm it {asked}"
            ),
            "CONFIG SET appendfsync everysec, or always: calls fail otherwise, though what they ask for is done",
        ),
        ("1", Some("always")) => Finding::fine("each call waits until it is on the server's disk"),
        ("1", _) => Finding::fine(
            "each call waits until it is on the server's disk, which takes up to a second (`appendfsync everysec`)",
        ),
        _ => Finding::broken(
            format!("the server writes no append-only file, {asked}"),
            "CONFIG SET appendonly yes, and in its configuration",
        ),
    }
}

fn persistence(node: &Node) -> Finding {
    const FILE: &str = "CONFIG SET appendonly yes, and in its configuration: then a restart loses a second at most";
    let setting = |name: &str| node.settings.get(name).map(String::as_str);
    let failed = |name: &str| !matches!(said(node, name), "ok" | "");
    if said(node, "aof_enabled") == "1" {
        if failed("aof_last_write_status") {
            return Finding::broken(
                "the last write to the append-only file has failed",
                "look at the server's disk and its log: what was put since is lost when it ends",
            );
        }
        let lost = match setting("appendfsync") {
            Some("always") => "nothing is lost if it ends, or if its machine loses power",
            Some("no") => {
                "a restart loses nothing; half a minute is lost if its machine loses power"
            }
            _ => "a restart loses nothing; a second is lost if its machine loses power",
        };
        return Finding::fine(format!("it writes an append-only file: {lost}"));
    }
    if failed("rdb_last_bgsave_status") {
        return Finding::broken(
            "the last snapshot has failed",
            "look at the server's disk and its log: it may refuse all changes (`stop-writes-on-bgsave-error`)",
        );
    }
    match setting("save") {
        Some("") => Finding::weak(
            "it writes nothing to disk: a restart loses everything",
            FILE,
        ),
        _ => Finding::weak(
            "it writes no append-only file: a restart loses all since the last snapshot, if it makes any",
            FILE,
        ),
    }
}

fn replicas(node: &Node) -> Finding {
    let count = number(node, "connected_slaves").unwrap_or(0);
    if count == 0 {
        return Finding::weak(
            "it has no replica: if its machine is lost, so is what lies on it",
            "give it one, and sentinels or a cluster that put the replica in its place; or live with it, if what lies on it can be made again",
        );
    }
    let late = (0..count).filter(|replica| !is_close(said(node, &format!("slave{replica}"))));
    match late.count() {
        0 => Finding::fine(format!(
            "it has {count} replica(s); a failover loses what they have not got yet, some milliseconds"
        )),
        late => Finding::weak(
            format!(
                "of {count} replica(s), {late} are not there or behind: a failover to one of them loses more"
            ),
            "look at their logs, and at the network between them",
        ),
    }
}

/// `ip=…,port=…,state=online,offset=…,lag=0`.
fn is_close(replica: &str) -> bool {
    let say = |name: &str| {
        let mut words = replica.split(',').filter_map(|word| word.split_once('='));
        words
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    };
    let lag = say("lag").and_then(|lag| lag.parse::<u64>().ok());
    say("state") == Some("online") && lag.is_some_and(|lag| lag < LAG)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict::{self, Broken, Fine, Weak};
    use super::super::node;
    use super::*;

    fn written(differences: &[(&str, &str)]) -> Verdict {
        persistence(&node(differences)).verdict
    }

    #[test]
    fn what_a_restart_loses_is_told() {
        assert_eq!(written(&[]), Fine);
        assert_eq!(written(&[("aof_enabled", "0")]), Weak);
        assert_eq!(written(&[("aof_last_write_status", "err")]), Broken);
        assert_eq!(
            written(&[("aof_enabled", "0"), ("rdb_last_bgsave_status", "err")]),
            Broken
        );
    }

    #[test]
    fn what_the_address_asks_for_is_compared_with_what_there_is() {
        let verdicts = |durability, differences| {
            let found = findings(&node(differences), durability);
            found.get(2).map(|finding| finding.verdict)
        };
        let second = [
            ("connected_slaves", "2"),
            ("slave1", "state=online,offset=9,lag=1"),
        ];
        assert_eq!(verdicts(Durability::Server, &[]), None);
        assert_eq!(verdicts(Durability::Replica, &second), Some(Fine));
        assert_eq!(verdicts(Durability::Replica, &[]), Some(Weak));
        let late = [("slave0", "state=online,lag=11")];
        assert_eq!(verdicts(Durability::Replica, &late), Some(Broken));
        assert_eq!(verdicts(Durability::Disk, &[]), Some(Fine));
        let without = [("aof_enabled", "0")];
        assert_eq!(verdicts(Durability::Disk, &without), Some(Broken));
        let mut lax = node(&[]);
        lax.settings
            .insert("appendfsync".to_owned(), "no".to_owned());
        assert_eq!(on_the_disk(&lax).verdict, Broken);
    }

    #[test]
    fn replicas_that_are_missing_or_late_are_found() {
        assert_eq!(replicas(&node(&[])).verdict, Fine);
        let different: [&[(&str, &str)]; 4] = [
            &[("connected_slaves", "0")],
            &[("connected_slaves", "2")],
            &[("slave0", "state=wait_bgsave,lag=0")],
            &[("slave0", "state=online,lag=11")],
        ];
        for different in different {
            assert_eq!(replicas(&node(different)).verdict, Weak, "{different:?}");
        }
    }
}
