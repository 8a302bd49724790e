//! A program that is its own worker host, as its users start it: `./program --procession-worker URL`.
//!
//! Not run by the test harness, which would not call `init` first.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::error::Error;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use procession::{
    Cluster, Event, Pool, PoolError, Process, ProcessError, Queue, SharedError, SpawnError,
};
use procession_test_server::Server;
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;
type Test = fn(&Cluster) -> TestResult;

/// A host that was started; killed when it is dropped.
struct Host(Child);

impl Host {
    fn start(url: &str) -> Result<Host, Box<dyn Error>> {
        let mut command = program();
        command.args([
            "--procession-worker",
            url,
            "--slots",
            "2",
            "--name",
            "heron",
        ]);
        Ok(Host(command.spawn()?))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.stderr(Stdio::inherit());
    command
}

fn main() -> TestResult {
    procession::init();
    let _watchdog = watch();
    let server = Server::start()?;
    let url = format!("{}?namespace=test&lease=1", server.url());
    let cluster = procession::connect(&url)?;
    wrong_arguments_are_told()?;
    a_pool_without_hosts_says_so(&cluster)?;
    let _host = Host::start(&url)?;
    let tests: [(&str, Test); 7] = [
        ("all ways to submit", all_ways_to_submit),
        ("callbacks are called", callbacks_are_called),
        ("tasks are run again", tasks_are_run_again),
        ("objects on the server travel", objects_on_the_server_travel),
        ("objects in memory do not", objects_in_memory_do_not),
        (
            "settings of workers are refused",
            settings_of_workers_are_refused,
        ),
        (
            "what a process of another machine cannot have is refused",
            what_a_process_of_another_machine_cannot_have_is_refused,
        ),
    ];
    for (name, test) in tests {
        println!("{name}");
        test(&cluster)?;
    }
    Ok(())
}

fn run(arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
    Ok(program().args(arguments).stderr(Stdio::piped()).output()?)
}

fn wrong_arguments_are_told() -> TestResult {
    let wrong = run(&[
        "--procession-worker",
        "redis://127.0.0.1/",
        "--slots",
        "many",
    ])?;
    let said = String::from_utf8(wrong.stderr)?;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        said.contains("--slots needs a number") && said.contains("usage:"),
        "{said}"
    );
    // Nobody listens on the port of discarded traffic.
    let nowhere = run(&["--procession-worker", "redis://127.0.0.1:9/?patience=1"])?;
    let said = String::from_utf8(nowhere.stderr)?;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(said.contains("127.0.0.1:9 is not available"), "{said}");
    Ok(())
}

fn a_pool_without_hosts_says_so(cluster: &Cluster) -> TestResult {
    let pool = Pool::builder()
        .patience_for_hosts(Duration::ZERO)
        .build_on(cluster, "lonely")?;
    match pool.apply(|x: u32| x, (1,)) {
        Err(error @ PoolError::NoWorkerHost { .. }) => {
            let said = error.to_string();
            assert!(
                said.contains("lonely") && said.contains("no worker host at all"),
                "{said}"
            );
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

fn all_ways_to_submit(cluster: &Cluster) -> TestResult {
    let pool = cluster.pool(None)?;
    assert_eq!(pool.apply(|a: u32, b: u32| a * b, (6, 7))?, 42);
    assert_eq!(
        pool.apply_async(|bytes: Vec<u8>| bytes, (vec![1, 2],))?
            .get()?,
        [1, 2]
    );
    assert_eq!(
        pool.map(|x: u32| 2 * x, 0..100)?,
        (0..200).step_by(2).collect::<Vec<_>>()
    );
    assert_eq!(
        pool.starmap(|a: u32, b: u32| a + b, [(1, 2), (3, 4)])?,
        [3, 7]
    );
    assert_eq!(pool.map_async(|x: u32| x + 1, 0..3)?.get()?, [1, 2, 3]);
    let results: Result<Vec<u32>, _> = pool.imap(|x: u32| x + 1, 0..1000)?.collect();
    assert_eq!(results?, (1..1001).collect::<Vec<_>>());
    let results: Result<Vec<u32>, _> = pool.imap_unordered(|x: u32| x, 0..1000)?.collect();
    let mut results = results?;
    results.sort_unstable();
    assert_eq!(results, (0..1000).collect::<Vec<_>>());
    pool.close();
    pool.join()?;
    Ok(())
}

fn callbacks_are_called(cluster: &Cluster) -> TestResult {
    let pool = cluster.pool(None)?;
    let (told, heard) = mpsc::channel();
    let failed = told.clone();
    pool.apply_async_with(
        |x: u32| 10 / x,
        (5,),
        move |result| told.send(Ok(*result)).expect("an ear"),
        |_| (),
    )?;
    assert_eq!(heard.recv()?, Ok(2));
    pool.apply_async_with(
        |x: u32| 10 / x,
        (0,),
        |_| (),
        move |error| failed.send(Err(error.to_string())).expect("an ear"),
    )?;
    assert!(
        heard
            .recv()?
            .is_err_and(|error| error.contains("divide by zero"))
    );
    Ok(())
}

/// Ends its worker, but not the second time.
fn stumble(was_here: Event) -> Result<u32, SharedError> {
    if !was_here.is_set()? {
        was_here.set()?;
        std::process::abort();
    }
    Ok(7)
}

fn tasks_are_run_again(cluster: &Cluster) -> TestResult {
    let pool = cluster.pool(None)?;
    assert_eq!(pool.apply(stumble, (cluster.event(None)?,))??, 7);
    let once = pool
        .submit()
        .retries(0)
        .apply(stumble, (cluster.event(None)?,));
    match once {
        Err(PoolError::WorkerLost { worker, .. }) => assert!(worker.contains("heron"), "{worker}"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

fn objects_on_the_server_travel(cluster: &Cluster) -> TestResult {
    let pool = cluster.pool(None)?;
    let event = cluster.event(None)?;
    let set = |event: Event| event.set().map(|()| event);
    let back = pool.apply(set, (event.clone(),))??;
    assert!(event.is_set()?);
    back.clear()?;
    assert!(!event.is_set()?);
    let later = pool.map_async(set, [event.clone()])?;
    for result in later.get()? {
        assert!(result?.is_set()?);
    }
    Ok(())
}

fn objects_in_memory_do_not(cluster: &Cluster) -> TestResult {
    let pool = cluster.pool(None)?;
    let there = pool.apply(|event: Event| event.set(), (Event::new()?,));
    let said = there.expect_err("a refusal").to_string();
    assert!(said.contains("procession::connect"), "{said}");
    let back = pool.apply(Event::new, ());
    assert!(matches!(back, Err(PoolError::LocalObject)), "{back:?}");
    Ok(())
}

fn settings_of_workers_are_refused(cluster: &Cluster) -> TestResult {
    let refused = Pool::builder()
        .memory_limit(1 << 30)
        .build_on(cluster, None);
    match refused {
        Err(PoolError::Setting { reason }) => assert!(reason.contains("memory_limit"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        Pool::builder().workers(0).build_on(cluster, None),
        Err(PoolError::NoWorkers)
    ));
    Ok(())
}

fn what_a_process_of_another_machine_cannot_have_is_refused(cluster: &Cluster) -> TestResult {
    let builder = Process::builder().stdout(procession::Stdio::Piped);
    match builder.spawn_on(cluster, None, |x: u32| x, (1,)) {
        Err(error @ SpawnError::Setting { setting: "stdout" }) => {
            assert!(error.to_string().contains("worker host"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    match cluster.spawn(|queue: Queue<u32>| queue.len().ok(), (Queue::new()?,)) {
        Err(SpawnError::Arguments { reason, .. }) => {
            assert!(reason.contains("memory"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    let local = cluster.spawn(|| Queue::<u32>::new().ok(), ())?;
    assert!(matches!(local.join(), Err(ProcessError::LocalObject)));
    assert_eq!(local.host(), Some("heron"));
    Ok(())
}
