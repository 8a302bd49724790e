//! Large values on their way through queues.

mod watchdog;

use std::error::Error;

use procession_arena::Wait;
use procession_cluster::Cluster;
use procession_cluster::queue::{Queue, QueueError};
use procession_objects::{OnLost, QueueConfig};
use procession_test_server::Server;
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

const JOINABLE: Option<OnLost> = Some(OnLost::Redeliver { max_deliveries: 2 });

/// Bytes that cannot be compressed, and too many for one piece.
fn large(number: u64) -> Vec<u8> {
    let mut state = number + 1;
    let byte = |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..1 << 20).map(byte).collect()
}

fn queue(
    server: &Server,
    maxsize: Option<u64>,
    joinable: Option<OnLost>,
) -> Result<Queue, Box<dyn Error>> {
    let cluster = Cluster::connect(&server.url().parse()?)?;
    Ok(Queue::create(
        &cluster,
        None,
        &QueueConfig { maxsize, joinable },
    )?)
}

/// How many large values lie on the server.
fn blobs(server: &Server) -> Result<usize, Box<dyn Error>> {
    let found = server.command(&["KEYS", "pc:*:k:*"])?.accepted()?;
    Ok(found.items().len())
}

#[test]
fn what_a_plain_queue_has_given_is_removed() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let queue = queue(&server, None, None)?;
    for number in 0..3 {
        queue.put(&large(number), Wait::Forever)?;
    }
    assert_eq!(blobs(&server)?, 3);
    for number in 0..3 {
        assert!(queue.get(Wait::Never)?.bytes == large(number));
        assert_eq!(blobs(&server)?, 2 - number as usize);
    }
    Ok(())
}

#[test]
fn what_a_joinable_queue_has_given_is_removed_when_it_is_done() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let queue = queue(&server, None, JOINABLE)?;
    queue.put(&large(1), Wait::Forever)?;
    queue.put(b"small", Wait::Forever)?;
    assert!(queue.get(Wait::Never)?.bytes == large(1));
    assert!(queue.get(Wait::Never)?.bytes == b"small");
    assert_eq!(blobs(&server)?, 1);
    queue.task_done()?;
    assert_eq!(blobs(&server)?, 0);
    queue.task_done()?;
    Ok(queue.join(Wait::Forever)?)
}

#[test]
fn what_a_full_queue_refuses_leaves_nothing() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let queue = queue(&server, Some(2), JOINABLE)?;
    let values = [large(1), large(2), large(3)];
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    assert_eq!(queue.put_many(&values, Wait::Never)?, 2);
    assert_eq!(blobs(&server)?, 2);
    let refused = queue.put(&large(4), Wait::Never);
    assert_eq!(refused, Err(QueueError::Full));
    assert_eq!(blobs(&server)?, 2);
    Ok(())
}
