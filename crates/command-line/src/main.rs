//! `procession queues | pools | workers | peek | dead | requeue-dead | purge | drain | acl | doctor`.

use std::io::{stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1);
    procession_command_line::run("procession", arguments, &mut stdout(), &mut stderr())
}
