//! Worker hosts and tasks for tests: the test program itself, started again.

pub(crate) mod processes;
pub(crate) mod system;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use procession_cluster::Cluster;
use procession_cluster::agent::{Arguments, SWITCH, serve_as_program};
use procession_cluster::pool::{Settings, carried_pool};
use procession_engine::host::Answer;
use procession_engine::pool::{
    Item, Job, JobSettings, NamedWork, Order, Outcome, Pool, TaskOptions,
};
use procession_engine::{EntryError, PoolError, build_id, init_library};

/// Set, with its arguments, in a process that is to be a host.
const HOST: &str = "PROCESSION_TEST_HOST";

/// To be called in the one test of a program that is called `host_process`: there the program becomes a host, if it was started as one.
pub(crate) fn become_host() {
    procession_engine::init_test("host_process");
    let Ok(arguments) = std::env::var(HOST) else {
        return;
    };
    end_with_the_test();
    let arguments = arguments.split('\n').map(Into::into);
    let arguments = Arguments::read([SWITCH.into()].into_iter().chain(arguments), None);
    let arguments = arguments.expect("arguments").expect("a host");
    match serve_as_program(&arguments) {
        Ok(()) => std::process::exit(0),
        Err(error) => {
            eprintln!("the host ends: {error}");
            std::process::exit(1);
        }
    }
}

/// However the test ends, its end of the standard input is closed with it.
pub(crate) fn end_with_the_test() {
    thread::spawn(|| {
        let ended = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        eprintln!("the test has ended: {ended:?}");
        std::process::exit(1);
    });
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("this program"))
}

/// Arguments with which this program runs one of its tests alone.
fn only(test: &str) -> [&str; 5] {
    [test, "--exact", "--nocapture", "--test-threads=1", "-q"]
}

/// This program, to be started again with that test alone.
fn started_again(test: &str) -> Command {
    let mut command = this_program();
    command.args(only(test));
    command
}

/// A host that was started; killed when it is dropped.
pub(crate) struct Host {
    child: Child,
    /// Kept apart, since waiting for a child closes its standard input.
    _stdin: Option<ChildStdin>,
}

impl Host {
    pub(crate) fn start(url: &str, slots: usize, options: &[&str]) -> Host {
        Host::start_by(&mut this_program(), url, slots, options)
    }

    /// By a command that starts this program.
    pub(crate) fn start_by(
        command: &mut Command,
        url: &str,
        slots: usize,
        options: &[&str],
    ) -> Host {
        let slots = format!("--slots={slots}");
        let arguments = [&[url, &slots], options].concat().join("\n");
        let child = command
            .args(only("host_process"))
            .env(HOST, arguments)
            .stdin(Stdio::piped())
            .spawn();
        let mut child = child.expect("a host");
        Host {
            _stdin: child.stdin.take(),
            child,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("a signal");
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("its end")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Set, with the server's address and the gates of its tasks, in a process that is to be a client.
const CLIENT: &str = "PROCESSION_TEST_CLIENT";

/// To be called in the one test of a program that is called `client_process`.
pub(crate) fn become_client() {
    let Ok(arguments) = std::env::var(CLIENT) else {
        return;
    };
    end_with_the_test();
    let mut arguments = arguments.split('\n');
    let url = arguments.next().expect("an address");
    let cluster = Cluster::connect(&url.parse().expect("an address")).expect("a server");
    let pool = pool(&cluster);
    let gates = arguments.map(|gate| gate.as_bytes().to_vec());
    let job = submit(&pool, &WAIT, TaskOptions::default(), gates);
    while next(&job).is_ok() {}
}

/// Starts a client that has tasks wait at these gates, one after the other.
pub(crate) fn start_client(url: &str, gates: &[&Gate]) -> Child {
    let gates = gates.iter().map(|gate| gate.0.to_str().expect("a path"));
    let arguments: Vec<&str> = [url].into_iter().chain(gates).collect();
    started_again("client_process")
        .env(CLIENT, arguments.join("\n"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("a client")
}

/// A client's pool.
pub(crate) fn pool(cluster: &Cluster) -> Pool {
    pool_with(cluster, |_| ())
}

pub(crate) fn pool_called(cluster: &Cluster, name: &str) -> Pool {
    init_library();
    let settings = Settings::of_code(build_id().expect("a build").to_string());
    carried_pool(cluster, name, settings, None).expect("a pool")
}

pub(crate) fn pool_with(cluster: &Cluster, change: impl FnOnce(&mut Settings)) -> Pool {
    init_library();
    let mut settings = Settings::of_code(build_id().expect("a build").to_string());
    change(&mut settings);
    carried_pool(cluster, procession_cluster::pool::DEFAULT, settings, None).expect("a pool")
}

pub(crate) fn settings(options: TaskOptions) -> JobSettings {
    JobSettings {
        label: "task".into(),
        options,
        order: Order::AsSubmitted,
        callback: None,
        attended: false,
    }
}

pub(crate) fn retries(retries: u32) -> TaskOptions {
    TaskOptions {
        retries,
        ..TaskOptions::default()
    }
}

/// Submits a task for each of the arguments.
pub(crate) fn submit(
    pool: &Pool,
    work: &'static NamedWork,
    options: TaskOptions,
    arguments: impl IntoIterator<Item = Vec<u8>>,
) -> Job {
    let job = pool.job(work, settings(options)).expect("a job");
    let items = arguments
        .into_iter()
        .map(|bytes| Item::new(bytes, &[]).expect("an item"));
    job.push_many(items.collect::<Vec<_>>())
        .expect("an open pool");
    job.seal();
    job
}

/// What came of the next task.
pub(crate) fn next(job: &Job) -> Result<Vec<u8>, PoolError> {
    let (_, outcome): (usize, Outcome) = job.next(None).expect("a pool").expect("a task");
    outcome.map(|produced| produced.bytes().to_vec())
}

/// Returns its arguments backwards.
pub(crate) static REVERSE: NamedWork = NamedWork::new(reverse);

fn reverse(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError> {
    bytes.reverse();
    answer(std::mem::take(bytes), &[]);
    Ok(())
}

/// Writes its process's number into the file `PATH.begun`, waits for the file `PATH`, and returns the number.
pub(crate) static WAIT: NamedWork = NamedWork::new(wait);

#[allow(clippy::ptr_arg, reason = "the form of all work")]
fn wait(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError> {
    let gate = Gate(PathBuf::from(String::from_utf8_lossy(bytes).into_owned()));
    let pid = std::process::id().to_string();
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(gate.begun());
    // In one piece: others write as well.
    let line = format!("{pid}\n");
    file.expect("a file")
        .write_all(line.as_bytes())
        .expect("room");
    poll("the gate is opened", || gate.0.exists());
    answer(pid.into_bytes(), &[]);
    Ok(())
}

/// Ends its worker.
pub(crate) static DIE: NamedWork = NamedWork::new(die);

fn die(_: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
    std::process::abort()
}

/// Panics with its arguments.
pub(crate) static PANIC: NamedWork = NamedWork::new(panic_with);

#[allow(clippy::ptr_arg, reason = "the form of all work")]
fn panic_with(bytes: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
    panic!("{}", String::from_utf8_lossy(bytes))
}

/// Returns as many zeros as it is told to.
pub(crate) static ZEROS: NamedWork = NamedWork::new(zeros);

#[allow(clippy::ptr_arg, reason = "the form of all work")]
fn zeros(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError> {
    let count = String::from_utf8_lossy(bytes).parse().expect("a number");
    answer(vec![0; count], &[]);
    Ok(())
}

/// What [`WAIT`] waits for.
pub(crate) struct Gate(PathBuf);

impl Gate {
    pub(crate) fn new(directory: &Path, name: &str) -> Gate {
        Gate(directory.join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn argument(&self) -> Vec<u8> {
        self.0.to_str().expect("a path").as_bytes().to_vec()
    }

    pub(crate) fn open(&self) {
        fs::write(&self.0, "").expect("room");
    }

    fn begun(&self) -> PathBuf {
        self.0.with_extension("begun")
    }

    /// The processes that have come so far.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let text = fs::read_to_string(self.begun()).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Waits until so many have come; returns the last.
    pub(crate) fn wait_for(&self, count: usize) -> u32 {
        poll("the task is begun", || self.pids().len() >= count);
        self.pids()[count - 1]
    }
}

/// Waits for what nothing else tells; the watchdog of the test ends it.
pub(crate) fn poll(what: &str, is_true: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_true() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
