//! What a server's user must be allowed to do.

use crate::ClusterError;
use crate::address::is_plain_name;

/// All commands that are used, by themselves or in scripts.
pub(crate) const COMMANDS: &[&str] = &[
    // The connection, and what the server says of itself.
    "asking",
    "cluster|slots",
    "info",
    "ping",
    "time", //
    // Scripts.
    "eval",
    "evalsha", //
    // Keys.
    "del",
    "exists",
    "persist",
    "pexpire",
    "pttl",
    "unlink", //
    // Strings.
    "append",
    "get",
    "getrange",
    "incrby",
    "set",
    "setrange",
    "strlen", //
    // Hashes.
    "hdel",
    "hexists",
    "hget",
    "hgetall",
    "hincrby",
    "hkeys",
    "hlen",
    "hmget",
    "hset",
    "hsetnx",
    "hvals", //
    // Lists.
    "blpop",
    "lindex",
    "linsert",
    "llen",
    "lpop",
    "lpush",
    "lrange",
    "lrem",
    "lset",
    "ltrim",
    "rpop",
    "rpush", //
    // Sorted sets.
    "zadd",
    "zcard",
    "zcount",
    "zincrby",
    "zmscore",
    "zpopmin",
    "zrange",
    "zrangebyscore",
    "zrank",
    "zrem",
    "zremrangebyscore",
    "zrevrange",
    "zscore", //
    // Streams.
    "xadd",
    "xdel",
    "xlen",
    "xrange",
    "xread",
    "xrevrange",
    "xtrim",
];

/// The command that gives a user of the server what procession needs for one namespace, and nothing else; `PASSWORD` stands for the password.
///
/// # Errors
///
/// [`ClusterError::Address`] if one of the names has other characters than letters, digits, dots, dashes and underscores.
///
/// # Examples
///
/// ```
/// let rule = procession_cluster::acl_rule("shop", "worker")?;
/// assert!(rule.starts_with("ACL SETUSER worker on >PASSWORD resetkeys ~pc:shop:* resetchannels -@all +"));
/// # Ok::<_, procession_cluster::ClusterError>(())
/// ```
pub fn acl_rule(namespace: &str, user: &str) -> Result<String, ClusterError> {
    if let Some(wrong) = [namespace, user]
        .into_iter()
        .find(|name| !is_plain_name(name))
    {
        return Err(ClusterError::Address {
            reason: format!(
                "{wrong:?} is not made of 1 to 128 letters, digits, dots, dashes and underscores"
            ),
        });
    }
    let mut rule =
        format!("ACL SETUSER {user} on >PASSWORD resetkeys ~pc:{namespace}:* resetchannels -@all");
    for command in COMMANDS {
        rule.push_str(" +");
        rule.push_str(command);
    }
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// All commands that the scripts below a directory call, and in which script.
    fn commands_in(directory: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                commands_in(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "lua") {
                let text = fs::read_to_string(&path).expect("a script");
                for opening in ["redis.call('", "redis.pcall('"] {
                    for call in text.split(opening).skip(1) {
                        let command = call.split('\'').next().expect("at least one part");
                        found.push((command.to_lowercase(), path.display().to_string()));
                    }
                }
            }
        }
    }

    #[test]
    fn the_rule_has_every_command_of_every_script() {
        let mut found = Vec::new();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        commands_in(&source, &mut found);
        assert!(found.len() > 10);
        for (command, script) in found {
            assert!(
                COMMANDS.contains(&command.as_str()),
                "{command} of {script}"
            );
        }
    }

    #[test]
    fn names_that_would_change_the_rule_are_refused() {
        for (namespace, user) in [
            ("shop *", "worker"),
            ("shop", "worker +@all"),
            ("", "worker"),
        ] {
            assert!(acl_rule(namespace, user).is_err(), "{namespace} {user}");
        }
    }
}
