//! `procession acl`.

use procession_cluster::{acl_rule, acl_rule_for_operators};
use serde::Serialize;

use crate::DONE;
use crate::arguments::Acl;
use crate::failure::{Failure, address};
use crate::output::Output;

/// Of the address only the namespace matters here.
const ANY: &str = "redis://localhost/";

#[derive(Debug, Serialize)]
struct Rule {
    namespace: String,
    user: String,
    rule: String,
}

pub(crate) fn run(
    url: Option<&str>,
    options: &Acl,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let namespace = address(url.or(Some(ANY)))?.namespace().to_owned();
    let rule = match options.operator {
        true => acl_rule_for_operators(&namespace, &options.user)?,
        false => acl_rule(&namespace, &options.user)?,
    };
    let rule = Rule {
        namespace,
        user: options.user.clone(),
        rule,
    };
    output.say(&rule, || {
        let Rule {
            namespace,
            user,
            rule,
        } = &rule;
        format!(
            "{rule}

This is what programs need in the namespace {namespace:?}. Put the password of your choice in the place of PASSWORD, and give the command to every
server (each node of a cluster, replicas too), as an administrator: `redis-cli -h HOST`, then the line above. `ACL SAVE` keeps it beyond a restart if the
server has an `aclfile`, `CONFIG REWRITE` if it has a configuration file. Programs then connect to
redis://{user}:PASSWORD@HOST/?namespace={namespace}, with the password in a file that PROCESSION_PASSWORD_FILE names if it is not to stand there."
        )
    })?;
    Ok(DONE)
}
