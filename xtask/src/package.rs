//! Packages of Debian, and of what is made of it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether this is root on such a system.
pub(crate) fn can_install() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    is_root && Path::new("/usr/bin/apt-get").is_file()
}

/// What installs a package.
pub(crate) fn installation(package: &str) -> Vec<Command> {
    let install = ["install", "--yes", "--no-install-recommends", package];
    vec![apt_get(&["update"]), apt_get(&install)]
}

/// Asks nothing, and waits its turn if another one is at work.
fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["--option", "DPkg::Lock::Timeout=120"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    command
}
