//! Starting processes, and knowing how they end. The protocol is described in `README.md`.

mod carried;
mod child;
mod child_handle;
mod children;
mod command;
mod current;
mod ending;
mod error;
mod exit_hook;
mod fork_request;
mod fork_server;
mod fork_server_main;
pub(crate) mod function;
mod handshake;
pub(crate) mod init;
pub(crate) mod lifeline;
pub(crate) mod message;
pub(crate) mod panic;
mod record;
mod reservation;
mod signal;
mod spawn;
mod start;
mod stdio;

pub use carried::CarriedCommand;
pub use child_handle::Child;
pub use command::{Command, StartMethod};
pub use current::{Current, current};
pub use error::{LaunchError, ProcessError};
pub use function::{Arguments, Entry, EntryError, Returned};
pub use init::{build_id, init, init_library, init_test};
pub use procession_arena::sys::image::BuildId;
pub use stdio::Stdio;

pub(crate) use children::Children;
pub(crate) use exit_hook::run_at_exit;
pub(crate) use fork_server::ForkServer;
