//! Where a process that was started leaves the path of the one that started it.

use std::process::exit;
use std::sync::Once;

use procession_cluster::agent::{Arguments, URL, USAGE, serve_as_program};

/// Makes this program one that can start processes; must be the first thing in `main`.
///
/// In the process that somebody started by hand, the call returns at once. In one that
/// [`Process::spawn`](crate::Process::spawn) started, which runs the same `main`, it never returns:
/// it runs the function that the process is for, and ends the process. Later calls do nothing.
///
/// What comes before it in `main` happens in every process. So no thread must have been started
/// by then, and nothing been printed.
///
/// In a test, which has no `main`, use [`init_test!()`](crate::init_test!).
///
/// # Worker hosts
///
/// A program that is started with `--procession-worker` as its first argument is a *worker host*: `init` does not return either, but
/// carries out tasks of a [pool on a server](crate::Cluster::pool), with as many workers as it is told to have.
///
/// ```text
/// ./my-program --procession-worker redis://host:6379/?namespace=shop --slots 8
/// ```
///
/// | argument | meaning |
/// |---|---|
/// | a URL | where the server is, see [`connect`](crate::connect); or in the environment variable `PROCESSION_URL`, where passwords are better kept |
/// | `--slots` | how many tasks to carry out at a time; as many as there are processors if nothing is said |
/// | `--pool` | whose tasks to carry out, any number of times; `default` |
/// | `--drain` | seconds for which tasks may go on after `SIGTERM` or Ctrl-C; 30. A second signal does not wait |
/// | `--name` | what to call the host in messages; its host name |
///
/// It must be the same build of the program as that of the clients; tasks of others it leaves alone.
///
/// # Examples
///
/// ```
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     println!("This is printed once.");
///     procession::Process::spawn(|| println!("And this by another process."), ())?.join()?;
///     Ok(())
/// }
/// ```
pub fn init() {
    static FIRST: Once = Once::new();
    procession_engine::init();
    FIRST.call_once(become_host_if_asked);
}

/// In a program that was started as a worker host: serves, and ends the process.
fn become_host_if_asked() {
    match Arguments::read(std::env::args_os().skip(1), std::env::var(URL).ok()) {
        Ok(None) => {}
        Ok(Some(arguments)) => match serve_as_program(&arguments) {
            Ok(()) => exit(0),
            Err(error) => {
                eprintln!("the worker host ends: {error}");
                exit(1);
            }
        },
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            exit(2);
        }
    }
}
