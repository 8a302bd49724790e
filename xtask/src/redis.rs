//! A Redis server for the tests: the one that is there, or one that is installed.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use procession_test_server::{VARIABLE, executable};

use crate::package;
use crate::step::Step;

/// The oldest version on which the objects work.
const OLDEST: (u32, u32) = (7, 0);

/// Debian's package `redis-server` would start a service, now and whenever the machine starts. All that it
/// has of its own is the service: its executable is a link to this file of `redis-tools`.
const PACKAGE: &str = "redis-tools";
const EXECUTABLE: &str = "/usr/bin/redis-check-rdb";
const LINK: &str = "/usr/local/bin/redis-server";

/// Finds the server, and says which version it is; where there is none, installs one if that is possible.
pub(crate) fn step() -> Step {
    plan(executable(), can_install())
}

fn plan(found: io::Result<PathBuf>, can_install: bool) -> Step {
    let name = "Redis server";
    match found {
        Ok(_) => Step::sequence(name, Vec::new()).then(look),
        Err(_) if can_install => Step::sequence(name, installation()).then(look),
        Err(reason) => Step::impossible(name, reason.to_string()),
    }
}

/// Who has named an executable that is not there wants that one and no other.
fn can_install() -> bool {
    let is_unnamed = env::var_os(VARIABLE).is_none_or(|named| named.is_empty());
    is_unnamed && package::can_install()
}

fn installation() -> Vec<Command> {
    let mut link = Command::new("ln");
    link.args(["--symbolic", "--force", EXECUTABLE, LINK]);
    let mut commands = package::installation(PACKAGE);
    commands.push(link);
    commands
}

fn look() -> Result<(), String> {
    let executable = executable().map_err(|reason| reason.to_string())?;
    let output = Command::new(&executable)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|reason| format!("{} could not start: {reason}", executable.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    check(&executable, text.trim())?;
    eprintln!(
        "\n== Redis server: {}: {}",
        executable.display(),
        text.trim()
    );
    Ok(())
}

/// Whether the tests can use a server that describes itself like this.
fn check(executable: &Path, text: &str) -> Result<(), String> {
    let executable = executable.display();
    let (major, minor) = OLDEST;
    match version(text) {
        None => Err(format!(
            "{executable} does not tell its version, but: {text}"
        )),
        Some(version) if version < OLDEST => Err(format!(
            "{executable} is too old: {text}; install version {major}.{minor} or later, and set {VARIABLE} to its path"
        )),
        Some(_) => Ok(()),
    }
}

/// `Redis server v=7.0.15 sha=…`, and likewise for Valkey.
fn version(text: &str) -> Option<(u32, u32)> {
    let (_, numbers) = text.split_once(" v=")?;
    let mut numbers = numbers.split(|other: char| !other.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), String> {
        check(Path::new("/opt/redis-server"), text)
    }

    fn missing() -> io::Result<PathBuf> {
        Err(io::Error::other("install one"))
    }

    #[test]
    fn servers_from_7_0_on_are_used() {
        for text in [
            "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0",
            "Valkey server v=8.1.3 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1",
            "Redis server v=10.0",
        ] {
            assert_eq!(checked(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn an_old_server_is_refused_by_name() {
        let complaint = checked("Redis server v=6.2.14 sha=00000000:0").unwrap_err();
        for word in ["/opt/redis-server", "6.2.14", "7.0", VARIABLE] {
            assert!(complaint.contains(word), "{complaint}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for text in ["", "nginx version: nginx/1.22.1", "Redis server v=x"] {
            assert!(checked(text).is_err(), "{text}");
        }
    }

    #[test]
    fn without_the_means_to_install_one_the_step_says_what_to_do() {
        let mut step = plan(missing(), false);
        assert!(step.lines().is_empty(), "the test would install it");
        assert_eq!(step.run(), Err("install one".into()));
    }

    #[test]
    fn with_the_means_one_is_installed() {
        let lines = plan(missing(), true).lines();
        assert!(
            lines.iter().any(|line| line.contains("redis-tools")),
            "{lines:?}"
        );
        assert!(plan(Ok(EXECUTABLE.into()), true).lines().is_empty());
    }
}
