//! The task queue apalis, with its storage on Redis.
//!
//! It is set up for speed, beyond its examples: batches are ten times as large as usual; a task is not locked, as its documentation advises for short
//! ones; idle workers look for tasks every millisecond, since they are not told of any; and whoever waits for results is told by the server when a
//! task is done, since the stream made for it, `wait_for`, looks every 100 ms.

use std::collections::HashSet;
use std::task::{self, Poll};
use std::time::Duration;

use anyhow::{Context, Error, anyhow, ensure};
use apalis::prelude::{
    BackendExt, BoxDynError, PollSnapshot, PollStrategy, Task, TaskBuilder, TaskId, TaskSink,
    WaitForCompletion, WorkerBuilder,
};
use apalis_redis::{Client, Config, ConnectionManager, RedisStorage};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream;
use procession_test_server::Server;
use redis::AsyncCommands;
use redis::aio::PubSub;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Interval;

use super::WORKERS;
use super::program::Program;
use super::tasks::Workers;
use super::work;
use crate::role::MARK;

/// Tasks that a worker takes at a time.
const BATCH: usize = 100;
/// How long an idle worker waits before it looks again.
const INTERVAL: Duration = Duration::from_millis(1);
/// Tasks that are submitted in one step. The step in which a worker takes them fails if they are more than about 8,000.
const PORTION: u64 = 1_000;
/// Tasks of which the results are asked for one after the other, while others are asked for at the same time.
const CHUNK: usize = 32;

struct Apalis {
    storage: RedisStorage<String>,
    /// The names of tasks that are done.
    done: PubSub,
    /// How many tasks there have been: each is named by its number.
    named: u64,
    _workers: Vec<Program>,
    _server: Server,
    runtime: Runtime,
}

/// Starts a server, and workers that are ready.
pub(super) fn start() -> Result<Box<dyn Workers>, Error> {
    let server = Server::start()?;
    let url = server.url();
    let workers = (0..WORKERS)
        .map(|number| Program::start(&[MARK, "apalis-worker", &url, &format!("worker-{number}")]))
        .collect::<Result<_, _>>()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (storage, done) = runtime.block_on(connect(&url))?;
    Ok(Box::new(Apalis {
        storage,
        done,
        named: 0,
        _workers: workers,
        _server: server,
        runtime,
    }))
}

async fn connect(url: &str) -> Result<(RedisStorage<String>, PubSub), Error> {
    let config = config();
    let client = Client::open(url)?;
    let mut done = client.get_async_pubsub().await?;
    done.subscribe(format!("tasks:{}", config.done_jobs_set()))
        .await?;
    let mut connection = client.get_connection_manager().await?;
    while connection.zcard::<_, usize>(config.workers_set()).await? < WORKERS {
        tokio::time::sleep(INTERVAL).await;
    }
    Ok((RedisStorage::new(connection).with_config(config), done))
}

fn config() -> Config {
    Config::default()
        .queue("bench")
        .batch_size(BATCH)
        .lock_tasks(false)
}

impl Workers for Apalis {
    fn one(&mut self, question: String) -> Result<String, Error> {
        let task = self.task(question);
        let Self {
            runtime,
            storage,
            done,
            ..
        } = self;
        let mut answers = runtime.block_on(async {
            let id = name(&task)?;
            storage.push_task(task).await?;
            answers(storage, done, vec![id]).await
        })?;
        answers.pop().context("no answer")
    }

    fn each(&mut self, count: u64) -> Result<u64, Error> {
        let tasks = self.tasks(0..count);
        let Self {
            runtime,
            storage,
            done,
            ..
        } = self;
        let answers = runtime.block_on(async {
            let ids = tasks.iter().map(name).collect::<Result<_, _>>()?;
            for task in tasks {
                storage.push_task(task).await?;
            }
            answers(storage, done, ids).await
        })?;
        work::sum(answers)
    }

    fn together(&mut self, count: u64) -> Result<u64, Error> {
        let mut ids = Vec::new();
        for first in (0..count).step_by(PORTION as usize) {
            let tasks = self.tasks(first..count.min(first + PORTION));
            for task in &tasks {
                ids.push(name(task)?);
            }
            self.runtime
                .block_on(self.storage.push_all(stream::iter(tasks)))?;
        }
        let Self {
            runtime,
            storage,
            done,
            ..
        } = self;
        work::sum(runtime.block_on(answers(storage, done, ids))?)
    }
}

impl Apalis {
    fn task(&mut self, question: String) -> Task<String> {
        self.named += 1;
        TaskBuilder::new(question)
            .task_id(TaskId::from_int(self.named))
            .build()
    }

    fn tasks(&mut self, numbers: std::ops::Range<u64>) -> Vec<Task<String>> {
        numbers
            .map(|number| self.task(work::text(number)))
            .collect()
    }
}

fn name(task: &Task<String>) -> Result<TaskId, Error> {
    task.task_id().cloned().context("a task without a name")
}

/// Waits until all these tasks are done, and asks for their results.
async fn answers(
    storage: &RedisStorage<String>,
    done: &mut PubSub,
    ids: Vec<TaskId>,
) -> Result<Vec<String>, Error> {
    let mut awaited: HashSet<String> = ids.iter().map(TaskId::to_string).collect();
    let mut messages = done.on_message();
    while !awaited.is_empty() {
        let message = messages.next().await.context("the server has gone")?;
        awaited.remove(&message.get_payload::<String>()?);
    }
    let portions = ids
        .chunks(CHUNK)
        .map(|ids| results(storage.clone(), ids.to_vec()));
    Ok(try_join_all(portions).await?.concat())
}

async fn results(
    mut storage: RedisStorage<String, ConnectionManager>,
    ids: Vec<TaskId>,
) -> Result<Vec<String>, Error> {
    let count = ids.len();
    let results = storage.check_status(ids).await?;
    ensure!(results.len() == count, "a task has no result");
    results
        .into_iter()
        .map(|result| result.take().map_err(|reason: String| anyhow!(reason)))
        .collect()
}

/// The part of a worker.
pub(crate) fn worker(url: &str, name: &str) -> Result<(), Error> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connection = apalis_redis::connect(url).await?;
        let storage = RedisStorage::new(connection)
            .with_config(config())
            .poll_with_strategy(Often(tokio::time::interval(INTERVAL)));
        let worker = WorkerBuilder::new(name).backend(storage).build(answer);
        Ok(worker.run().await?)
    })
}

/// Looks for tasks again and again. The interval that apalis comes with is lost if it ends while the server is asked, and its worker
/// then sleeps until its next heartbeat.
struct Often(Interval);

impl PollStrategy for Often {
    fn poll_drive(
        &mut self,
        context: &mut task::Context<'_>,
        _: &PollSnapshot,
    ) -> Poll<Option<()>> {
        while self.0.poll_tick(context).is_ready() {}
        Poll::Pending
    }
}

async fn answer(question: String) -> Result<String, BoxDynError> {
    Ok(work::answer(question))
}
