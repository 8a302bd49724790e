//! Parts that this program plays in a process of its own for a peer, named on its command line.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Error, bail};

use crate::{ipc, machines, pipe, pool};

/// The first argument of a process that plays a part.
pub(crate) const MARK: &str = "--role";

/// The command that plays a part: the running image again, as every contestant starts it.
pub(crate) fn command(role: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg(MARK).arg(role).args(arguments);
    command
}

/// Plays the part that the command line names; `None` when it names none.
pub(crate) fn play(arguments: Vec<OsString>) -> Option<Result<(), Error>> {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let [mark, part @ ..] = words.as_slice() else {
        return None;
    };
    (*mark == MARK).then(|| perform(part))
}

fn perform(part: &[&str]) -> Result<(), Error> {
    match part {
        ["nothing"] => Ok(()),
        ["pipe-consumer", load] => pipe::crew::consumer(load.parse()?),
        ["pipe-producer"] => pipe::pairs::producer(),
        ["pool-worker", work] => pool::pipe_worker(work.parse()?),
        ["apalis-worker", url, name] => machines::apalis_worker(url, name),
        ["pipe-echo"] => pipe::round_trip::echo(),
        ["guard", arguments @ ..] => machines::guard(arguments),
        ["ipc-consumer", load, server] => ipc::consumer(load.parse()?, server),
        ["ipc-producer", server] => ipc::pairs::producer(server),
        ["ipc-echo", server] => ipc::round_trip::echo(server),
        _ => bail!("no such part: {}", part.join(" ")),
    }
}
