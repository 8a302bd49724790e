//! Commands as they go over the wire.

use std::borrow::Cow;
use std::cell::Cell;

use redis::cmd;

use super::confirmation::Confirmation;
use crate::script::Prepared;

/// A command that can be sent any number of times.
pub(super) struct Request {
    packed: Vec<u8>,
    /// The same with the script itself in place of its digest, for a server that does not know it.
    script: Option<ScriptRequest>,
    confirmation: Confirmation,
    was_sent: Cell<bool>,
    was_taken: Cell<bool>,
}

struct ScriptRequest {
    prepared: &'static Prepared,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Request {
    pub(super) fn command(parts: &[&[u8]]) -> Request {
        let mut command = redis::Cmd::new();
        for part in parts {
            command.arg(*part);
        }
        Request {
            packed: command.get_packed_command(),
            script: None,
            confirmation: Confirmation::Unneeded,
            was_sent: Cell::new(false),
            was_taken: Cell::new(false),
        }
    }

    pub(super) fn script(
        prepared: &'static Prepared,
        keys: Vec<String>,
        arguments: Vec<Vec<u8>>,
    ) -> Request {
        Request {
            packed: evaluation("EVALSHA", &prepared.digest, &keys, &arguments),
            script: Some(ScriptRequest {
                prepared,
                keys,
                arguments,
            }),
            confirmation: Confirmation::Unneeded,
            was_sent: Cell::new(false),
            was_taken: Cell::new(false),
        }
    }

    /// The same, which is followed by waiting for that.
    pub(super) fn confirmed_by(self, confirmation: Confirmation) -> Request {
        Request {
            confirmation,
            ..self
        }
    }

    /// What is waited for when it has been carried out.
    pub(super) fn confirmation(&self) -> &Confirmation {
        &self.confirmation
    }

    /// Notes that it is sent; says whether it was before.
    pub(super) fn note_sending(&self) -> bool {
        self.was_sent.replace(true)
    }

    /// Notes that the server has taken the step, though it need not be confirmed yet.
    pub(super) fn note_taken(&self) {
        self.was_taken.set(true);
    }

    /// Whether the server has taken the step.
    pub(super) fn was_taken(&self) -> bool {
        self.was_taken.get()
    }

    pub(super) fn packed(&self) -> &[u8] {
        &self.packed
    }

    /// The request for a server that has said that it does not know the script; it does afterwards.
    pub(super) fn with_script(&self) -> Cow<'_, [u8]> {
        match &self.script {
            None => Cow::Borrowed(&self.packed),
            Some(script) => Cow::Owned(evaluation(
                "EVAL",
                &script.prepared.text,
                &script.keys,
                &script.arguments,
            )),
        }
    }
}

fn evaluation(command: &str, script: &str, keys: &[String], arguments: &[Vec<u8>]) -> Vec<u8> {
    let mut command = cmd(command);
    command.arg(script).arg(keys.len()).arg(keys).arg(arguments);
    command.get_packed_command()
}

/// What the server calls a script.
pub(super) fn digest(text: &str) -> String {
    redis::Script::new(text).get_hash().to_owned()
}
