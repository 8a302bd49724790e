//! The only place in procession that calls the operating system. Linux 5.4 or later.

pub mod capabilities;
pub mod clock;
pub mod event_descriptor;
pub mod fork;
mod fork_epoch;
pub mod futex;
pub mod image;
pub mod life_word;
pub mod memory;
pub mod output_file;
pub mod process;
mod processor;
pub mod random;
pub mod readiness;
pub mod socket;
pub mod termination;

pub use fork_epoch::fork_epoch;
pub use processor::current_processor;

use rustix::io::Errno;

/// Repeats a call until no signal interrupts it.
fn retry_on_interrupt<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> std::io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            outcome => return Ok(outcome?),
        }
    }
}
