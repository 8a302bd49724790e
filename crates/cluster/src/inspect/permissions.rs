//! What a server lets its user do.

use crate::acl::{COMMANDS, OPERATOR_COMMANDS};
use crate::script::{Script, script};
use crate::{Cluster, ClusterError, Endpoint};

static PERMISSIONS: Script = script!("permissions");

/// A command that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// What it is called in rules.
    pub command: String,
    /// Only those who run the server need it.
    pub is_for_operators: bool,
    /// The server knows it, but the user may not use it, or not on keys of the namespace.
    pub is_known: bool,
}

/// Which of the commands that are used cannot be. Nothing is done but asking; and the server has run a script, for which this is proof.
pub(super) fn denied(cluster: &Cluster, node: &Endpoint) -> Result<Vec<Denied>, ClusterError> {
    let text = PERMISSIONS.text();
    let key = format!("pc:{}:{{permissions}}:h", cluster.address().namespace());
    let mut call: Vec<&[u8]> = vec![b"EVAL", text.as_bytes(), b"0", key.as_bytes()];
    call.extend(
        COMMANDS
            .iter()
            .chain(OPERATOR_COMMANDS)
            .map(|command| command.as_bytes()),
    );
    let mut answers = cluster.command_at(node, call)?.into_array()?.into_iter();
    let mut denied = Vec::new();
    while let (Some(command), Some(is_known)) = (answers.next(), answers.next()) {
        let command = command.into_text()?;
        denied.push(Denied {
            is_for_operators: OPERATOR_COMMANDS.contains(&command.as_str()),
            is_known: is_known.integer()? == 1,
            command,
        });
    }
    Ok(denied)
}
