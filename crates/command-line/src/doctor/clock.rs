//! How far the servers are, and whether their clocks agree.

use std::time::Duration;

use procession_cluster::inspect::{Examination, Node};

use super::finding::Finding;

/// Beyond it, tasks of less than some ten milliseconds wait for the network most of the time.
const FAR: Duration = Duration::from_millis(5);
/// Milliseconds by which clocks may differ: a failover changes what is left of leases by that.
const OFF: i64 = 1000;

pub(super) fn latency(node: &Node) -> Finding {
    let shown = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    let (median, longest) = (node.stopwatch.median, node.stopwatch.longest);
    let what = format!(
        "it answers within {}, at worst {}",
        shown(median),
        shown(longest)
    );
    match median > FAR {
        true => Finding::weak(
            what,
            "run programs nearer to it; or give tasks in larger chunks, and messages with put_many",
        ),
        false => Finding::fine(what),
    }
}

/// Leases are counted by the server's clock alone, so that ours does not matter; but another server, which takes over, has another clock.
pub(super) fn clocks(examined: &Examination) -> Finding {
    let nodes = examined
        .nodes
        .iter()
        .filter_map(|(_, node)| node.as_ref().ok());
    let ahead: Vec<i64> = nodes.map(|node| node.stopwatch.ahead).collect();
    let (Some(least), Some(most)) = (ahead.iter().min(), ahead.iter().max()) else {
        return Finding::weak(
            "no server's clock could be read",
            "see what else is said here",
        );
    };
    const REMEDY: &str = "synchronize the clocks of all machines (NTP): when another server takes over, leases end sooner or later by the difference";
    if most - least > OFF {
        return Finding::weak(
            format!("the servers' clocks differ by {} ms", most - least),
            REMEDY,
        );
    }
    match ahead.iter().map(|ahead| ahead.abs()).max().unwrap_or(0) {
        off if off > OFF => Finding::weak(
            format!("the server's clock and this machine's differ by {off} ms"),
            REMEDY,
        ),
        off => Finding::fine(format!(
            "the server's clock and this machine's agree, within {off} ms"
        )),
    }
}

#[cfg(test)]
mod tests {
    use procession_cluster::Endpoint;

    use super::super::finding::Verdict::{self, Fine, Weak};
    use super::super::node;
    use super::*;

    fn differences(ahead: &[i64]) -> Verdict {
        let nodes = ahead.iter().map(|ahead| {
            let mut node = node(&[]);
            node.stopwatch.ahead = *ahead;
            (Endpoint::Tcp("server".to_owned(), 6379), Ok(node))
        });
        let examined = Examination {
            nodes: nodes.collect(),
            unserved_slots: Ok(0),
            layout: Ok(None),
            known_layout: "1",
            has_key: false,
        };
        clocks(&examined).verdict
    }

    #[test]
    fn clocks_that_differ_are_found() {
        assert_eq!(differences(&[-1000]), Fine);
        assert_eq!(differences(&[-1001]), Weak);
        assert_eq!(differences(&[-600, 600]), Weak);
        assert_eq!(differences(&[]), Weak);
    }

    #[test]
    fn servers_that_are_far_are_found() {
        let mut far = node(&[]);
        assert_eq!(latency(&far).verdict, Fine);
        far.stopwatch.median = FAR + Duration::from_micros(1);
        assert_eq!(latency(&far).verdict, Weak);
    }
}
