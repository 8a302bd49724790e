//! What a pool lets its user see: statistics, captured output, events of workers, a timeline.

mod scratch_directory;
mod watchdog;

use std::error::Error;
use std::fmt::Debug;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use procession::{Barrier, Pool, PoolError, WorkerStatistics};
use scratch_directory::ScratchDirectory;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

#[test]
fn statistics_count_tasks_and_workers() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(2).name("counter").build()?;
    pool.map(|x: u32| x, 0..100)?;
    let lost: Result<(), _> = pool.apply(|| process::abort(), ());
    assert!(matches!(lost, Err(PoolError::WorkerLost { .. })));
    pool.map(|x: u32| x, 0..100)?;
    // The lost one is replaced when the pool comes to it.
    let workers =
        |statistics: &[WorkerStatistics]| -> u64 { statistics.iter().map(|its| its.workers).sum() };
    while workers(&pool.statistics()) < 3 {
        thread::yield_now();
    }
    let statistics = pool.statistics();
    assert_eq!(statistics.len(), 2);
    assert_eq!(statistics.iter().map(|its| its.tasks).sum::<u64>(), 200);
    assert_eq!(workers(&statistics), 3);
    for its in statistics.iter().filter(|its| its.start_up.is_some()) {
        assert!(its.name.starts_with("counter-"), "{its:?}");
        assert!(its.peak_memory.is_some_and(|bytes| bytes > 0), "{its:?}");
        assert!(its.pid.is_some());
    }
    Ok(())
}

fn speak(text: String) -> usize {
    println!("{text}");
    eprint!("{}!", text.to_uppercase());
    text.len()
}

#[test]
fn the_output_of_each_task_is_its_own() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(2).capture_output(true).build()?;
    let words = ["one", "two", "three"].map(str::to_owned);
    let single = pool.apply_async(speak, ("zero".to_owned(),))?;
    assert_eq!(single.get()?, 4);
    let output = single.output();
    assert_eq!(output.stdout, b"zero\n");
    assert_eq!(output.stderr, b"ZERO!");
    assert_eq!(single.output().stdout, b"", "it is taken once");

    let all = pool.map_async(speak, words.clone())?;
    all.wait()?;
    assert_eq!(all.output().stdout, b"one\ntwo\nthree\n");

    let mut results = pool.imap(speak, words)?;
    assert_eq!(results.next().transpose()?, Some(3));
    assert_eq!(results.last_output().stderr, b"ONE!");
    let silent = pool.apply_async(|| 1, ())?;
    assert_eq!(silent.get()?, 1);
    assert_eq!(silent.output().stdout, b"");
    Ok(())
}

#[test]
fn what_a_lost_task_had_written_is_kept() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let pool = Pool::builder().workers(1).capture_output(true).build()?;
    let lost = pool.apply_async(
        || {
            println!("so far, so good");
            process::abort()
        },
        (),
    )?;
    let outcome: Result<(), PoolError> = lost.get();
    assert!(matches!(outcome, Err(PoolError::WorkerLost { .. })));
    assert_eq!(lost.output().stdout, b"so far, so good\n");
    let next = pool.apply_async(speak, ("next".to_owned(),))?;
    next.get()?;
    assert_eq!(next.output().stdout, b"next\n");
    Ok(())
}

/// Collects events as text.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<String>>>);

impl Collector {
    fn heard(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "procession::worker" && *metadata.level() <= Level::INFO
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(event.metadata().level().to_string());
        event.record(&mut text);
        self.heard().push(text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

fn tell(number: u32) {
    tracing::info!(number, "told by a task");
    tracing::debug!("too quiet to be heard");
}

#[test]
fn events_and_panics_of_workers_reach_this_process() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let collector = Collector::default();
    tracing::subscriber::set_global_default(collector.clone())?;
    let pool = Pool::builder().workers(1).name("teller").build()?;
    pool.apply(tell, (7,))?;
    let panicked: Result<(), _> = pool.apply(|| panic!("on purpose"), ());
    assert!(panicked.is_err());
    // Reports come in order: when this result is there, so are all events before it.
    pool.apply(|| (), ())?;
    let heard = collector.heard().clone();
    assert_eq!(heard.len(), 2, "{heard:?}");
    for part in ["INFO", "worker=\"teller-1\"", "told by a task", "number=7"] {
        assert!(heard[0].contains(part), "{part}: {heard:?}");
    }
    for part in ["ERROR", "on purpose", "pool_observation.rs"] {
        assert!(heard[1].contains(part), "{part}: {heard:?}");
    }
    Ok(())
}

#[test]
fn a_trace_is_json_with_an_event_for_each_task() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let directory = ScratchDirectory::new()?;
    let path = directory.path().join("trace.json");
    let pool = Pool::builder()
        .workers(2)
        .name("a \"quoted\" name")
        .build()?;
    pool.trace(&path)?;
    // Two at a time for certain.
    let meeting = Barrier::new(2)?;
    let meet = |meeting: Barrier| meeting.wait().is_ok();
    assert_eq!(pool.map(meet, [meeting.clone(), meeting])?, [true, true]);
    let lost: Result<(), _> = pool.apply(|| process::abort(), ());
    assert!(lost.is_err());
    pool.close();
    pool.join()?;
    let events: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    let tasks: Vec<_> = events
        .iter()
        .filter(|event| event["cat"] == "task")
        .collect();
    assert_eq!(tasks.len(), 3, "{events:?}");
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::NAN);
    let end = |event: &serde_json::Value| number(&event["ts"]) + number(&event["dur"]);
    assert_ne!(tasks[0]["tid"], tasks[1]["tid"]);
    assert!(number(&tasks[0]["ts"]) <= end(tasks[1]), "{tasks:?}");
    assert!(number(&tasks[1]["ts"]) <= end(tasks[0]), "{tasks:?}");
    let outcome = tasks[2]["args"]["outcome"].as_str().unwrap_or_default();
    assert!(outcome.contains("lost with its worker"), "{outcome}");
    let names: Vec<_> = events.iter().filter(|event| event["ph"] == "M").collect();
    assert!(names.len() >= 2, "{names:?}");

    let nowhere = directory
        .path()
        .join("no such directory")
        .join("trace.json");
    let refused = Pool::new(1)?.trace(nowhere);
    assert!(matches!(refused, Err(PoolError::Trace { .. })));
    Ok(())
}
