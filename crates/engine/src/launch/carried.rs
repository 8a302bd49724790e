//! What a process is started with, on its way to another machine that starts it.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use super::command::{AtExit, Command};
use super::message::Environment;
use super::stdio::Stdio;

/// What a [`Command`] says that makes sense on any machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CarriedCommand {
    name: String,
    is_daemon: bool,
    environment: Environment,
    directory: Option<OsString>,
    memory_limit: Option<u64>,
}

impl CarriedCommand {
    /// A command with nothing out of the ordinary, for a process of that name.
    pub fn new(name: impl Into<String>, is_daemon: bool) -> CarriedCommand {
        CarriedCommand {
            name: name.into(),
            is_daemon,
            ..CarriedCommand::default()
        }
    }

    /// What the process is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the process is to end with the one that wanted it.
    pub fn is_daemon(&self) -> bool {
        self.is_daemon
    }

    /// The command, for a process of this machine that ends with this one.
    pub fn into_command(self) -> Command {
        Command {
            name: Some(self.name),
            at_exit: AtExit::Ended,
            environment: self.environment,
            directory: self.directory.map(Into::into),
            memory_limit: self.memory_limit,
            ..Command::default()
        }
    }
}

impl Command {
    /// The same for another machine; `name` is what the process is called if the command does not say.
    ///
    /// # Errors
    ///
    /// The setting that concerns this machine alone.
    pub fn carried(self, name: impl FnOnce() -> String) -> Result<CarriedCommand, &'static str> {
        let Command {
            name: given,
            at_exit,
            // How a host starts processes is its own business.
            method: _,
            environment,
            directory,
            streams,
            memory_limit,
            executable,
        } = self;
        let streams = [
            ("stdin", streams.input),
            ("stdout", streams.output),
            ("stderr", streams.error),
        ];
        for (setting, stream) in streams {
            if !matches!(stream, Stdio::Inherit) {
                return Err(setting);
            }
        }
        if executable.is_some() {
            return Err("executable");
        }
        Ok(CarriedCommand {
            name: given.unwrap_or_else(name),
            is_daemon: at_exit == AtExit::Ended,
            environment,
            directory: directory.map(Into::into),
            memory_limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_the_same_elsewhere() {
        let command = Command::new()
            .name("heron")
            .daemon(true)
            .env("LANGUAGE", "gsw")
            .current_dir("/")
            .memory_limit(1 << 30);
        let carried = command.carried(String::new).unwrap();
        let bytes = postcard::to_stdvec(&carried).unwrap();
        let arrived: CarriedCommand = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(arrived, carried);
        assert!(arrived.is_daemon());
        let again = arrived.into_command().carried(String::new).unwrap();
        assert_eq!(again, carried);
    }

    #[test]
    fn what_concerns_one_machine_is_not_carried() {
        let local = [
            (Command::new().stdout(Stdio::Piped), "stdout"),
            (Command::new().executable("/bin/true"), "executable"),
        ];
        for (command, setting) in local {
            assert_eq!(command.carried(String::new), Err(setting));
        }
    }

    #[test]
    fn a_process_without_a_name_gets_one() {
        let carried = Command::new().carried(|| "Process-7".to_owned()).unwrap();
        assert_eq!(carried.name(), "Process-7");
        assert!(!carried.is_daemon());
    }
}
