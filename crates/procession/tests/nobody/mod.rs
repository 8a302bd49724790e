//! Running an example as somebody who is locked out of what nobody may read.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::examples::example;
use crate::scratch_directory::ScratchDirectory;

/// A user that may do nothing.
const NOBODY: u32 = 65_534;

/// The example `name`, to be run by somebody whom permissions lock out. Nobody is locked out less than root, so that
/// root has it run by nobody; `program` is a directory from which he can start it.
pub(crate) fn example_run_by_nobody(name: &str, program: &ScratchDirectory) -> io::Result<Command> {
    let is_root = fs::metadata(program.path())?.uid() == 0;
    if !is_root {
        return Ok(Command::new(example(name)));
    }
    // The example itself may be where nobody else gets to.
    let executable = program.path().join(name);
    if !executable.exists() {
        // Not by this process: a child that another test starts meanwhile would have it open for writing, and what is open
        // for writing cannot be run.
        let copied = Command::new("cp")
            .arg(example(name))
            .arg(&executable)
            .status()?;
        if !copied.success() {
            return Err(io::Error::other(format!("cp has failed: {copied}")));
        }
    }
    for open in [program.path(), &executable] {
        fs::set_permissions(open, Permissions::from_mode(0o755))?;
    }
    let mut command = Command::new(executable);
    command.uid(NOBODY).gid(NOBODY);
    Ok(command)
}
