//! `procession doctor`: what is wrong with a server, and what to do about it.

mod access;
mod clock;
mod coverage;
mod durability;
mod finding;
mod memory;
mod namespace;
mod version;

use procession_cluster::inspect::{Examination, Node, examine};
use procession_cluster::{Address, ClusterError};

use crate::failure::{Failure, address};
use crate::output::Output;
use crate::{DONE, FAILED};
use finding::{Finding, Verdict};

pub(crate) fn run(url: Option<&str>, output: &mut Output<'_>) -> Result<u8, Failure> {
    let findings = findings(&address(url)?);
    output.say(&findings, || text(&findings))?;
    let is_broken = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Broken);
    Ok(if is_broken { FAILED } else { DONE })
}

fn findings(address: &Address) -> Vec<Finding> {
    let examined = match examine(address) {
        Ok(examined) => examined,
        Err(error) => return vec![Finding::failure(error)],
    };
    let is_cluster = examined.nodes.len() > 1;
    let mut findings = Vec::new();
    for (server, node) in &examined.nodes {
        let mut found = of_node(node, address);
        if is_cluster {
            let server = server.to_string();
            found
                .iter_mut()
                .for_each(|finding| finding.server = Some(server.clone()));
        }
        findings.append(&mut found);
    }
    findings.extend(of_all(address, &examined));
    findings
}

/// What can be said of each server by itself.
fn of_node(node: &Result<Node, ClusterError>, address: &Address) -> Vec<Finding> {
    let node = match node {
        Ok(node) => node,
        Err(error) => return vec![Finding::failure(error)],
    };
    let mut findings = access::findings(node);
    findings.push(clock::latency(node));
    if node.info.is_empty() {
        findings.push(Finding::weak(
            "the server does not say how it is: the user may not ask `INFO`",
            "`procession acl` prints a rule with it; without it neither version nor memory can be checked",
        ));
        return findings;
    }
    findings.push(version::version(node));
    findings.push(version::role(node));
    findings.push(version::clients(node));
    findings.extend(memory::findings(node));
    findings.extend(durability::findings(node, address.durability()));
    findings
}

/// What can be said of all together.
fn of_all(address: &Address, examined: &Examination) -> Vec<Finding> {
    let coverage = coverage::unserved_slots(&examined.unserved_slots);
    coverage
        .into_iter()
        .chain([
            clock::clocks(examined),
            namespace::layout(address, examined),
            namespace::signatures(address, examined),
            namespace::encryption(address),
        ])
        .collect()
}

fn text(findings: &[Finding]) -> String {
    let width = Verdict::Broken.word().len();
    let mut text = String::new();
    for Finding {
        verdict,
        server,
        what,
        remedy,
    } in findings
    {
        let verdict = verdict.word();
        let server = server
            .as_ref()
            .map_or(String::new(), |server| format!("{server}: "));
        text.push_str(&format!("{verdict:width$}  {server}{what}\n"));
        if let Some(remedy) = remedy {
            text.push_str(&format!("{:width$}  → {remedy}\n", ""));
        }
    }
    let count = |verdict| {
        findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
            .count()
    };
    let (broken, weak) = (count(Verdict::Broken), count(Verdict::Weak));
    text + &format!(
        "\n{} findings: {broken} broken, {weak} weak.\n",
        findings.len()
    )
}

/// What a server says of itself, as a number.
fn number(node: &Node, name: &str) -> Option<u64> {
    node.info.get(name)?.parse().ok()
}

/// What a server says of itself.
fn said<'a>(node: &'a Node, name: &str) -> &'a str {
    node.info.get(name).map_or("", String::as_str)
}

#[cfg(test)]
/// A server on which everything is as it should be, but for this.
fn node(differences: &[(&str, &str)]) -> Node {
    use std::collections::HashMap;
    use std::time::Duration;

    use procession_cluster::inspect::Stopwatch;

    let usual = [
        ("redis_version", "7.2.4"),
        ("role", "master"),
        ("connected_slaves", "1"),
        (
            "slave0",
            "ip=10.0.0.2,port=6379,state=online,offset=9,lag=0",
        ),
        ("connected_clients", "3"),
        ("maxclients", "10000"),
        ("used_memory", "1000000"),
        ("maxmemory", "100000000"),
        ("total_system_memory", "1000000000"),
        ("maxmemory_policy", "noeviction"),
        ("evicted_keys", "0"),
        ("aof_enabled", "1"),
        ("aof_last_write_status", "ok"),
        ("rdb_last_bgsave_status", "ok"),
    ];
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let info: HashMap<_, _> = usual.iter().chain(differences).map(owned).collect();
    let settings = [("appendfsync", "everysec"), ("save", "")];
    Node {
        info,
        settings: settings.iter().map(owned).collect(),
        denied: Ok(Vec::new()),
        stopwatch: Stopwatch {
            median: Duration::from_micros(300),
            longest: Duration::from_micros(900),
            ahead: 0,
        },
    }
}
