//! `procession acl`.

use procession_cluster::{Durability, acl_rule, acl_rule_for_operators};
use serde::Serialize;

use crate::DONE;
use crate::arguments::Acl;
use crate::failure::{Failure, address};
use crate::output::Output;

/// Of the address only the namespace and the durability matter here.
const ANY: &str = "redis://localhost/";

/// Only for those who ask for it: servers before Redis 7.2 do not know the command, and refuse a rule with it.
const FOR_THE_DISK: &str = " +waitaof";

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
    let address = address(url.or(Some(ANY)))?;
    let namespace = address.namespace().to_owned();
    let mut rule = match options.operator {
        true => acl_rule_for_operators(&namespace, &options.user)?,
        false => acl_rule(&namespace, &options.user)?,
    };
    if address.durability() == Durability::Disk {
        rule.push_str(FOR_THE_DISK);
    }
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
