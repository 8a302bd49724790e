//! What has a change before the call that makes it returns: as the address says, and as locks want it in any case.

mod watchdog;

use std::error::Error;
use std::thread;

use procession_arena::Wait;
use procession_cluster::lock::Lock;
use procession_cluster::queue::{Queue, QueueError};
use procession_cluster::{Cluster, ClusterError, acl_rule};
use procession_objects::{OnLost, QueueConfig};
use procession_test_server::Server;
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

const REDELIVERED: QueueConfig = QueueConfig {
    maxsize: None,
    joinable: Some(OnLost::Redeliver { max_deliveries: 3 }),
};

fn connect(server: &Server, parameters: &str) -> Result<Cluster, Box<dyn Error>> {
    let url = format!("{}?{parameters}", server.url());
    Ok(Cluster::connect(&url.parse()?)?)
}

fn pair() -> Result<[Server; 2], Box<dyn Error>> {
    let [primary, replica] = [Server::start()?, Server::start()?];
    follow(&primary, &replica)?;
    Ok([primary, replica])
}

fn follow(primary: &Server, replica: &Server) -> TestResult {
    replica.replica_of(primary)?;
    until_in_step(primary)
}

/// The replica has its copy a while before it gets what comes next.
fn until_in_step(primary: &Server) -> TestResult {
    let mut connection = primary.connect()?;
    connection
        .command(&["SET", "first", "change"])?
        .accepted()?;
    let confirmed = connection.command(&["WAIT", "1", "0"])?.accepted()?;
    assert_eq!(confirmed.text().as_deref(), Some("1"));
    Ok(())
}

/// How often a command was carried out.
fn count(server: &Server, command: &str) -> Result<u64, Box<dyn Error>> {
    // A server does not speak of commands that it was never asked for.
    let Ok(line) = server.info(&format!("cmdstat_{command}")) else {
        return Ok(0);
    };
    let calls = line
        .strip_prefix("calls=")
        .and_then(|rest| rest.split(',').next());
    Ok(calls.ok_or("no calls")?.parse()?)
}

#[test]
fn two_connections_to_a_server_may_differ_in_it() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let careful = connect(&primary, "durability=replica&patience=0.5")?;
    let careless = connect(&primary, "durability=server")?;
    let careful = Queue::create(&careful, Some("orders"), &REDELIVERED)?;
    let careless = Queue::create(&careless, Some("orders"), &REDELIVERED)?;
    replica.pause()?;
    let told = careful.put(b"first", Wait::Forever);
    assert!(
        matches!(
            told,
            Err(QueueError::Cluster(ClusterError::Unconfirmed { .. }))
        ),
        "{told:?}"
    );
    careless.put(b"second", Wait::Forever)?;
    // The first was put as well.
    assert_eq!(careless.len()?, 2);
    Ok(())
}

#[test]
fn what_is_taken_or_held_is_not_waited_for() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let cluster = connect(&primary, "durability=replica&patience=5")?;
    let queue = Queue::create(&cluster, None, &REDELIVERED)?;
    let lock = Lock::create(&cluster, None)?;
    queue.put(b"work", Wait::Forever)?;
    replica.pause()?;
    assert_eq!(queue.get(Wait::Never)?.bytes, b"work");
    queue.task_done()?;
    let told = queue.get(Wait::Never);
    assert!(matches!(told, Err(QueueError::Empty)), "{told:?}");
    lock.acquire(Wait::Never)?;
    lock.release()?;
    Ok(())
}

/// Those of before are in the queue, but nobody knows how many of the rest are.
#[test]
fn a_portion_that_is_not_confirmed_is_told_whatever_was_put_before() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let cluster = connect(&primary, "durability=replica&patience=0.5")?;
    let queue = Queue::create(&cluster, Some("orders"), &REDELIVERED)?;
    let all: Vec<&[u8]> = vec![b"order"; 500_000];
    thread::scope(|scope| {
        let putting = scope.spawn(|| queue.put_many(&all, Wait::Forever));
        // The first one was confirmed then.
        while queue.len()? < 2000 {}
        replica.pause()?;
        let told = putting.join().expect("no panic");
        assert!(
            matches!(
                told,
                Err(QueueError::Cluster(ClusterError::Unconfirmed { .. }))
            ),
            "{told:?}"
        );
        assert!(queue.len()? < all.len() as u64);
        Ok(())
    })
}

/// The first one was not waited for to the end, and the second changes nothing.
#[test]
fn what_finds_that_it_was_done_before_waits_for_that() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let queue = |patience: &str| -> Result<Queue, Box<dyn Error>> {
        let cluster = connect(&primary, &format!("durability=replica&patience={patience}"))?;
        Ok(Queue::create(&cluster, Some("orders"), &REDELIVERED)?)
    };
    // Of different addresses, and so of different connections.
    let [first, second] = [queue("0.5")?, queue("0.6")?];
    // So the server owes nothing to either connection.
    until_in_step(&primary)?;
    replica.pause()?;
    for queue in [&first, &second] {
        let told = queue.object().unlink();
        assert!(
            matches!(told, Err(ClusterError::Unconfirmed { .. })),
            "{told:?}"
        );
    }
    replica.resume()?;
    second.object().unlink()?;
    Ok(())
}

#[test]
fn a_lock_that_is_acquired_is_on_the_replica_if_there_is_one() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let lock = Lock::create(&connect(&primary, "")?, Some("till"))?;
    let before = count(&primary, "wait")?;
    for round in 1..=20 {
        let taken = lock.acquire(Wait::Forever)?;
        let fence = replica.command(&["HGET", "pc:default:{l:till}:h", "fence"])?;
        assert_eq!(
            fence.accepted()?.text(),
            Some(taken.hold.fence().to_string())
        );
        assert_eq!(count(&primary, "wait")?, before + round);
        lock.release()?;
    }
    Ok(())
}

#[test]
fn a_replica_that_lags_does_not_keep_a_lock_from_anybody() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let lock = Lock::create(&connect(&primary, "")?, None)?;
    lock.acquire(Wait::Forever)?;
    lock.release()?;
    replica.pause()?;
    for _ in 0..3 {
        lock.acquire(Wait::Never)?;
        lock.release()?;
    }
    Ok(())
}

#[test]
fn a_lock_on_a_server_without_replica_waits_for_none_until_there_is_one() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = [Server::start()?, Server::start()?];
    let lock = Lock::create(&connect(&primary, "")?, None)?;
    let before = count(&primary, "info")?;
    for _ in 0..300 {
        lock.acquire(Wait::Forever)?;
        lock.release()?;
    }
    assert_eq!(count(&primary, "wait")?, 0);
    // It is asked once in a while whether there is one; and by this test.
    let asked = count(&primary, "info")? - before;
    assert!(asked < 30, "{asked}");
    follow(&primary, &replica)?;
    while count(&primary, "wait")? == 0 {
        lock.acquire(Wait::Forever)?;
        lock.release()?;
    }
    Ok(())
}

#[test]
fn a_user_who_may_not_ask_for_a_replica_gets_the_lock_all_the_same() -> TestResult {
    let _watchdog = watch();
    let [primary, _replica] = pair()?;
    let rule = acl_rule("shop", "worker")?.replace("PASSWORD", "secret");
    let words: Vec<&str> = rule.split(' ').filter(|word| *word != "+wait").collect();
    primary.command(&words)?.accepted()?;
    let url = format!(
        "redis://worker:secret@127.0.0.1:{}/?namespace=shop",
        primary.port()
    );
    let lock = Lock::create(&Cluster::connect(&url.parse()?)?, None)?;
    for _ in 0..3 {
        lock.acquire(Wait::Never)?;
        lock.release()?;
    }
    let refused = Cluster::connect(&format!("{url}&durability=replica").parse()?).map(drop);
    assert!(
        matches!(&refused, Err(ClusterError::NoPermission { reason }) if reason.contains("wait")),
        "{refused:?}"
    );
    Ok(())
}
