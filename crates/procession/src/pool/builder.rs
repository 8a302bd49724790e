//! What a pool can be told when it is made.

use std::ffi::OsStr;
use std::fmt::Display;
use std::num::NonZeroU64;
use std::path::Path;
use std::time::Duration;

use procession_cluster::pool::{DEFAULT, PATIENCE_FOR_HOSTS, Settings, carried_pool};
use procession_engine::pool::{Initializer, Pool as Core, PoolConfig};
use procession_engine::{Command, PoolError, StartMethod, build_id};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::route::Route;
use super::{Pool, work};
use crate::codec::{self, CodecError};
use crate::context::default_start_method;
use crate::function::CapturesNothing;
use crate::{Cluster, Function};

/// Says more about a pool; made by [`Pool::builder`].
///
/// # Examples
///
/// ```
/// use procession::{Pool, PoolError, StartMethod};
///
/// fn main() -> Result<(), PoolError> {
///     procession::init();
///     let pool = Pool::builder()
///         .workers(2)
///         .name("cook")
///         .start_method(StartMethod::ForkServer)
///         .memory_limit(1 << 30)
///         .max_tasks_per_worker(1000)
///         .build()?;
///     let name = || procession::current_process().name().to_owned();
///     assert!(pool.apply(name, ())?.starts_with("cook-"));
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PoolBuilder {
    config: PoolConfig,
    /// What was wrong with a setting, to be told by `build`.
    complaint: Option<PoolError>,
    /// So many workers were asked for.
    workers: Option<usize>,
    patience_for_hosts: Duration,
    /// A setting of workers that this process starts; those of others are not its business.
    local_setting: Option<&'static str>,
}

impl PoolBuilder {
    pub(super) fn new() -> PoolBuilder {
        let mut config = PoolConfig::default();
        if let Some(start_method) = default_start_method() {
            config.command = Command::new().start_method(start_method);
        }
        PoolBuilder {
            config,
            complaint: None,
            workers: None,
            patience_for_hosts: PATIENCE_FOR_HOSTS,
            local_setting: None,
        }
    }

    fn change(
        mut self,
        setting: &'static str,
        change: impl FnOnce(Command) -> Command,
    ) -> PoolBuilder {
        self.config.command = change(self.config.command);
        self.local_setting = Some(setting);
        self
    }

    /// How many workers there are.
    ///
    /// The default is one for each processor that this process may use, limits of its cgroup included. For a pool [on a
    /// server](Self::build_on): how many tasks of this pool run at a time at most, on however many hosts; there is no limit by default.
    pub fn workers(mut self, workers: usize) -> PoolBuilder {
        self.config.workers = workers;
        self.workers = Some(workers);
        self
    }

    /// What the workers' names begin with, before a hyphen and a number. The default is `PoolWorker`.
    pub fn name(mut self, name: impl Into<String>) -> PoolBuilder {
        self.config.name = name.into();
        self
    }

    /// Has each worker run a function before its first task, also those that replace others.
    ///
    /// It returns nothing, or a `Result`. A worker in which it panics or returns an error takes no tasks; if that happens three
    /// times in a row, and no worker is left, the pool gives up with [`PoolError::Broken`].
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    /// use std::sync::OnceLock;
    ///
    /// static MODEL: OnceLock<Vec<f64>> = OnceLock::new();
    ///
    /// fn load(path: String) -> std::io::Result<()> {
    ///     let weights = std::fs::metadata(path)?.len();
    ///     MODEL.get_or_init(|| vec![weights as f64]);
    ///     Ok(())
    /// }
    ///
    /// fn predict(x: f64) -> Option<f64> {
    ///     Some(MODEL.get()?.first()? * x)
    /// }
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::builder().workers(1).initializer(load, ("Cargo.toml".to_owned(),)).build()?;
    ///     assert_eq!(pool.apply(predict, (0.0,))?, Some(0.0));
    ///
    ///     let pool = Pool::builder().workers(1).initializer(load, ("no such file".to_owned(),)).build()?;
    ///     let error = pool.apply(predict, (0.0,)).err().map(|error| error.to_string());
    ///     assert!(error.is_some_and(|error| error.contains("No such file")));
    ///     Ok(())
    /// }
    /// ```
    pub fn initializer<F, A, R>(mut self, function: F, mut arguments: A) -> PoolBuilder
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Prepared,
    {
        self.local_setting = Some("initializer");
        let work = work::of_initializer(const { CapturesNothing::new() }, function);
        match codec::encode_last(&mut arguments) {
            Ok((bytes, handles)) => match Initializer::new(work, bytes, &handles) {
                Ok(initializer) => self.config.initializer = Some(initializer),
                Err(error) => self.complaint = Some(error),
            },
            Err(CodecError { type_name, reason }) => {
                self.complaint = Some(PoolError::ArgumentEncode { type_name, reason });
            }
        }
        self
    }

    /// Has a worker end after so many tasks, and another take its place: against libraries that leak.
    pub fn max_tasks_per_worker(mut self, tasks: u64) -> PoolBuilder {
        self.local_setting = Some("max_tasks_per_worker");
        self.config.max_tasks_per_worker = NonZeroU64::new(tasks);
        if tasks == 0 {
            self.complaint = Some(PoolError::Setting {
                reason: "a worker must be allowed at least one task".to_owned(),
            });
        }
        self
    }

    /// Limits the memory that each worker can have for itself, in bytes.
    ///
    /// A task that needs more fails with [`PoolError::MemoryLimit`], and its worker is replaced. Arguments and results on
    /// their way count for the session, not for the worker.
    pub fn memory_limit(self, bytes: u64) -> PoolBuilder {
        self.change("memory_limit", |command| command.memory_limit(bytes))
    }

    /// Limits how many tasks wait in this process's memory; submitting another waits for room.
    ///
    /// There is no limit by default. [`map`](Pool::map) and [`imap`](Pool::imap) limit themselves.
    pub fn max_queued(mut self, tasks: usize) -> PoolBuilder {
        self.config.max_queued = Some(tasks);
        self
    }

    /// How the workers are started; see [`StartMethod`].
    ///
    /// The default is what [`Context::start_method`](crate::Context::start_method) says.
    pub fn start_method(self, start_method: StartMethod) -> PoolBuilder {
        self.change("start_method", |command| command.start_method(start_method))
    }

    /// Sets an environment variable of the workers. They inherit all others.
    pub fn env(self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> PoolBuilder {
        self.change("env", |command| command.env(name, value))
    }

    /// Removes an environment variable, so that the workers do not inherit it.
    pub fn env_remove(self, name: impl AsRef<OsStr>) -> PoolBuilder {
        self.change("env_remove", |command| command.env_remove(name))
    }

    /// Sets the directory in which the workers start. The default is this process's own.
    pub fn current_dir(self, directory: impl AsRef<Path>) -> PoolBuilder {
        self.change("current_dir", |command| command.current_dir(directory))
    }

    /// Adds to the workers' nice value: with 10, say, they leave the processors to whoever else wants them.
    pub fn nice(mut self, by: i32) -> PoolBuilder {
        self.local_setting = Some("nice");
        self.config.nice = by;
        self
    }

    /// Keeps what each task writes to its standard output and standard error, for
    /// [`AsyncResult::output`](crate::AsyncResult::output), instead of mixing it into this process's.
    ///
    /// Of a task that was lost with its worker, what it had written by then is kept.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::builder().workers(1).capture_output(true).build()?;
    ///     let result = pool.apply_async(|| println!("Grüezi"), ())?;
    ///     result.get()?;
    ///     assert_eq!(result.output().stdout, "Grüezi\n".as_bytes());
    ///     Ok(())
    /// }
    /// ```
    pub fn capture_output(mut self, capture: bool) -> PoolBuilder {
        self.local_setting = Some("capture_output");
        self.config.capture_output = capture;
        self
    }

    /// On which processors the workers run: the first on those of the first set, the second on those of the second, and
    /// so on in turn.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::builder().workers(2).processors([[0]]).build()?;
    ///     let count = || std::thread::available_parallelism().map_or(0, usize::from);
    ///     assert_eq!(pool.apply(count, ())?, 1);
    ///     Ok(())
    /// }
    /// ```
    pub fn processors(
        mut self,
        sets: impl IntoIterator<Item = impl Into<Vec<usize>>>,
    ) -> PoolBuilder {
        self.local_setting = Some("processors");
        self.config.processors = sets.into_iter().map(Into::into).collect();
        self
    }

    /// Starts the pool.
    ///
    /// # Errors
    ///
    /// As [`Pool::new`]; [`PoolError::Setting`] for a setting that cannot be followed, and
    /// [`PoolError::ArgumentEncode`] if the initializer's arguments could not be serialized.
    pub fn build(self) -> Result<Pool, PoolError> {
        match self.complaint {
            Some(complaint) => Err(complaint),
            None => Ok(Pool {
                core: Core::new(self.config)?,
                route: Route::Memory,
            }),
        }
    }

    /// How long tasks of a pool [on a server](Self::build_on) wait while there is no worker host at all that could run them; then they fail
    /// with [`PoolError::NoWorkerHost`]. The default is a minute; pools in this session do without hosts.
    pub fn patience_for_hosts(mut self, patience: Duration) -> PoolBuilder {
        self.patience_for_hosts = patience;
        self
    }

    /// Makes a pool whose tasks worker hosts carry out, as [`Cluster::pool`](crate::Cluster::pool) does, with more to say.
    ///
    /// # Errors
    ///
    /// [`PoolError::Unavailable`] if the server cannot be used; [`PoolError::Setting`] for a setting that is for the hosts to make, since
    /// they start the workers.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let cluster = procession::connect("redis://127.0.0.1")?;
    /// let pool = procession::Pool::builder().workers(8).build_on(&cluster, "render")?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_on<'n>(
        self,
        cluster: &Cluster,
        name: impl Into<Option<&'n str>>,
    ) -> Result<Pool, PoolError> {
        if let Some(complaint) = self.complaint {
            return Err(complaint);
        }
        if let Some(setting) = self.local_setting {
            return Err(PoolError::Setting {
                reason: format!(
                    "`{setting}` concerns workers, and those of a pool on a server are started by its hosts; set it there"
                ),
            });
        }
        if self.workers == Some(0) {
            return Err(PoolError::NoWorkers);
        }
        let settings = Settings {
            limit: self.workers,
            patience_for_hosts: self.patience_for_hosts,
            ..Settings::of_code(build_id()?.to_string())
        };
        let name = name.into().unwrap_or(DEFAULT);
        Ok(Pool {
            core: carried_pool(&cluster.core, name, settings, self.config.max_queued)?,
            route: Route::Server(cluster.core.clone()),
        })
    }
}

/// What an [initializer](PoolBuilder::initializer) returns: nothing, or a `Result` whose error can be shown.
pub trait Prepared: 'static {
    /// Why the worker cannot take tasks, if so.
    ///
    /// # Errors
    ///
    /// The reason, in words.
    fn into_result(self) -> Result<(), String>;
}

impl Prepared for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Display + 'static> Prepared for Result<(), E> {
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}
