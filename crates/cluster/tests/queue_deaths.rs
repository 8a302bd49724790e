//! Queues on a server whose consumers are killed, whose connections break, and whose answers are lost.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod watchdog;

use std::collections::HashSet;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use procession_arena::Wait;
use procession_cluster::queue::{Queue, QueueError};
use procession_cluster::{Cluster, ClusterError};
use procession_objects::{OnLost, QueueConfig};
use procession_test_server::{Fsync, Server};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

/// What the victim is to connect to; without it, the victim is an empty test.
const VICTIM: &str = "PROCESSION_QUEUE_VICTIM";

const PLAIN: QueueConfig = QueueConfig {
    maxsize: None,
    joinable: None,
};

fn joinable(on_lost: OnLost) -> QueueConfig {
    QueueConfig {
        maxsize: None,
        joinable: Some(on_lost),
    }
}

fn connect(server: &Server, parameters: &str) -> Result<Cluster, Box<dyn Error>> {
    let url = format!("{}?{parameters}", server.url());
    Ok(Cluster::connect(&url.parse()?)?)
}

/// A process that gets messages and is then killed.
#[test]
fn victim() -> TestResult {
    let Ok(url) = env::var(VICTIM) else {
        return Ok(());
    };
    let cluster = Cluster::connect(&url.parse()?)?;
    let queue = Queue::attach(&cluster, "tasks")?;
    queue.get_many(2, Wait::Forever)?;
    println!("\nholding");
    loop {
        thread::park();
    }
}

/// Kills a process that has got two messages of the queue `tasks`, and returns its number.
fn kill_a_consumer(server: &Server) -> Result<u32, Box<dyn Error>> {
    let mut victim: Child = Command::new(env::current_exe()?)
        .args(["--exact", "victim", "--nocapture"])
        .env(VICTIM, format!("{}?lease=1", server.url()))
        .stdout(Stdio::piped())
        .spawn()?;
    let output = BufReader::new(victim.stdout.take().expect("it is piped"));
    let mut lines = output.lines();
    let is_holding = lines.any(|line| line.is_ok_and(|line| line == "holding"));
    victim.kill()?;
    victim.wait()?;
    assert!(is_holding, "the victim has not come so far");
    Ok(victim.id())
}

fn killed_consumer(on_lost: OnLost) -> Result<(Server, Queue, u32), Box<dyn Error>> {
    let server = Server::start()?;
    let cluster = connect(&server, "lease=1")?;
    let queue = Queue::create(&cluster, Some("tasks"), &joinable(on_lost))?;
    queue.put_many(&[b"1", b"2", b"3"], Wait::Never)?;
    let pid = kill_a_consumer(&server)?;
    Ok((server, queue, pid))
}

#[test]
fn what_a_killed_consumer_held_comes_again_in_its_order() -> TestResult {
    let _watchdog = watch();
    let (_server, queue, _) = killed_consumer(OnLost::Redeliver { max_deliveries: 2 })?;
    // When the lease runs out, before or after the third message is taken, is not for the test to say.
    let mut got = Vec::new();
    while got.len() < 3 {
        let message = queue.get(Wait::Forever)?;
        got.push((message.bytes, message.deliveries));
    }
    let again: Vec<_> = got
        .iter()
        .filter(|(_, deliveries)| *deliveries == 2)
        .collect();
    assert_eq!(again, [&(b"1".to_vec(), 2), &(b"2".to_vec(), 2)]);
    assert!(got.contains(&(b"3".to_vec(), 1)));
    for _ in 0..3 {
        queue.task_done()?;
    }
    Ok(queue.join(Wait::Forever)?)
}

#[test]
fn join_tells_what_a_killed_consumer_held() -> TestResult {
    let _watchdog = watch();
    let (_server, queue, victim) = killed_consumer(OnLost::Report)?;
    let lost = queue.join(Wait::Forever);
    let is_told =
        matches!(&lost, Err(QueueError::ConsumerLost { pid, count: 2, .. }) if *pid == victim);
    assert!(is_told, "{lost:?}");
    assert_eq!(queue.get(Wait::Never)?.bytes, b"3");
    queue.task_done()?;
    Ok(queue.join(Wait::Forever)?)
}

#[test]
fn join_takes_for_done_what_a_killed_consumer_held() -> TestResult {
    let _watchdog = watch();
    let (_server, queue, _) = killed_consumer(OnLost::Ignore)?;
    assert_eq!(queue.get(Wait::Never)?.bytes, b"3");
    queue.task_done()?;
    queue.join(Wait::Forever)?;
    assert!(queue.dead_letters(1)?.is_empty());
    Ok(())
}

/// Kills all connections of a server again and again.
fn while_connections_break<T>(server: &Server, work: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut connection = server.connect().expect("a connection");
            while !is_over.load(Ordering::Relaxed) {
                let kill = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"];
                connection.command(&kill).expect("an answer");
                // Otherwise no call would ever get through.
                thread::sleep(Duration::from_millis(15));
            }
        });
        let outcome = work();
        is_over.store(true, Ordering::Relaxed);
        outcome
    })
}

/// Two producers put numbers, two consumers get them; says which came, and that none came twice.
fn pass_numbers(queue: &Queue, each: u32) -> Result<HashSet<Vec<u8>>, QueueError> {
    let got = Mutex::new(Vec::new());
    let is_joinable = queue.config().joinable.is_some();
    thread::scope(|scope| {
        let consume = || -> Result<(), QueueError> {
            loop {
                let messages = match queue.get_many(3, Wait::Forever) {
                    Err(QueueError::Closed) => return Ok(()),
                    messages => messages?,
                };
                for message in messages {
                    got.lock().expect("no panic").push(message?.bytes);
                    if is_joinable {
                        queue.task_done()?;
                    }
                }
            }
        };
        let consumers = [scope.spawn(consume), scope.spawn(consume)];
        let produce = |producer: u32| {
            (0..each).try_for_each(|number| {
                queue.put(format!("{producer} {number}").as_bytes(), Wait::Forever)
            })
        };
        let producers = [
            scope.spawn(move || produce(1)),
            scope.spawn(move || produce(2)),
        ];
        for producer in producers {
            producer.join().expect("no panic")?;
        }
        queue.close()?;
        for consumer in consumers {
            consumer.join().expect("no panic")?;
        }
        Ok::<_, QueueError>(())
    })?;
    let got = got.into_inner().expect("no panic");
    let different: HashSet<_> = got.iter().cloned().collect();
    assert_eq!(different.len(), got.len(), "something came twice");
    Ok(different)
}

#[test]
fn nothing_is_lost_or_doubled_when_connections_break() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let cluster = connect(&server, "")?;
    for config in [PLAIN, joinable(OnLost::Report)] {
        let bounded = QueueConfig {
            maxsize: Some(10),
            ..config
        };
        let queue = Queue::create(&cluster, None, &bounded)?;
        let got = while_connections_break(&server, || pass_numbers(&queue, 300))?;
        assert_eq!(got.len(), 600);
        if config.joinable.is_some() {
            queue.join(Wait::Never)?;
        }
        assert!(queue.is_empty()?);
    }
    Ok(())
}

#[test]
fn nothing_is_lost_when_the_server_is_killed() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder().append_only(Fsync::Always).start()?;
    let cluster = connect(&server, "")?;
    let config = joinable(OnLost::Redeliver { max_deliveries: 2 });
    let queue = Queue::create(&cluster, Some("kept"), &config)?;
    queue.put_many(&[b"1", b"2"], Wait::Never)?;
    queue.get(Wait::Never)?;
    server.kill()?;
    thread::scope(|scope| {
        let getting = scope.spawn(|| queue.get(Wait::Forever));
        server.restart()?;
        assert_eq!(getting.join().expect("no panic")?.bytes, b"2");
        Ok::<_, Box<dyn Error>>(())
    })?;
    queue.task_done()?;
    queue.task_done()?;
    Ok(queue.join(Wait::Never)?)
}

#[test]
fn a_message_whose_delivery_was_not_heard_of_comes_back() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let cluster = connect(&server, "lease=9&patience=1")?;
    let config = joinable(OnLost::Redeliver { max_deliveries: 2 });
    let queue = Queue::create(&cluster, Some("doubt"), &config)?;
    queue.put_many(&[b"1", b"2"], Wait::Never)?;
    assert_eq!(queue.get(Wait::Never)?.bytes, b"1");
    // Stopped, the server accepts the request and carries it out when it goes on; by then nobody waits for the answer.
    server.pause()?;
    let failed = queue.get(Wait::Never);
    assert!(
        matches!(
            failed,
            Err(QueueError::Cluster(ClusterError::Unavailable { .. }))
        ),
        "{failed:?}"
    );
    server.resume()?;
    let deadline = Instant::now() + Duration::from_secs(60);
    let again = queue.get(Wait::Until(deadline))?;
    assert_eq!((again.bytes.as_slice(), again.deliveries), (&b"2"[..], 1));
    queue.task_done()?;
    queue.task_done()?;
    Ok(queue.join(Wait::Never)?)
}

#[test]
fn a_task_done_whose_answer_was_lost_can_be_said_again() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let cluster = connect(&server, "lease=60&patience=1")?;
    let config = joinable(OnLost::Report);
    let queue = Queue::create(&cluster, Some("done"), &config)?;
    queue.put_many(&[b"1", b"2"], Wait::Never)?;
    queue.get_many(2, Wait::Never)?;
    // From the first call on the server knows the script.
    queue.task_done()?;
    server.pause()?;
    let failed = queue.task_done();
    assert!(
        matches!(
            failed,
            Err(QueueError::Cluster(ClusterError::Unavailable { .. }))
        ),
        "{failed:?}"
    );
    server.resume()?;
    // The server carries out what it has accepted.
    while queue.unfinished()? > 0 {
        thread::sleep(Duration::from_millis(5));
    }
    queue.task_done()?;
    assert_eq!(queue.task_done(), Err(QueueError::TaskDoneTooOften));
    Ok(queue.join(Wait::Never)?)
}
