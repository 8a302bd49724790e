//! Whether the server does what programs ask of it.

use procession_cluster::inspect::{Denied, Node};

use super::finding::Finding;

pub(super) fn findings(node: &Node) -> Vec<Finding> {
    let denied = match &node.denied {
        Ok(denied) => denied,
        Err(error) => return vec![Finding::failure(format!("scripts cannot be run: {error}"))],
    };
    vec![
        Finding::fine("scripts can be loaded and run"),
        programs(denied),
        operators(denied),
    ]
}

fn programs(denied: &[Denied]) -> Finding {
    let denied: Vec<&Denied> = denied
        .iter()
        .filter(|denied| !denied.is_for_operators)
        .collect();
    let unknown = names(&denied, |denied| !denied.is_known);
    if !unknown.is_empty() {
        return Finding::broken(
            format!("the server does not know, or has renamed, {unknown}"),
            "Redis 7.0, Valkey 7.2 or later is needed, with all of its commands under their names (`rename-command`)",
        );
    }
    match names(&denied, |_| true) {
        none if none.is_empty() => Finding::fine("the user may do what programs need"),
        refused => Finding::broken(
            format!("the user may not use, on keys of this namespace: {refused}"),
            "`procession acl` prints the rule that the user needs",
        ),
    }
}

fn operators(denied: &[Denied]) -> Finding {
    let denied: Vec<&Denied> = denied
        .iter()
        .filter(|denied| denied.is_for_operators)
        .collect();
    match names(&denied, |_| true) {
        none if none.is_empty() => Finding::fine("the user may look at what there is"),
        refused => Finding::weak(
            format!(
                "the user may not use {refused}, so that `queues`, `pools`, `workers` and `drain` may not work; programs do not need that"
            ),
            "`procession acl --operator` prints the rule of one who may",
        ),
    }
}

fn names(denied: &[&Denied], which: impl Fn(&Denied) -> bool) -> String {
    let chosen = denied.iter().filter(|denied| which(denied));
    chosen
        .map(|denied| denied.command.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict::{Broken, Fine, Weak};
    use super::super::node;
    use super::*;

    #[test]
    fn what_is_refused_or_unknown_is_named() {
        let denied = |command: &str, is_for_operators, is_known| {
            let mut node = node(&[]);
            let command = command.to_owned();
            node.denied = Ok(vec![Denied {
                command,
                is_for_operators,
                is_known,
            }]);
            let [_, programs, operators] = findings(&node).try_into().unwrap();
            (programs, operators)
        };
        let (programs, operators) = denied("hset", false, true);
        assert_eq!((programs.verdict, operators.verdict), (Broken, Fine));
        assert!(programs.what.ends_with(": hset"), "{programs:?}");
        let (programs, operators) = denied("hset", false, false);
        assert_eq!((programs.verdict, operators.verdict), (Broken, Fine));
        assert!(programs.what.contains("does not know"), "{programs:?}");
        let (programs, operators) = denied("scan", true, true);
        assert_eq!((programs.verdict, operators.verdict), (Fine, Weak));
    }
}
