//! A pool whose tasks go to the test itself.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use procession_engine::EntryError;
use procession_engine::PoolError;
use procession_engine::host::Answer;
use procession_engine::init_library;
use procession_engine::pool::{
    Callback, Carried, CarryTasks, Item, Job, JobSettings, NamedWork, Order, Pool, Settled,
    Settler, TaskOptions,
};

/// What a carrier has been told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Carry(Vec<Carried>),
    Cancel(Vec<u64>),
    End,
}

/// Passes on what it is told.
#[derive(Debug)]
struct Messenger {
    told: Mutex<Sender<Told>>,
    /// Which of the tasks that are asked back no worker has begun.
    unbegun: fn(&u64) -> bool,
}

impl Messenger {
    fn tell(&self, told: Told) {
        // A test may have seen enough.
        let _ = self.told.lock().unwrap().send(told);
    }
}

impl CarryTasks for Messenger {
    fn carry(&self, tasks: Vec<Carried>) {
        self.tell(Told::Carry(tasks));
    }

    fn cancel(&self, numbers: &[u64]) {
        self.tell(Told::Cancel(numbers.to_vec()));
    }

    fn withdraw(&self, numbers: &[u64]) -> Vec<u64> {
        numbers.iter().copied().filter(self.unbegun).collect()
    }

    fn end(&self) {
        self.tell(Told::End);
    }
}

/// The other side of a carried pool.
#[derive(Debug)]
pub(crate) struct OtherSide {
    pub(crate) told: Receiver<Told>,
    pub(crate) settler: Settler,
}

pub(crate) fn carried_pool(workers: usize, max_queued: Option<usize>) -> (Pool, OtherSide) {
    carried_pool_with(workers, max_queued, |_| false)
}

pub(crate) fn carried_pool_with(
    workers: usize,
    max_queued: Option<usize>,
    unbegun: fn(&u64) -> bool,
) -> (Pool, OtherSide) {
    let (sender, told) = channel();
    let messenger = Arc::new(Messenger {
        told: Mutex::new(sender),
        unbegun,
    });
    let (pool, settler) = pool_with(workers, max_queued, messenger);
    (pool, OtherSide { told, settler })
}

pub(crate) fn pool_with(
    workers: usize,
    max_queued: Option<usize>,
    carrier: Arc<dyn CarryTasks>,
) -> (Pool, Settler) {
    init_library();
    let mut kept = None;
    let pool = Pool::carried(workers, max_queued, |settler| {
        kept = Some(settler);
        Ok(carrier)
    });
    (pool.unwrap(), kept.unwrap())
}

impl OtherSide {
    /// The next tasks that come.
    pub(crate) fn tasks(&self) -> Vec<Carried> {
        match self.told.recv().unwrap() {
            Told::Carry(tasks) => tasks,
            other => panic!("{other:?} instead of tasks"),
        }
    }

    /// The numbers of so many tasks.
    pub(crate) fn numbers(&self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.extend(self.tasks().iter().map(|task| task.number));
        }
        numbers
    }

    /// Answers each task with its arguments, backwards, in a thread of its own until the pool has ended.
    pub(crate) fn answer(self) -> JoinHandle<()> {
        thread::spawn(move || {
            while let Ok(told) = self.told.recv() {
                match told {
                    Told::Carry(tasks) => {
                        self.settler.settle_many(tasks.into_iter().map(done));
                    }
                    Told::Cancel(_) => {}
                    Told::End => return,
                }
            }
        })
    }
}

fn done(mut task: Carried) -> Settled {
    task.bytes.reverse();
    Settled {
        number: task.number,
        result: Ok(task.bytes),
        output: None,
    }
}

/// Never called here: its name alone travels.
fn nothing(_: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
    Ok(())
}

pub(crate) static NOTHING: NamedWork = NamedWork::new(nothing);

pub(crate) fn settings(order: Order, callback: Option<Callback>) -> JobSettings {
    JobSettings {
        label: "task".into(),
        options: TaskOptions::default(),
        order,
        attended: callback.is_some(),
        callback,
    }
}

pub(crate) fn item(bytes: &[u8]) -> Item {
    Item::new(bytes.to_vec(), &[]).unwrap()
}

/// A job of so many tasks, each with its number as its arguments.
pub(crate) fn submit(pool: &Pool, tasks: u32) -> Job {
    submit_with(pool, tasks, settings(Order::AsSubmitted, None))
}

pub(crate) fn submit_with(pool: &Pool, tasks: u32, settings: JobSettings) -> Job {
    let job = pool.job(&NOTHING, settings).unwrap();
    job.push_many((0..tasks).map(|number| item(&number.to_le_bytes())))
        .unwrap();
    job.seal();
    job
}

/// The next outcome, as bytes.
pub(crate) fn next(job: &Job) -> Result<Vec<u8>, PoolError> {
    let (_, outcome) = job.next(None).unwrap().unwrap();
    outcome.map(|produced| produced.bytes().to_vec())
}
