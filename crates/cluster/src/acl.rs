//! What a server's user must be allowed to do.

use crate::ClusterError;
use crate::address::is_plain_name;

/// All commands that are used, by themselves or in scripts.
pub(crate) const COMMANDS: &[&str] = &[
    // The connection, and what the server says of itself.
    "asking",
    "cluster|slots",
    "info",
    "time",
    "wait",
    // Scripts.
    "eval",
    "evalsha",
    // Keys.
    "copy",
    "del",
    "exists",
    "persist",
    "pexpire",
    "rename",
    "unlink",
    // Strings.
    "get",
    "getrange",
    "incrby",
    "set",
    "setrange",
    "strlen",
    // Hashes.
    "hdel",
    "hexists",
    "hget",
    "hgetall",
    "hincrby",
    "hkeys",
    "hlen",
    "hmget",
    "hrandfield",
    "hscan",
    "hset",
    "hsetnx",
    "hvals",
    // Lists.
    "blmove",
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
    "rpush",
    // Sorted sets.
    "zadd",
    "zcard",
    "zcount",
    "zpopmin",
    "zrange",
    "zrangebyscore",
    "zrem",
    "zscore",
    // Streams.
    "xadd",
    "xdel",
    "xlen",
    "xrange",
    "xread",
    "xrevrange",
    "xtrim",
];

/// What those need besides who look at everything in a namespace, and examine the server.
pub(crate) const OPERATOR_COMMANDS: &[&str] = &["config|get", "scan"];

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
    rule(namespace, user, COMMANDS)
}

/// As [`acl_rule`], for a user who may also find out what there is in the namespace, and how the server is set up; so he sees
/// the names of other keys, though not what they hold.
///
/// # Errors
///
/// As [`acl_rule`].
pub fn acl_rule_for_operators(namespace: &str, user: &str) -> Result<String, ClusterError> {
    rule(namespace, user, &[COMMANDS, OPERATOR_COMMANDS].concat())
}

fn rule(namespace: &str, user: &str, commands: &[&str]) -> Result<String, ClusterError> {
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
    for command in commands {
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

    /// The text of all files with this ending below a directory, but not of tests.
    fn texts(directory: &Path, ending: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("tests") {
                texts(&path, ending, found);
            } else if path
                .extension()
                .is_some_and(|extension| extension == ending)
            {
                found.push(fs::read_to_string(&path).expect("a text"));
            }
        }
    }

    fn source(ending: &str) -> Vec<String> {
        let mut found = Vec::new();
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        texts(&directory, ending, &mut found);
        found
    }

    /// The words that stand between these two.
    fn between<'a>(
        text: &'a str,
        before: &'a str,
        after: char,
    ) -> impl Iterator<Item = String> + 'a {
        let parts = text.split(before).skip(1);
        parts.filter_map(move |part| part.split(after).next().map(str::to_lowercase))
    }

    fn called(script: &str) -> impl Iterator<Item = String> + '_ {
        let called = between(script, "redis.call('", '\'');
        called.chain(between(script, "redis.pcall('", '\''))
    }

    #[test]
    fn the_rule_has_every_command_of_every_script() {
        let scripts = source("lua");
        assert!(scripts.len() > 10);
        for script in scripts {
            for command in called(&script) {
                assert!(
                    COMMANDS.contains(&command.as_str()),
                    "{command} in:\n{script}"
                );
            }
        }
    }

    #[test]
    fn the_rule_has_nothing_that_nobody_uses() {
        let mut used = Vec::new();
        for script in source("lua") {
            used.extend(called(&script));
        }
        for text in source("rs") {
            used.extend(between(&text, "b\"", '"'));
            used.extend(between(&text, "\"EVAL", '"').map(|rest| format!("eval{rest}")));
        }
        for command in COMMANDS {
            let name = command.split('|').next().map(str::to_owned);
            assert!(name.is_some_and(|name| used.contains(&name)), "{command}");
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
