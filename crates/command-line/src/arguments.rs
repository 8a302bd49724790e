//! What a command line can say.

use clap::{Args, Parser, Subcommand};

/// What lies on a Redis or Valkey server, and how it does.
#[derive(Debug, Parser)]
#[command(name = "procession", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// Where the server is: redis://user:password@host:6379/?namespace=name, rediss:// for TLS
    // Whoever looks at the help shall not read a password.
    #[arg(long, global = true, env = "PROCESSION_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,
    /// For programs: one JSON value
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The queues: what waits in each, what consumers hold, and what was lost
    Queues(Queues),
    /// The pools: their worker hosts, and what waits for these
    Pools,
    /// The worker hosts: what program each runs, and what it has to do
    Workers(Workers),
    /// The first messages of a queue, which stay there
    Peek(Look),
    /// The dead letters of a queue: messages that were lost with their consumers
    Dead(Look),
    /// Puts the dead letters of a queue at its end again
    RequeueDead(Queue),
    /// Throws away what waits in a queue
    Purge(Purge),
    /// Tells a worker host to take no more tasks, and to end when those that it has are done
    Drain(Drain),
    /// The command that gives a user of the server what programs need, and no more
    Acl(Acl),
    /// What is wrong with a server, and what to do about it
    Doctor(Doctor),
    /// How to start a worker host
    Worker(Worker),
}

#[derive(Debug, Args)]
pub(crate) struct Queues {
    /// Also those without a name, which belong to programs that run
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Workers {
    /// Also which tasks they carry out
    #[arg(long)]
    pub(crate) tasks: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Queue {
    /// Its name, as programs or `queues` call it
    pub(crate) queue: String,
}

#[derive(Debug, Args)]
pub(crate) struct Look {
    #[command(flatten)]
    pub(crate) queue: Queue,
    /// How many to show
    #[arg(short = 'n', long, default_value_t = 10)]
    pub(crate) limit: usize,
    /// Show all bytes of each, not only the first
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Purge {
    #[command(flatten)]
    pub(crate) queue: Queue,
    /// The dead letters instead of what waits
    #[arg(long)]
    pub(crate) dead: bool,
    /// What is thrown away is gone: without this nothing happens
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Drain {
    /// Its name, as `workers` tells it; NAME/PID for one agent of several on a machine
    pub(crate) host: String,
    /// Wait until it is gone, so many seconds at most
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "3600")]
    pub(crate) wait: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Acl {
    /// What the user is called
    #[arg(long, default_value = "procession")]
    pub(crate) user: String,
    /// Also what `queues`, `pools`, `workers`, `drain` and `doctor` need; it can see the names of all keys
    #[arg(long)]
    pub(crate) operator: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Where the server is
    // Not called `url`, which is the option.
    #[arg(value_name = "URL")]
    pub(crate) server: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// Whatever comes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn nothing_contradicts_itself() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_doctor_finds_the_server_in_every_way() {
        for line in [
            "procession doctor redis://a/",
            "procession doctor --url redis://a/",
            "procession --url redis://a/ doctor",
        ] {
            let read = Arguments::try_parse_from(line.split(' ')).unwrap();
            let Command::Doctor(Doctor { server }) = read.command else {
                unreachable!("{:?}", read.command)
            };
            let found = server.or(read.connection.url);
            assert_eq!(found.as_deref(), Some("redis://a/"), "{line}");
        }
    }
}
