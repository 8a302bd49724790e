//! A consumer copies itself by a bare `fork`, as Python's `os.fork` does: the copy is another consumer.
//!
//! Not run by the test harness: as few threads as possible may run when a process is copied.

mod watchdog;

use std::error::Error;
use std::process::ExitCode;
use std::sync::OnceLock;

use procession_arena::Wait;
use procession_arena::sys::fork::{Forked, fork};
use procession_arena::sys::process::wait_for_child;
use procession_cluster::Cluster;
use procession_cluster::queue::{Queue, QueueError};
use procession_objects::{OnLost, QueueConfig};
use procession_test_server::Server;
use watchdog::watch;

/// What the copy does; its original's message is not its own, and stays its original's when the copy lets go.
fn live_as_copy(queue: Queue) -> Result<bool, QueueError> {
    let holds_nothing = queue.task_done() == Err(QueueError::TaskDoneTooOften);
    let message = queue.get(Wait::Never)?;
    queue.task_done()?;
    queue.put(b"3", Wait::Never)?;
    drop(queue);
    Ok(holds_nothing && message.bytes == b"2")
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // In a static, since it would be ended by the copy as well if that dropped it.
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = Server::start()?;
    let url = server.url();
    SERVER.get_or_init(|| server);
    let cluster = Cluster::connect(&url.parse()?)?;
    let config = QueueConfig {
        maxsize: None,
        joinable: Some(OnLost::Redeliver { max_deliveries: 3 }),
    };
    let queue = Queue::create(&cluster, Some("forked"), &config)?;
    queue.put_many(&[b"1", b"2"], Wait::Never)?;
    assert_eq!(queue.get(Wait::Never)?.bytes, b"1");
    // SAFETY: the keeper sleeps, or holds for a moment what belongs to the original's connections, of which the copy makes its own; the
    // watchdog starts below.
    let copy = match unsafe { fork() }? {
        Forked::Child => {
            drop(cluster);
            let outcome = live_as_copy(queue);
            if !matches!(outcome, Ok(true)) {
                eprintln!("in the copy: {outcome:?}");
            }
            return Ok(ExitCode::from(u8::from(!matches!(outcome, Ok(true)))));
        }
        Forked::Parent { child } => child,
    };
    let _watchdog = watch();
    let status = wait_for_child(copy)?.ok_or("the copy has no status")?;
    assert!(status.success(), "{status}");
    assert_eq!((queue.len()?, queue.unfinished()?), (1, 2));
    queue.task_done()?;
    assert_eq!(queue.get(Wait::Never)?.bytes, b"3");
    queue.task_done()?;
    queue.join(Wait::Never)?;
    println!("a_copy_is_another_consumer ... ok");
    Ok(ExitCode::SUCCESS)
}
