//! Processes: what goes in, what comes out, and how they end.

mod examples;
mod watchdog;

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use examples::example;
use procession::{
    Process, ProcessBuilder, ProcessError, Queue, QueueError, SpawnError, StartMethod, Stdio,
    current_process,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

const SIGTERM: i32 = 15;
const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;

const BOTH_METHODS: [StartMethod; 2] = [StartMethod::Spawn, StartMethod::ForkServer];

fn double(x: u32) -> u32 {
    2 * x
}

fn own_pid() -> u32 {
    std::process::id()
}

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

/// Runs until somebody ends it, or until whoever started it is gone.
fn wait_for_ever() {
    loop {
        thread::park();
    }
}

#[test]
fn returns_what_its_function_returns() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for method in BOTH_METHODS {
        let process = Process::builder()
            .start_method(method)
            .spawn(double, (21,))?;
        assert_eq!(process.join()?, 42);
    }
    Ok(())
}

#[test]
fn is_a_process_of_its_own() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for method in BOTH_METHODS {
        let process = Process::builder().start_method(method).spawn(own_pid, ())?;
        let pid = process.join()?;
        assert_eq!(pid, process.pid());
        assert_ne!(pid, std::process::id());
    }
    Ok(())
}

#[test]
fn takes_up_to_eight_arguments() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let none = Process::spawn(|| 0u8, ())?;
    let one = Process::spawn(|a: u8| a, (1,))?;
    let two = Process::spawn(|a: u8, b: String| (a, b), (1, "2".to_owned()))?;
    let eight = Process::spawn(
        |a: u8, b: u16, c: u32, d: u64, e: i8, f: f64, g: char, h: Vec<bool>| {
            (a, b, c, d, e, f, g, h)
        },
        (1, 2, 3, 4, -5, 6.5, '7', vec![true]),
    )?;
    assert_eq!(none.join()?, 0);
    assert_eq!(one.join()?, 1);
    assert_eq!(two.join()?, (1, "2".to_owned()));
    assert_eq!(eight.join()?, (1, 2, 3, 4, -5, 6.5, '7', vec![true]));
    Ok(())
}

/// A method and a generic function are functions like any other.
#[test]
fn runs_any_function_that_captures_nothing() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn largest<T: Ord + Copy>(items: Vec<T>) -> Option<T> {
        items.iter().max().copied()
    }
    assert_eq!(
        Process::spawn(largest::<i64>, (vec![3, 1, 2],))?.join()?,
        Some(3)
    );
    assert_eq!(
        Process::spawn(String::into_bytes, ("abc".to_owned(),))?.join()?,
        b"abc"
    );
    Ok(())
}

#[test]
fn bytes_travel_as_result_without_being_encoded() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|index| index as u8).collect()
    }
    for count in [0, 1, 10_000_000] {
        assert_eq!(Process::spawn(bytes, (count,))?.join()?, bytes(count));
    }
    Ok(())
}

#[test]
fn large_arguments_and_results_pass() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let text = "0123456789abcdef".repeat(1 << 20);
    for method in BOTH_METHODS {
        let arguments = (text.clone(), text.clone());
        let process = Process::builder()
            .start_method(method)
            .spawn(|a: String, b: String| a + &b, arguments)?;
        assert!(process.join()? == text.repeat(2));
    }
    Ok(())
}

#[test]
fn every_join_gives_the_same_answer() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let returns = Process::spawn(double, (21,))?;
    let dies = daemon().spawn(wait_for_ever, ())?;
    thread::scope(|scope| {
        let joins = [(); 4].map(|()| scope.spawn(|| (returns.join(), dies.join())));
        dies.kill().unwrap();
        for join in joins {
            let (returned, died) = join.join().unwrap();
            assert_eq!(returned.unwrap(), 42);
            assert!(matches!(
                died,
                Err(ProcessError::Signaled {
                    signal: SIGKILL,
                    ..
                })
            ));
        }
    });
    assert_eq!(returns.join()?, 42);
    assert!(matches!(
        dies.join(),
        Err(ProcessError::Signaled {
            signal: SIGKILL,
            ..
        })
    ));
    Ok(())
}

#[test]
fn a_timeout_leaves_the_process_alone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let go = Queue::<u32>::new()?;
    let process = daemon().spawn(|go: Queue<u32>| go.get(), (go.clone(),))?;
    let early = process.join_timeout(Duration::from_millis(10));
    assert!(
        matches!(early, Err(ProcessError::StillRunning)),
        "{early:?}"
    );
    assert!(process.is_alive());
    assert_eq!(process.exit_status(), None);
    go.put(&7)?;
    assert_eq!(process.join_timeout(Duration::MAX)??, 7);
    assert!(!process.is_alive());
    assert!(process.exit_status().is_some_and(|status| status.success()));
    Ok(())
}

#[test]
fn a_panic_comes_home() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn fail(why: String) {
        panic!("it was {why}");
    }
    for method in BOTH_METHODS {
        let process = Process::builder()
            .start_method(method)
            .stderr(Stdio::Null)
            .spawn(fail, ("the weather".to_owned(),))?;
        let ended = process.join();
        let Err(ProcessError::Panicked {
            message,
            location,
            backtrace,
            ..
        }) = ended
        else {
            unreachable!("{ended:?}");
        };
        assert_eq!(message, "it was the weather");
        assert!(location.contains("process.rs"), "{location}");
        assert!(!backtrace.is_empty());
        assert_eq!(
            process.exit_status().and_then(|status| status.code()),
            Some(101)
        );
    }
    Ok(())
}

#[test]
fn an_early_exit_is_told() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for method in BOTH_METHODS {
        let builder = Process::builder().start_method(method);
        let process = builder.spawn(|code: i32| std::process::exit(code), (3,))?;
        let ended: Result<(), _> = process.join();
        assert!(
            matches!(ended, Err(ProcessError::Exited { code: 3 })),
            "{ended:?}"
        );
    }
    Ok(())
}

#[test]
fn signals_are_told() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    for method in BOTH_METHODS {
        let start = || {
            Process::builder()
                .start_method(method)
                .spawn(wait_for_ever, ())
        };
        let (terminated, killed) = (start()?, start()?);
        terminated.terminate()?;
        killed.kill()?;
        let ended = terminated.join();
        assert!(
            matches!(
                ended,
                Err(ProcessError::Signaled {
                    signal: SIGTERM,
                    ..
                })
            ),
            "{ended:?}"
        );
        let ended = killed.join();
        assert!(
            matches!(
                ended,
                Err(ProcessError::Signaled {
                    signal: SIGKILL,
                    ..
                })
            ),
            "{ended:?}"
        );
        // Signals to a process that is gone hit nobody.
        terminated.terminate()?;
        killed.kill()?;
    }
    Ok(())
}

#[test]
fn a_child_that_never_calls_init_is_told_of() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let process = Process::builder()
        .executable("/bin/true")
        .spawn(double, (1,))?;
    let ended = process.join();
    assert!(
        matches!(ended, Err(ProcessError::NotStarted { code: 0 })),
        "{ended:?}"
    );
    assert!(
        ended
            .unwrap_err()
            .to_string()
            .contains("procession::init()")
    );
    Ok(())
}

#[test]
fn an_executable_that_cannot_be_run_is_told_of() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let spawned = Process::builder()
        .executable("/nowhere/at all")
        .spawn(double, (1,));
    assert!(spawned.unwrap_err().to_string().contains("/nowhere/at all"));
    Ok(())
}

/// The `kitchen` example is a program that uses procession, but another one than this test.
#[test]
fn another_build_of_the_program_is_told_of() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let process = Process::builder()
        .executable(example("kitchen"))
        .spawn(double, (1,))?;
    let ended = process.join();
    assert!(
        matches!(ended, Err(ProcessError::BuildMismatch { .. })),
        "{ended:?}"
    );
    Ok(())
}

/// Says no to being serialized, or to being deserialized.
#[derive(Debug)]
enum Stubborn {
    ToSerialize,
    ToDeserialize,
}

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Stubborn::ToSerialize => Err(ser::Error::custom("I stay here")),
            Stubborn::ToDeserialize => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Stubborn, D::Error> {
        Err(de::Error::custom("I do not come out"))
    }
}

#[test]
fn arguments_that_do_not_travel_are_told_of() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let take = |_: u8, _: Stubborn| ();

    let spawned = Process::spawn(take, (1, Stubborn::ToSerialize));
    let Err(SpawnError::Arguments { type_name, reason }) = spawned else {
        unreachable!("{spawned:?}");
    };
    assert!(type_name.contains("Stubborn"), "{type_name}");
    assert_eq!(reason, "I stay here");

    let ended = Process::spawn(take, (1, Stubborn::ToDeserialize))?.join();
    let Err(ProcessError::ArgumentDecode { type_name, reason }) = ended else {
        unreachable!("{ended:?}");
    };
    assert!(type_name.contains("Stubborn"), "{type_name}");
    assert_eq!(reason, "I do not come out");
    Ok(())
}

#[test]
fn results_that_do_not_travel_are_told_of() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let cases = [
        (Process::spawn(|| Stubborn::ToSerialize, ())?, "I stay here"),
        (
            Process::spawn(|| Stubborn::ToDeserialize, ())?,
            "I do not come out",
        ),
    ];
    for (process, words) in cases {
        let Err(ProcessError::ResultEncode { type_name, reason }) = process.join() else {
            unreachable!("the result is stubborn");
        };
        assert!(type_name.contains("Stubborn"), "{type_name}");
        assert!(reason.contains(words), "{reason}");
    }
    Ok(())
}

#[test]
fn errors_of_queues_travel_as_results() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let queue = Queue::<u8>::new()?;
    queue.close()?;
    let process = Process::spawn(|queue: Queue<u8>| queue.put(&1), (queue,))?;
    assert_eq!(process.join()?, Err(QueueError::Closed));
    Ok(())
}

#[test]
fn a_process_knows_what_it_was_told() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let describe = || {
        let current = current_process();
        (
            current.name().to_owned(),
            current.is_child(),
            current.is_daemon(),
        )
    };
    assert!(!current_process().is_child());
    for method in BOTH_METHODS {
        let builder = Process::builder()
            .start_method(method)
            .name("Vreneli")
            .daemon(true);
        let process = builder.spawn(describe, ())?;
        assert_eq!(process.name(), "Vreneli");
        assert_eq!(process.join()?, ("Vreneli".to_owned(), true, true));
    }
    Ok(())
}

#[test]
fn environment_and_directory_are_set() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let look = |name: String| (std::env::var(name).ok(), std::env::current_dir().ok());
    let directory = fs::canonicalize(std::env::temp_dir())?;
    for method in BOTH_METHODS {
        let start = || {
            Process::builder()
                .start_method(method)
                .current_dir(&directory)
        };
        let set = start()
            .env("A_DISH", "Rösti")
            .spawn(look, ("A_DISH".to_owned(),))?;
        let removed = start()
            .env_remove("PATH")
            .spawn(look, ("PATH".to_owned(),))?;
        let cleared = start().env_clear().spawn(look, ("PATH".to_owned(),))?;
        let kept = start().spawn(look, ("PATH".to_owned(),))?;
        assert_eq!(
            set.join()?,
            (Some("Rösti".to_owned()), Some(directory.clone()))
        );
        assert_eq!(removed.join()?.0, None);
        assert_eq!(cleared.join()?.0, None);
        assert_eq!(kept.join()?.0, std::env::var("PATH").ok());
    }
    Ok(())
}

#[test]
fn standard_streams_can_be_pipes() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn echo() -> Result<(), String> {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| error.to_string())?;
        print!("out {text}");
        eprint!("err {text}");
        Ok(())
    }
    for method in BOTH_METHODS {
        let process = Process::builder()
            .start_method(method)
            .stdin(Stdio::Piped)
            .stdout(Stdio::Piped)
            .stderr(Stdio::Piped)
            .spawn(echo, ())?;
        let mut input = process.take_stdin().ok_or("no standard input")?;
        input.write_all(b"text")?;
        drop(input);
        let output = process.take_stdout().ok_or("no standard output")?;
        let errors = process.take_stderr().ok_or("no standard error")?;
        assert_eq!(std::io::read_to_string(output)?, "out text");
        assert_eq!(std::io::read_to_string(errors)?, "err text");
        process.join()??;
        assert!(process.take_stdout().is_none(), "there is one end only");
    }
    Ok(())
}

#[test]
fn too_much_memory_ends_the_process_alone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let allocate = |bytes: usize| vec![1u8; bytes].iter().map(|&byte| usize::from(byte)).sum();
    for method in BOTH_METHODS {
        let start = |bytes: usize| {
            let builder = Process::builder().start_method(method).stderr(Stdio::Null);
            builder.memory_limit(256 << 20).spawn(allocate, (bytes,))
        };
        let modest: usize = start(1 << 20)?.join()?;
        assert_eq!(modest, 1 << 20);
        let greedy = start(1 << 30)?.join();
        assert!(
            matches!(
                greedy,
                Err(ProcessError::Signaled {
                    signal: SIGABRT,
                    ..
                })
            ),
            "{greedy:?}"
        );
    }
    Ok(())
}

#[test]
fn processes_start_processes() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn descend(generations: u32, queue: Queue<u32>) -> Result<u32, String> {
        queue
            .put(&std::process::id())
            .map_err(|error| error.to_string())?;
        if generations == 0 {
            return Ok(0);
        }
        let child = Process::spawn(descend, (generations - 1, queue));
        let depth = child.map_err(|error| error.to_string())?.join();
        Ok(1 + depth.map_err(|error| error.to_string())??)
    }
    let queue = Queue::new()?;
    for method in BOTH_METHODS {
        let builder = Process::builder().start_method(method);
        assert_eq!(builder.spawn(descend, (3, queue.clone()))?.join()??, 3);
        let mut pids = queue.get_many(10)?;
        pids.sort_unstable();
        pids.dedup();
        assert_eq!(pids.len(), 4, "all of them used the same queue");
    }
    Ok(())
}

#[test]
fn a_handle_can_be_shared_by_threads() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let process = Arc::new(Process::spawn(double, (4,))?);
    let other = Arc::clone(&process);
    let joined = thread::spawn(move || other.join()).join();
    assert_eq!(joined.map_err(|_| "the thread panicked")??, 8);
    assert_eq!(process.join()?, 8);
    Ok(())
}

/// A process that is killed takes its daemonic processes along.
#[test]
fn a_daemon_ends_with_the_process_that_started_it() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    fn parent(ready: Queue<u32>) -> Result<(), String> {
        let daemon = daemon().spawn(wait_for_ever, ());
        let daemon = daemon.map_err(|error| error.to_string())?;
        ready
            .put(&daemon.pid())
            .map_err(|error| error.to_string())?;
        wait_for_ever();
        Ok(())
    }
    for method in BOTH_METHODS {
        let ready = Queue::new()?;
        let process = Process::builder()
            .start_method(method)
            .spawn(parent, (ready.clone(),))?;
        let daemon = fs::File::open(format!("/proc/{}/status", ready.get()?))?;
        process.kill()?;
        let ended = process.join();
        assert!(
            matches!(
                ended,
                Err(ProcessError::Signaled {
                    signal: SIGKILL,
                    ..
                })
            ),
            "{ended:?}"
        );
        // The open file stands for the daemon even if its number is given to somebody else.
        while is_running(&daemon)? {
            thread::yield_now();
        }
    }
    Ok(())
}

fn is_running(mut status: &fs::File) -> Result<bool, Box<dyn Error>> {
    use std::io::Seek;
    status.rewind()?;
    let mut text = String::new();
    Ok(status.read_to_string(&mut text).is_ok() && !text.contains("State:\tZ"))
}
