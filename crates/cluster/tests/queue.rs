//! Queues on a server, within one process.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod watchdog;

use std::collections::HashSet;
use std::error::Error;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use procession_arena::Wait;
use procession_cluster::queue::{Message, Queue, QueueError};
use procession_cluster::{Cluster, ClusterError};
use procession_objects::{OnLost, QueueConfig};
use procession_test_server::Server;
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

const PLAIN: QueueConfig = QueueConfig {
    maxsize: None,
    joinable: None,
};
const JOINABLE: QueueConfig = QueueConfig {
    maxsize: None,
    joinable: Some(OnLost::Redeliver { max_deliveries: 2 }),
};

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().expect("a server"))
}

fn cluster() -> Result<Cluster, Box<dyn Error>> {
    cluster_with("")
}

/// Another text is another address, and so, to the server, another process.
fn cluster_with(parameters: &str) -> Result<Cluster, Box<dyn Error>> {
    let url = format!("{}?{parameters}", server().url());
    Ok(Cluster::connect(&url.parse()?)?)
}

fn soon() -> Wait {
    Wait::Until(Instant::now() + Duration::from_millis(20))
}

fn text(message: Message) -> String {
    String::from_utf8_lossy(&message.bytes).into_owned()
}

fn get(queue: &Queue) -> Result<String, QueueError> {
    queue.get(Wait::Forever).map(text)
}

fn texts(messages: Vec<Result<Message, ClusterError>>) -> Result<Vec<String>, ClusterError> {
    let texts = messages.into_iter().map(|message| message.map(text));
    texts.collect()
}

#[test]
fn what_is_put_first_is_got_first() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, None, &PLAIN)?;
    assert_eq!(queue.get(Wait::Never), Err(QueueError::Empty));
    assert_eq!(queue.get(soon()), Err(QueueError::TimedOut));
    queue.put(b"one", Wait::Never)?;
    assert_eq!(queue.put_many(&[b"two", b"", b"four"], Wait::Never)?, 3);
    assert_eq!((queue.len()?, queue.is_empty()?), (4, false));
    assert_eq!(get(&queue)?, "one");
    assert_eq!(texts(queue.get_many(2, Wait::Never)?)?, ["two", ""]);
    assert_eq!(texts(queue.get_many(9, Wait::Never)?)?, ["four"]);
    assert!(queue.get_many(0, Wait::Never)?.is_empty());
    assert!(queue.is_empty()?);
    Ok(())
}

#[test]
fn a_full_queue_makes_producers_wait() -> TestResult {
    let _watchdog = watch();
    let bounded = QueueConfig {
        maxsize: Some(2),
        ..PLAIN
    };
    let queue = Queue::create(&cluster()?, None, &bounded)?;
    assert_eq!(queue.put_many(&[b"1", b"2", b"3"], soon())?, 2);
    assert_eq!(queue.put(b"3", Wait::Never), Err(QueueError::Full));
    assert_eq!(queue.put(b"3", soon()), Err(QueueError::TimedOut));
    let producer = thread::spawn({
        let queue = queue.clone();
        move || queue.put_many(&[b"3", b"4", b"5", b"6"], Wait::Forever)
    });
    for expected in ["1", "2", "3", "4", "5", "6"] {
        assert_eq!(get(&queue)?, expected);
    }
    assert_eq!(producer.join().expect("no panic")?, 4);
    Ok(())
}

#[test]
fn closing_wakes_all_who_wait() -> TestResult {
    let _watchdog = watch();
    let bounded = QueueConfig {
        maxsize: Some(1),
        ..PLAIN
    };
    let (empty, full) = (
        Queue::create(&cluster()?, None, &bounded)?,
        Queue::create(&cluster()?, None, &bounded)?,
    );
    full.put(b"last", Wait::Never)?;
    let waiters: Vec<_> = (0..3)
        .flat_map(|_| {
            let (empty, full) = (empty.clone(), full.clone());
            [
                thread::spawn(move || empty.get(Wait::Forever).map(drop)),
                thread::spawn(move || full.put(b"no", Wait::Forever)),
            ]
        })
        .collect();
    empty.close()?;
    full.close()?;
    full.close()?;
    for waiter in waiters {
        assert_eq!(waiter.join().expect("no panic"), Err(QueueError::Closed));
    }
    assert!(full.is_closed()?);
    assert_eq!(get(&full)?, "last");
    assert_eq!(get(&full), Err(QueueError::Closed));
    assert_eq!(empty.put(b"no", Wait::Never), Err(QueueError::Closed));
    Ok(())
}

#[test]
fn many_messages_and_large_ones_go_by_portions() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, None, &JOINABLE)?;
    let messages: Vec<Vec<u8>> = (0..2500u32)
        .map(|number| {
            let size = if number % 500 == 0 { 300_000 } else { 4 };
            number.to_le_bytes().repeat(size / 4)
        })
        .collect();
    let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    assert_eq!(queue.put_many(&slices, Wait::Forever)?, 2500);
    let got = queue.get_many(2400, Wait::Forever)?;
    assert_eq!((got.len(), queue.len()?), (2400, 100));
    let rest = queue.get_many(2400, Wait::Forever)?;
    for (message, expected) in got.into_iter().chain(rest).zip(&messages) {
        assert!(message?.bytes == *expected);
    }
    for _ in 0..2500 {
        queue.task_done()?;
    }
    Ok(queue.join(Wait::Never)?)
}

#[test]
fn a_name_leads_to_the_same_queue_if_it_is_made_in_the_same_way() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster()?;
    let bounded = QueueConfig {
        maxsize: Some(7),
        ..JOINABLE
    };
    let queue = Queue::create(&cluster, Some("same"), &bounded)?;
    queue.put(b"here", Wait::Never)?;
    let attached = Queue::attach(&cluster_with("patience=5")?, queue.object().name())?;
    assert_eq!(attached.config(), &bounded);
    assert_eq!(get(&attached)?, "here");
    for (config, differs) in [
        (PLAIN, "kind queue"),
        (JOINABLE, "maxsize"),
        (
            QueueConfig {
                joinable: Some(OnLost::Ignore),
                ..bounded
            },
            "on_lost",
        ),
    ] {
        let error = Queue::create(&cluster, Some("same"), &config).expect_err("it differs");
        let (ClusterError::Mismatch { .. }, text) = (&error, error.to_string()) else {
            return Err(error.into());
        };
        let setting = differs.split(' ').next().unwrap_or_default();
        assert!(text.contains(setting), "{text}");
    }
    Ok(())
}

#[test]
fn a_queue_that_was_unlinked_is_gone_also_for_those_who_wait() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, None, &JOINABLE)?;
    let waiter = thread::spawn({
        let queue = queue.clone();
        move || queue.get(Wait::Forever)
    });
    queue.object().unlink()?;
    let is_gone =
        |error: QueueError| matches!(error, QueueError::Cluster(ClusterError::Gone { .. }));
    assert!(waiter.join().expect("no panic").is_err_and(is_gone));
    assert!(queue.put(b"", Wait::Never).is_err_and(is_gone));
    assert!(queue.join(Wait::Never).is_err_and(is_gone));
    assert!(queue.len().is_err_and(is_gone));
    let attached = Queue::attach(queue.object().cluster(), queue.object().name());
    assert!(matches!(attached, Err(ClusterError::Gone { .. })));
    Ok(())
}

#[test]
fn join_waits_until_all_is_done() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, None, &JOINABLE)?;
    queue.join(Wait::Never)?;
    assert_eq!(queue.task_done(), Err(QueueError::TaskDoneTooOften));
    queue.put_many(&[b"1", b"2"], Wait::Never)?;
    assert_eq!(get(&queue)?, "1");
    assert_eq!((queue.len()?, queue.unfinished()?), (1, 2));
    assert_eq!(queue.join(soon()), Err(QueueError::TimedOut));
    let joiner = thread::spawn({
        let queue = queue.clone();
        move || queue.join(Wait::Forever)
    });
    queue.task_done()?;
    assert_eq!(get(&queue)?, "2");
    queue.task_done()?;
    joiner.join().expect("no panic")?;
    assert_eq!(queue.task_done(), Err(QueueError::TaskDoneTooOften));
    assert_eq!(queue.unfinished()?, 0);
    Ok(())
}

#[test]
fn a_plain_queue_cannot_be_joined() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, None, &PLAIN)?;
    assert_eq!(queue.task_done(), Err(QueueError::NotJoinable));
    assert_eq!(queue.join(Wait::Forever), Err(QueueError::NotJoinable));
    Ok(())
}

#[test]
fn all_handles_of_a_process_are_one_consumer() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster()?;
    let one = Queue::create(&cluster, Some("handles"), &JOINABLE)?;
    let other = Queue::create(&cluster, Some("handles"), &JOINABLE)?;
    let process = Queue::create(&cluster_with("patience=6")?, Some("handles"), &JOINABLE)?;
    one.put(b"1", Wait::Never)?;
    assert_eq!(get(&one)?, "1");
    assert_eq!(process.task_done(), Err(QueueError::TaskDoneTooOften));
    drop(one);
    other.task_done()?;
    Ok(other.join(Wait::Never)?)
}

#[test]
fn a_process_that_lets_go_leaves_what_it_holds_to_others() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, Some("leaves"), &JOINABLE)?;
    let other = Queue::create(&cluster_with("patience=7")?, Some("leaves"), &JOINABLE)?;
    queue.put_many(&[b"1", b"2", b"3"], Wait::Never)?;
    assert_eq!(texts(other.get_many(2, Wait::Never)?)?, ["1", "2"]);
    drop(other);
    let again = queue.get_many(3, Wait::Never)?;
    let again: Vec<_> = again.into_iter().collect::<Result<_, _>>()?;
    let deliveries: Vec<u32> = again.iter().map(|message| message.deliveries).collect();
    assert_eq!(deliveries, [2, 2, 1]);
    let bytes: Vec<_> = again.into_iter().map(text).collect();
    assert_eq!(bytes, ["1", "2", "3"]);
    Ok(())
}

/// The leases of a queue that nobody has reaped.
fn leases(queue: &Queue) -> Result<Vec<String>, Box<dyn Error>> {
    let key = format!("pc:default:{{q:{}}}:c", queue.object().name());
    let leases = server().command(&["ZRANGE", &key, "0", "-1"])?.accepted()?;
    Ok(leases
        .items()
        .iter()
        .filter_map(|lease| lease.text())
        .collect())
}

#[test]
fn a_lease_that_has_run_out_is_told_and_replaced() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, Some("run out"), &JOINABLE)?;
    let other = Queue::create(&cluster_with("patience=8")?, Some("run out"), &JOINABLE)?;
    queue.put_many(&[b"1", b"2"], Wait::Never)?;
    assert_eq!(get(&queue)?, "1");
    let lease = leases(&queue)?.pop().expect("one lease");
    let key = format!("pc:default:{{q:{}}}:c", queue.object().name());
    server().command(&["ZADD", &key, "0", &lease])?.accepted()?;
    assert_eq!(other.unfinished()?, 2);
    assert_eq!(other.get(Wait::Never)?.deliveries, 2);
    let lost = queue.task_done();
    assert!(
        matches!(
            lost,
            Err(QueueError::Cluster(ClusterError::LeaseLost { .. }))
        ),
        "{lost:?}"
    );
    assert_eq!(queue.task_done(), Err(QueueError::TaskDoneTooOften));
    assert_eq!(queue.get(Wait::Never).map(text)?, "2");
    queue.task_done()?;
    other.task_done()?;
    Ok(queue.join(Wait::Never)?)
}

#[test]
fn a_process_that_lives_keeps_what_it_holds() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster_with("lease=1")?, Some("lives"), &JOINABLE)?;
    let other = Queue::create(&cluster_with("patience=10")?, Some("lives"), &JOINABLE)?;
    queue.put(b"1", Wait::Never)?;
    queue.get(Wait::Never)?;
    let key = format!("pc:default:{{q:{}}}:c", queue.object().name());
    let mut ends = HashSet::new();
    // Each renewal moves the end by a third of a lease, so that seven of them are more than two leases.
    while ends.len() < 7 {
        let end = server().command(&["ZRANGE", &key, "0", "0", "WITHSCORES"])?;
        ends.extend(end.accepted()?.items().get(1).and_then(|end| end.text()));
        assert_eq!((other.unfinished()?, other.len()?), (1, 0));
        thread::sleep(Duration::from_millis(20));
    }
    queue.task_done()?;
    Ok(other.join(Wait::Never)?)
}

#[test]
fn lost_messages_are_told_once_and_kept_as_dead_letters() -> TestResult {
    let _watchdog = watch();
    let report = QueueConfig {
        joinable: Some(OnLost::Report),
        ..PLAIN
    };
    let queue = Queue::create(&cluster()?, Some("dead"), &report)?;
    let other = Queue::create(&cluster_with("patience=9")?, Some("dead"), &report)?;
    queue.put_many(&[b"1", b"2", b"3"], Wait::Never)?;
    other.get_many(2, Wait::Never)?;
    drop(other);
    let lost = queue.join(Wait::Forever);
    let mine = std::process::id();
    let told = matches!(&lost, Err(QueueError::ConsumerLost { pid, count: 2, .. }) if *pid == mine);
    assert!(told, "{lost:?}");
    assert_eq!(queue.join(soon()), Err(QueueError::TimedOut));
    let letters = queue.dead_letters(10)?;
    let bytes: Vec<_> = letters.iter().map(|letter| letter.bytes.clone()).collect();
    assert_eq!(bytes, [Ok(b"1".to_vec()), Ok(b"2".to_vec())]);
    assert!(
        letters
            .iter()
            .all(|letter| letter.pid == mine && letter.deliveries == 1)
    );
    assert_eq!(queue.dead_letters(1)?.len(), 1);
    assert_eq!(queue.requeue_dead_letters()?, 2);
    assert_eq!(texts(queue.get_many(9, Wait::Never)?)?, ["3", "1", "2"]);
    let statistics = queue.statistics()?;
    assert_eq!(
        (statistics.puts, statistics.lost, statistics.dead),
        (5, 2, 0)
    );
    Ok(())
}

#[test]
fn a_queue_can_be_looked_into_and_emptied() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, None, &JOINABLE)?;
    let messages: Vec<Vec<u8>> = (0..1500)
        .map(|number: u32| number.to_string().into())
        .collect();
    let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    queue.put_many(&slices, Wait::Never)?;
    let peeked = queue.peek(1200)?;
    assert_eq!(peeked.len(), 1200);
    let last = peeked.into_iter().next_back().expect("some")?;
    assert_eq!((last.bytes.as_slice(), last.deliveries), (&b"1199"[..], 0));
    assert_eq!(queue.purge()?, 1500);
    assert_eq!(queue.purge()?, 0);
    queue.join(Wait::Never)?;
    assert_eq!(queue.statistics()?.purged, 1500);
    queue.discard_dead_letters()?;
    Ok(())
}

/// Keys of the pieces of a queue's large messages.
fn pieces(queue: &Queue) -> Result<usize, Box<dyn Error>> {
    let pattern = format!("pc:default:{{q:{}}}:k:*", queue.object().name());
    Ok(server()
        .command(&["KEYS", &pattern])?
        .accepted()?
        .items()
        .len())
}

#[test]
fn nothing_is_left_of_large_messages() -> TestResult {
    let _watchdog = watch();
    // What cannot be made smaller.
    let mut state = 1u64;
    let large: Vec<u8> = (0..600_000)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    for config in [PLAIN, JOINABLE] {
        let bounded = QueueConfig {
            maxsize: Some(2),
            ..config
        };
        let queue = Queue::create(&cluster()?, None, &bounded)?;
        assert_eq!(queue.put_many(&[&large, &large, &large], soon())?, 2);
        assert_eq!(queue.put(&large, Wait::Never), Err(QueueError::Full));
        assert_eq!(pieces(&queue)?, 2, "of what was not put");
        for _ in 0..2 {
            assert!(queue.get(Wait::Never)?.bytes == large);
            if config.joinable.is_some() {
                queue.task_done()?;
            }
        }
        assert_eq!(pieces(&queue)?, 0, "of what was got");
        queue.close()?;
        assert_eq!(queue.put(&large, Wait::Never), Err(QueueError::Closed));
        assert_eq!(pieces(&queue)?, 0, "of what came too late");
    }
    Ok(())
}

#[test]
fn waiting_for_a_message_takes_neither_it_nor_the_hint_that_it_is_there() -> TestResult {
    let _watchdog = watch();
    let queue = Queue::create(&cluster()?, None, &PLAIN)?;
    assert_eq!(queue.wait_for_message(soon()), Err(QueueError::TimedOut));
    thread::scope(|scope| -> TestResult {
        let watching = scope.spawn(|| queue.wait_for_message(Wait::Forever));
        let getting = scope.spawn(|| get(&queue));
        queue.put(b"for whoever gets", Wait::Forever)?;
        queue.put(b"stays", Wait::Forever)?;
        watching.join().expect("it waits without panicking")?;
        let got = getting.join().expect("it gets without panicking")?;
        assert_eq!(got, "for whoever gets");
        Ok(())
    })?;
    assert_eq!(queue.len()?, 1);
    get(&queue)?;
    queue.close()?;
    assert_eq!(queue.wait_for_message(Wait::Forever), Ok(()));
    Ok(())
}
