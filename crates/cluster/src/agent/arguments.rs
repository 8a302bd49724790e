//! What a program is told that is started as a worker host.

use std::ffi::OsString;
use std::time::Duration;

use crate::pool::DEFAULT;
use crate::{Address, ClusterError};

/// The first argument of a program that is to be a worker host.
pub const SWITCH: &str = "--procession-worker";

/// Names the server in the environment of workers, and of hosts to which nothing else is said.
pub const URL: &str = "PROCESSION_URL";

const DRAIN: Duration = Duration::from_secs(30);

/// How to start a worker host.
pub const USAGE: &str = "\
usage: PROGRAM --procession-worker URL [--slots N] [--pool NAME]... [--drain SECONDS] [--name NAME]
  URL              where the server is: redis://host:6379/?namespace=name; or in PROCESSION_URL
  --slots N        how many tasks to carry out at a time; as many as there are processors
  --pool NAME      the pool whose tasks to carry out; may be given several times; `default`
  --drain SECONDS  how long tasks may go on after SIGTERM; 30
  --name NAME      what to call this host; its host name";

/// What a program is told that is started as a worker host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Where the server is.
    pub address: Address,
    /// Tasks that are carried out at a time; nothing if as many as there are processors.
    pub slots: Option<usize>,
    /// Whose tasks.
    pub pools: Vec<String>,
    /// How long tasks may go on after the host was told to stop.
    pub drain: Duration,
    /// What to call the host; nothing if by its host name.
    pub name: Option<String>,
}

/// Why the arguments of a worker host cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentsError {
    /// No server was named.
    #[error("no server is named, neither as the first argument nor in PROCESSION_URL")]
    NoServer,
    /// The server's address cannot be understood.
    #[error(transparent)]
    Address(#[from] ClusterError),
    /// There is no such option.
    #[error("there is no option {name:?}")]
    Unknown {
        /// What was given.
        name: String,
    },
    /// An option without what it needs.
    #[error("{option} needs {wanted}, not {found:?}")]
    Value {
        /// The option.
        option: String,
        /// What it needs.
        wanted: &'static str,
        /// What was given.
        found: String,
    },
}

impl Arguments {
    /// Reads the arguments behind the program's name; nothing if the program is not to be a worker host. `url` is what the environment says.
    ///
    /// # Errors
    ///
    /// [`ArgumentsError`] says which one cannot be followed.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession_cluster::agent::Arguments;
    ///
    /// let given = ["--procession-worker", "redis://127.0.0.1/", "--slots", "4"];
    /// let arguments = Arguments::read(given.map(Into::into), None)?.unwrap();
    /// assert_eq!(arguments.slots, Some(4));
    /// assert_eq!(arguments.pools, ["default"]);
    /// assert!(Arguments::read(["--verbose".into()], None)?.is_none());
    /// # Ok::<(), procession_cluster::agent::ArgumentsError>(())
    /// ```
    pub fn read(
        arguments: impl IntoIterator<Item = OsString>,
        url: Option<String>,
    ) -> Result<Option<Arguments>, ArgumentsError> {
        let mut given = arguments
            .into_iter()
            .map(|argument| argument.to_string_lossy().into_owned());
        match given.next() {
            Some(first) if first == SWITCH => {}
            _ => return Ok(None),
        }
        Arguments::read_options(&given.collect::<Vec<_>>(), url).map(Some)
    }

    /// Reads the arguments behind whatever has said that this is to be a worker host.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_options(
        given: &[String],
        url: Option<String>,
    ) -> Result<Arguments, ArgumentsError> {
        let (url, options) = match given.split_first() {
            Some((first, options)) if !first.starts_with("--") => (first.clone(), options),
            _ => (url.ok_or(ArgumentsError::NoServer)?, given),
        };
        let mut arguments = Arguments {
            address: url.parse()?,
            slots: None,
            pools: Vec::new(),
            drain: DRAIN,
            name: None,
        };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            // `--slots=4` is `--slots 4`.
            let (option, value) = match option.split_once('=') {
                Some((option, value)) => (option, Some(value)),
                None => (option.as_str(), None),
            };
            let mut value = || {
                value
                    .or_else(|| options.next().map(String::as_str))
                    .unwrap_or("")
            };
            arguments.follow(option, &mut value)?;
        }
        if arguments.pools.is_empty() {
            arguments.pools.push(DEFAULT.to_owned());
        }
        Ok(arguments)
    }

    fn follow<'a>(
        &mut self,
        option: &str,
        value: &mut dyn FnMut() -> &'a str,
    ) -> Result<(), ArgumentsError> {
        let wrong = |wanted, found: &str| ArgumentsError::Value {
            option: option.to_owned(),
            wanted,
            found: found.to_owned(),
        };
        match option {
            "--slots" => {
                let found = value();
                let slots = found.parse().ok().filter(|slots| *slots > 0);
                self.slots = Some(slots.ok_or_else(|| wrong("a number above zero", found))?);
            }
            "--drain" => {
                let found = value();
                let seconds: Option<f64> = found.parse().ok();
                let drain = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                self.drain = drain.ok_or_else(|| wrong("a number of seconds", found))?;
            }
            "--pool" => match value() {
                "" => return Err(wrong("a name", "")),
                name => self.pools.push(name.to_owned()),
            },
            "--name" => match value() {
                "" => return Err(wrong("a name", "")),
                name => self.name = Some(name.to_owned()),
            },
            other => {
                return Err(ArgumentsError::Unknown {
                    name: other.to_owned(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[&str]) -> Result<Option<Arguments>, ArgumentsError> {
        Arguments::read(given.iter().map(Into::into), None)
    }

    #[test]
    fn all_options_are_followed() {
        let given = [
            SWITCH,
            "redis://10.0.0.1/?insecure=1",
            "--pool",
            "render",
            "--slots=32",
            "--pool=gpu",
            "--drain",
            "1.5",
            "--name",
            "heron",
        ];
        let arguments = read(&given).unwrap().unwrap();
        assert_eq!(arguments.pools, ["render", "gpu"]);
        assert_eq!(arguments.slots, Some(32));
        assert_eq!(arguments.drain, Duration::from_millis(1500));
        assert_eq!(arguments.name.as_deref(), Some("heron"));
    }

    #[test]
    fn the_environment_may_name_the_server() {
        let url = Some("redis://127.0.0.1/".to_owned());
        let given = [SWITCH, "--slots", "1"].map(OsString::from);
        let arguments = Arguments::read(given.clone(), url).unwrap().unwrap();
        assert_eq!(arguments.slots, Some(1));
        assert_eq!(Arguments::read(given, None), Err(ArgumentsError::NoServer));
    }

    #[test]
    fn what_cannot_be_followed_is_told() {
        let wrong: [(&[&str], &str); 6] = [
            (&[SWITCH, "http://x/"], "address"),
            (&[SWITCH, "redis://localhost/", "--slots"], "--slots"),
            (
                &[SWITCH, "redis://localhost/", "--slots", "0"],
                "above zero",
            ),
            (&[SWITCH, "redis://localhost/", "--drain", "-1"], "seconds"),
            (&[SWITCH, "redis://localhost/", "--pool="], "a name"),
            (&[SWITCH, "redis://localhost/", "--slow"], "--slow"),
        ];
        for (given, said) in wrong {
            let error = read(given).unwrap_err().to_string();
            assert!(error.contains(said), "{given:?}: {error}");
        }
    }

    #[test]
    fn other_programs_are_left_alone() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["--slots", SWITCH]), Ok(None));
    }
}
