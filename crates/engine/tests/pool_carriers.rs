//! Carriers that behave in their own ways: some answer before they return, some panic, one has a pool of workers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not every test needs all of it")]
mod carrier;
mod watchdog;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use carrier::{NOTHING, Told, item, next, pool_with, settings, submit};
use procession_engine::host::Answer;
use procession_engine::pool::{
    Carried, CarryTasks, Initializer, Job, JobSettings, NamedWork, Order, Pool, PoolConfig,
    Settler, WorkName,
};
use procession_engine::{BuildId, EntryError, PoolError, build_id, init_test, with_participant};
use procession_objects::Queue;
use watchdog::watch;

/// Answers each task while it is being given it.
#[derive(Debug, Default)]
struct Quick(OnceLock<Settler>);

impl CarryTasks for Quick {
    fn carry(&self, tasks: Vec<Carried>) {
        for task in tasks {
            assert!(self.0.wait().settle(task.number, Ok(task.bytes)));
        }
    }

    fn cancel(&self, _: &[u64]) {}

    fn withdraw(&self, _: &[u64]) -> Vec<u64> {
        Vec::new()
    }

    fn end(&self) {}
}

#[test]
fn a_carrier_may_answer_before_it_returns() {
    let _watchdog = watch("a_carrier_may_answer_before_it_returns");
    let quick = Arc::new(Quick::default());
    let (pool, settler) = pool_with(1, Some(1), Arc::clone(&quick) as Arc<_>);
    quick.0.set(settler).unwrap();
    let job = submit(&pool, 100);
    for number in 0..100_u32 {
        assert_eq!(next(&job).unwrap(), number.to_le_bytes());
    }
    pool.close();
    pool.join(None).unwrap();
}

#[derive(Debug)]
struct Clumsy;

impl CarryTasks for Clumsy {
    fn carry(&self, _: Vec<Carried>) {
        panic!("dropped it all");
    }

    fn cancel(&self, _: &[u64]) {
        panic!("dropped that as well");
    }

    fn withdraw(&self, _: &[u64]) -> Vec<u64> {
        panic!("never had it");
    }

    fn end(&self) {
        panic!("not even that");
    }
}

#[test]
fn a_carrier_that_panics_ends_the_pool_and_nobody_waits_for_ever() {
    let _watchdog = watch("a_carrier_that_panics_ends_the_pool_and_nobody_waits_for_ever");
    let (pool, _settler) = pool_with(1, None, Arc::new(Clumsy));
    let job = submit(&pool, 2);
    for _ in 0..2 {
        let error = next(&job).unwrap_err();
        assert!(error.to_string().contains("dropped it all"), "{error}");
    }
    let refused = pool
        .job(&NOTHING, settings(Order::AsSubmitted, None))
        .unwrap();
    assert!(matches!(
        refused.push(item(b"")),
        Err(PoolError::Unavailable { .. })
    ));
    pool.join(None).unwrap();
}

/// Returns from each call when it is let go.
#[derive(Debug)]
struct Slow {
    told: Mutex<Sender<Told>>,
    let_go: Mutex<Receiver<()>>,
}

impl Slow {
    fn tell(&self, told: Told) {
        self.told.lock().unwrap().send(told).unwrap();
        // Without anybody who could let it go, it goes.
        let _ = self.let_go.lock().unwrap().recv();
    }
}

impl CarryTasks for Slow {
    fn carry(&self, tasks: Vec<Carried>) {
        self.tell(Told::Carry(tasks));
    }

    fn cancel(&self, numbers: &[u64]) {
        self.tell(Told::Cancel(numbers.to_vec()));
    }

    fn withdraw(&self, numbers: &[u64]) -> Vec<u64> {
        // It has never been given the others.
        assert_eq!(numbers, [1]);
        Vec::new()
    }

    fn end(&self) {
        self.tell(Told::End);
    }
}

#[test]
fn what_is_not_wanted_any_more_before_it_was_carried_never_is() {
    let _watchdog = watch("what_is_not_wanted_any_more_before_it_was_carried_never_is");
    let (sender, told) = channel();
    let (let_go, going) = channel();
    let slow = Arc::new(Slow {
        told: Mutex::new(sender),
        let_go: Mutex::new(going),
    });
    let (pool, _settler) = pool_with(1, None, slow);
    let first = pool
        .job(&NOTHING, settings(Order::AsSubmitted, None))
        .unwrap();
    thread::scope(|scope| {
        // Whoever finds nobody telling the carrier tells it everything.
        scope.spawn(|| first.push(item(b"")).unwrap());
        assert!(matches!(told.recv().unwrap(), Told::Carry(tasks) if tasks[0].number == 1));
        // While that goes on, nobody else is kept waiting.
        let [second, third, fourth] = [1, 1, 1].map(|tasks| submit(&pool, tasks));
        assert_eq!(second.cancel().unwrap(), 1);
        assert_eq!(third.cancel_waiting().unwrap(), 1);
        for job in [&second, &third] {
            assert!(matches!(next(job), Err(PoolError::Cancelled)));
        }
        let_go.send(()).unwrap();
        assert_eq!(first.cancel_waiting().unwrap(), 0);
        let Told::Carry(tasks) = told.recv().unwrap() else {
            panic!("the fourth task was not carried");
        };
        assert_eq!(
            tasks.iter().map(|task| task.number).collect::<Vec<_>>(),
            [4]
        );
        pool.terminate();
        for job in [&first, &fourth] {
            assert!(matches!(next(job), Err(PoolError::Terminated)));
        }
        let soon = Some(Instant::now());
        assert!(
            matches!(pool.join(soon), Err(PoolError::NotReady)),
            "it is still at the fourth"
        );
        drop(let_go);
        pool.join(None).unwrap();
    });
    assert_eq!(told.try_recv(), Ok(Told::Cancel(vec![1, 4])));
    assert_eq!(told.try_recv(), Ok(Told::End));
}

fn reverse(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError> {
    bytes.reverse();
    answer(std::mem::take(bytes), &[]);
    Ok(())
}

fn end(_: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
    std::process::exit(7)
}

static REVERSE: NamedWork = NamedWork::new(reverse);
static END: NamedWork = NamedWork::new(end);

fn run(pool: &Pool, name: WorkName, build: &BuildId) -> Result<Job, PoolError> {
    let job = pool.job_by_name(name, build, settings(Order::AsSubmitted, None))?;
    job.push(item(b"abc"))?;
    job.seal();
    Ok(job)
}

#[test]
fn a_function_is_run_by_the_name_that_the_same_build_has_sent() {
    init_test("a_function_is_run_by_the_name_that_the_same_build_has_sent");
    let _watchdog = watch("a_function_is_run_by_the_name_that_the_same_build_has_sent");
    let pool = Pool::new(PoolConfig {
        workers: 1,
        ..PoolConfig::default()
    })
    .unwrap();
    // As it arrives in a message.
    let bits = WorkName::of(&REVERSE).unwrap().to_bits();
    let build = BuildId::from_bytes(build_id().unwrap().as_bytes());
    let job = run(&pool, WorkName::from_bits(bits), &build).unwrap();
    assert_eq!(next(&job).unwrap(), b"cba");

    let other = BuildId::from_bytes(b"Gother");
    let error = run(&pool, WorkName::from_bits(bits), &other).unwrap_err();
    assert!(matches!(error, PoolError::OtherBuild { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(&other.to_string()) && text.contains(&build.to_string()),
        "{text}"
    );

    for made_up in [0, bits + 8, bits + 1, !bits] {
        let error = run(&pool, WorkName::from_bits(made_up), &build).unwrap_err();
        assert!(
            matches!(error, PoolError::UnknownWork { name } if name == made_up),
            "{error}"
        );
    }
}

static PREPARED: AtomicUsize = AtomicUsize::new(0);

fn prepare(bytes: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
    PREPARED.store(std::mem::take(bytes).len(), Ordering::Relaxed);
    Ok(())
}

fn tell_prepared(_: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError> {
    answer(vec![PREPARED.load(Ordering::Relaxed) as u8], &[]);
    Ok(())
}

static PREPARE: NamedWork = NamedWork::new(prepare);
static TELL_PREPARED: NamedWork = NamedWork::new(tell_prepared);

#[test]
fn an_initializer_travels_by_name_as_well() {
    init_test("an_initializer_travels_by_name_as_well");
    let _watchdog = watch("an_initializer_travels_by_name_as_well");
    let build = build_id().unwrap();
    let initializer = Initializer::new(&PREPARE, b"seven..".to_vec(), &[]).unwrap();
    let (name, bytes) = initializer.carried().unwrap();
    let other = BuildId::from_bytes(b"Gother");
    let refused = Initializer::by_name(name, &other, bytes.to_vec()).unwrap_err();
    assert!(matches!(refused, PoolError::OtherBuild { .. }), "{refused}");
    let pool = Pool::new(PoolConfig {
        workers: 1,
        initializer: Some(Initializer::by_name(name, build, bytes.to_vec()).unwrap()),
        ..PoolConfig::default()
    })
    .unwrap();
    let told = run(&pool, WorkName::of(&TELL_PREPARED).unwrap(), build).unwrap();
    assert_eq!(next(&told).unwrap(), [7]);

    let queue = with_participant(|me| Queue::create(me, &Default::default())).unwrap();
    let local = Initializer::new(&PREPARE, Vec::new(), &[queue.handle()]).unwrap();
    assert!(matches!(local.carried(), Err(PoolError::LocalObject)));
    drop(local);
    with_participant(|me| queue.detach(me)).unwrap();
}

/// A worker host in a nutshell: has the tasks done by a pool of its own.
#[derive(Debug)]
struct Host {
    pool: Pool,
    build: BuildId,
    settler: Settler,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl CarryTasks for Host {
    fn carry(&self, tasks: Vec<Carried>) {
        for task in tasks {
            let settings = JobSettings {
                options: task.options,
                ..settings(Order::AsSubmitted, None)
            };
            let job = self
                .pool
                .job_by_name(task.work, &self.build, settings)
                .unwrap();
            job.push(item(&task.bytes)).unwrap();
            job.seal();
            let settler = self.settler.clone();
            let telling = thread::spawn(move || {
                assert!(settler.settle(task.number, next(&job)));
            });
            self.running.lock().unwrap().push(telling);
        }
    }

    fn cancel(&self, _: &[u64]) {}

    fn withdraw(&self, _: &[u64]) -> Vec<u64> {
        Vec::new()
    }

    fn end(&self) {
        self.pool.terminate();
    }
}

#[test]
fn another_pool_may_carry_the_tasks_out() {
    init_test("another_pool_may_carry_the_tasks_out");
    let _watchdog = watch("another_pool_may_carry_the_tasks_out");
    let pool = Pool::carried(2, None, |settler| {
        Ok(Arc::new(Host {
            pool: Pool::new(PoolConfig {
                workers: 2,
                ..PoolConfig::default()
            })?,
            build: build_id()?.clone(),
            settler,
            running: Mutex::default(),
        }))
    })
    .unwrap();
    let job = pool
        .job(&REVERSE, settings(Order::AsSubmitted, None))
        .unwrap();
    job.push_many([item(b"one"), item(b"two")]).unwrap();
    let lost = pool.job(&END, settings(Order::AsSubmitted, None)).unwrap();
    lost.push(item(b"")).unwrap();
    assert_eq!(next(&job).unwrap(), b"eno");
    assert_eq!(next(&job).unwrap(), b"owt");
    let error = next(&lost).unwrap_err();
    assert!(matches!(error, PoolError::WorkerLost { .. }), "{error}");
}
