//! What a server says about its replicas.

/// Seconds for which a replica that is in step may not have been heard of; it is to be heard of every second.
const LAG: u64 = 2;

/// Whether one of the replicas in a server's description is in step. Their lines are like `slave0:ip=…,port=…,state=online,offset=…,lag=0`.
pub(crate) fn has_replica_in_step(description: &str) -> bool {
    replicas_online(description).any(|lag| lag <= LAG)
}

/// The replicas in a server's description that follow it, by the seconds for which each has not been heard of.
pub(crate) fn replicas_online(description: &str) -> impl Iterator<Item = u64> + '_ {
    let lines = description.lines().filter_map(|line| line.split_once(':'));
    let replicas = lines.filter(|(name, _)| {
        let number = name.strip_prefix("slave");
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    });
    replicas.filter_map(|(_, replica)| {
        let say = |name: &str| {
            let mut words = replica.split(',').filter_map(|word| word.split_once('='));
            words
                .find(|(found, _)| *found == name)
                .map(|(_, value)| value.trim())
        };
        let lag = say("lag")?.parse().ok()?;
        (say("state") == Some("online")).then_some(lag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_replicas_that_are_online_and_were_just_heard_of_are_in_step() {
        let described = |replica: &str| {
            format!(
                "# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=::1,port=1,{replica}\r\nslave_repl_offset:0\r\n"
            )
        };
        for (replica, expected) in [
            ("state=online,offset=7,lag=0", true),
            ("state=online,offset=7,lag=2", true),
            ("state=online,offset=7,lag=3", false),
            ("state=wait_bgsave,offset=0,lag=0", false),
            ("state=online", false),
        ] {
            assert_eq!(
                has_replica_in_step(&described(replica)),
                expected,
                "{replica}"
            );
        }
        assert!(!has_replica_in_step(
            "role:master\r\nconnected_slaves:0\r\n"
        ));
    }
}
