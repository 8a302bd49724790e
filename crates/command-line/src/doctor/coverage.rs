//! Whether a cluster can be used as a whole.

use procession_cluster::ClusterError;

use super::finding::Finding;

/// Nothing if all slots are kept by somebody.
pub(super) fn unserved_slots(unserved: &Result<usize, ClusterError>) -> Option<Finding> {
    match unserved {
        Ok(0) => None,
        Ok(count) => Some(Finding::broken(
            format!(
                "{count} of the cluster's 16384 slots are kept by no node: the objects that belong there cannot be used"
            ),
            "bring the missing nodes back, or assign their slots to others (`redis-cli --cluster fix`)",
        )),
        Err(error) => Some(Finding::failure(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn slots_that_nobody_keeps_are_found() {
        assert!(unserved_slots(&Ok(0)).is_none());
        let found = unserved_slots(&Ok(7)).unwrap();
        assert_eq!(found.verdict, Verdict::Broken);
        assert!(found.what.contains("7 of the cluster's"), "{}", found.what);
    }
}
