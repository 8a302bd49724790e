//! A pool of worker processes, in bytes. The protocol is described in `README.md`.

mod attendant;
mod callback;
mod config;
mod dispatch;
mod error;
mod forwarding;
mod held;
mod intake;
mod job;
mod output;
mod owner;
mod pending;
mod process;
mod seat;
mod settle;
mod start;
mod state;
mod statistics;
mod stop;
mod supervisor;
mod task;
mod trace;
mod waiting;
mod wire;
mod worker;

pub use config::{Initializer, PoolConfig, TaskOptions};
pub use error::PoolError;
pub use job::{Callback, Item, Job, Order, Outcome, Produced};
pub use output::TaskOutput;
pub use owner::{JobSettings, Pool};
pub use process::{StartWorker, WorkerProcess};
pub use statistics::WorkerStatistics;
pub use wire::Work;
pub use worker::serve_as_worker;
