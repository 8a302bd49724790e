//! The command line of procession: what lies on a Redis or Valkey server, and how it does.
//!
//! It is the same for both faces: the program `procession`, and `python -m procession`.

mod acl;
mod arguments;
mod dead;
mod doctor;
mod drain;
mod failure;
mod letter;
mod output;
mod peek;
mod pools;
mod purge;
mod queues;
mod requeue_dead;
mod table;
mod worker;
mod workers;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use arguments::{Arguments, Command, Connection};
use failure::Failure;
use output::Output;

/// The exit code of a command that has done what it was asked to.
const DONE: u8 = 0;
/// Of one that could not, or has found something broken.
const FAILED: u8 = 1;
/// Of a command line that cannot be understood.
const MISUSED: u8 = 2;

/// Does what a command line asks for, and returns the exit code: 0 if it is done, 1 if it failed or something is broken, 2 if
/// the command line cannot be understood. `program` is what users type in front of `arguments`.
///
/// # Examples
///
/// ```
/// let (mut output, mut errors) = (Vec::new(), Vec::new());
/// let arguments = ["acl", "--url", "redis://localhost/?namespace=shop"].map(Into::into);
/// procession_command_line::run("procession", arguments, &mut output, &mut errors);
/// assert!(String::from_utf8(output)?.contains("~pc:shop:*"));
/// # Ok::<(), std::string::FromUtf8Error>(())
/// ```
pub fn run(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    output: &mut dyn Write,
    errors: &mut dyn Write,
) -> ExitCode {
    ExitCode::from(run_for_code(program, arguments, output, errors))
}

/// As [`run`], with the exit code as a number.
pub fn run_for_code(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    output: &mut dyn Write,
    errors: &mut dyn Write,
) -> u8 {
    let (code, written) = match parse(program, arguments) {
        Ok(arguments) => match carry_out(program, &arguments, output) {
            Ok(code) => return code,
            // Whoever reads the output has read enough, as `head` does.
            Err(Failure::Output(_)) => return FAILED,
            Err(failure) => (FAILED, writeln!(errors, "{program}: {failure}")),
        },
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => (DONE, write!(output, "{error}")),
            _ => (MISUSED, write!(errors, "{error}")),
        },
    };
    // There is nobody left to whom it could be told.
    let _ = written;
    code
}

/// The commands, and what each does.
pub fn commands() -> Vec<(String, String)> {
    let command = Arguments::command();
    let commands = command.get_subcommands().map(|command| {
        let about = command.get_about().map(ToString::to_string);
        (command.get_name().to_owned(), about.unwrap_or_default())
    });
    commands.collect()
}

fn parse(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Arguments, clap::Error> {
    let command = Arguments::command().bin_name(program);
    let line = [OsString::from(program)].into_iter().chain(arguments);
    let matches = command.try_get_matches_from(line)?;
    Arguments::from_arg_matches(&matches)
}

fn carry_out(program: &str, arguments: &Arguments, output: &mut dyn Write) -> Result<u8, Failure> {
    let Connection { url, json } = &arguments.connection;
    let url = url.as_deref();
    let mut output = Output::new(output, *json);
    match &arguments.command {
        Command::Queues(options) => queues::run(url, options, &mut output),
        Command::Pools => pools::run(url, &mut output),
        Command::Workers(options) => workers::run(url, options, &mut output),
        Command::Peek(options) => peek::run(url, options, &mut output),
        Command::Dead(options) => dead::run(url, options, &mut output),
        Command::RequeueDead(options) => requeue_dead::run(url, options, &mut output),
        Command::Purge(options) => purge::run(url, options, &mut output),
        Command::Drain(options) => drain::run(url, options, &mut output),
        Command::Acl(options) => acl::run(url, options, &mut output),
        Command::Doctor(options) => doctor::run(options.server.as_deref().or(url), &mut output),
        Command::Worker(_) => worker::run(program),
    }
}
