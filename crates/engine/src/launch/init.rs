//! The first thing in `main`: here a child leaves the path of its parent.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use procession_arena::sys::image::{BuildId, Image};
use procession_arena::sys::socket::Socket;

use super::child;
use super::error::LaunchError;

/// Names, by its inode number, the socket that a child finds in place of its standard input.
///
/// Whoever inherits the variable but not the socket is no child. The child removes it.
pub(super) const MARKER: &str = "PROCESSION_CHILD";

/// Set by [`init`] or [`init_library`].
static IMAGE: OnceLock<Result<Image, String>> = OnceLock::new();

/// Set by [`init`]; a process in which it is not set starts no others, so that a program that
/// forgets the call cannot start itself over and over.
static DIVERTS: AtomicBool = AtomicBool::new(false);

static TEST: OnceLock<&'static str> = OnceLock::new();

/// Prepares the process for starting others; in a started one, does its work and never returns.
///
/// Must be called first thing in `main`, before any thread exists: in a child the same `main`
/// runs, and what comes before the call runs there again. Later calls do nothing.
///
/// # Examples
///
/// ```
/// use procession_engine::{Arguments, Command, EntryError, LaunchError, Returned};
///
/// fn greet(_: Arguments) -> Result<Returned, EntryError> {
///     println!("hello from process {}", std::process::id());
///     Ok(Returned::default())
/// }
///
/// fn main() -> Result<(), LaunchError> {
///     procession_engine::init();
///     // From here on the program runs only once, however many processes it starts.
///     Command::new().start(greet, b"", &[])?;
///     Ok(())
/// }
/// ```
pub fn init() {
    if DIVERTS.load(Ordering::Acquire) {
        return;
    }
    let announced = announced_socket();
    IMAGE.get_or_init(own_image);
    // Last: another thread that finds it set goes on to start processes.
    DIVERTS.store(true, Ordering::Release);
    if let Some(control) = announced {
        child::divert(control);
    }
}

/// Like [`init`], for a test that the standard test harness runs; `path` names the test.
///
/// A child is the test binary again, asked to run this one test, whose first line it does not get
/// past. `path` is what `cargo test -- --list` shows, such as `"queue::tests::keeps_order"`.
///
/// # Examples
///
/// ```no_run
/// # // `no_run`: what runs this example is not the test harness.
/// #[test]
/// fn counts() {
///     procession_engine::init_test("counts");
/// }
/// ```
pub fn init_test(path: &'static str) {
    TEST.get_or_init(|| path);
    init();
}

/// Like [`init`], for a library that a program loads which knows nothing of procession, as an interpreter does.
///
/// Functions of the library can then be named in other processes that have loaded it too. Processes are started by
/// others, not by a [`Command`](super::Command): the program would not divert its children here.
///
/// # Examples
///
/// ```
/// procession_engine::init_library();
/// assert!(procession_engine::Command::new().start(|_| Ok(Default::default()), b"", &[]).is_err());
/// ```
pub fn init_library() {
    IMAGE.get_or_init(own_image);
}

/// What tells this build of the program from others; a child must have the same.
///
/// # Errors
///
/// [`LaunchError::NotInitialised`] before [`init`].
///
/// # Examples
///
/// ```
/// procession_engine::init();
/// println!("{}", procession_engine::build_id()?);
/// # Ok::<(), procession_engine::LaunchError>(())
/// ```
pub fn build_id() -> Result<&'static BuildId, LaunchError> {
    Ok(image()?.build_id())
}

/// The image that this code, and every function that can be started, belongs to.
pub(crate) fn image() -> Result<&'static Image, LaunchError> {
    match IMAGE.get() {
        Some(Ok(image)) => Ok(image),
        Some(Err(reason)) => Err(LaunchError::NoImage {
            reason: reason.clone(),
        }),
        None => Err(LaunchError::NotInitialised),
    }
}

/// The image, in a program that can be started again.
pub(super) fn program() -> Result<&'static Image, LaunchError> {
    match DIVERTS.load(Ordering::Acquire) {
        true => image(),
        false => Err(LaunchError::NotInitialised),
    }
}

/// The arguments with which a test binary runs nothing but the registered test.
pub(super) fn test_arguments() -> Option<[&'static str; 6]> {
    let path = TEST.get()?;
    Some([
        path,
        "--exact",
        "--nocapture",
        "--include-ignored",
        "--test-threads=1",
        "-q",
    ])
}

fn own_image() -> Result<Image, String> {
    match Image::containing(init as *const ()) {
        Ok(Some(image)) => Ok(image),
        Ok(None) => Err("its code lies in no file that the loader knows".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn announced_socket() -> Option<Socket> {
    let inode = std::env::var(MARKER).ok()?.parse().ok()?;
    Socket::from_standard_input(inode).ok().flatten()
}
