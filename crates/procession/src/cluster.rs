//! Objects on a server, for many machines.

mod data;
mod sync;

use procession_cluster::{Address, Cluster as Core, ClusterError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::function::CapturesNothing;
use crate::{
    Event, Function, JoinableQueue, Manager, Pool, PoolError, Process, ProcessBuilder, Queue,
    QueueError, SharedError, SpawnError,
};

/// Connects to a Redis or Valkey server, on which objects then live that any number of machines use.
///
/// The address is a URL: `redis://host:6379`, `rediss://` for TLS, several hosts for the nodes of a cluster, and more, see
/// [`Address`](procession_cluster::Address). Connecting twice to the same address is the same as once.
///
/// It needs the feature `cluster` of this crate.
///
/// # Errors
///
/// [`ClusterError`] says what the server, its settings or the address lack: a server that cannot be reached, is too old, throws data away when
/// it is full, refuses the user, or would be spoken to in plain text over a network.
///
/// # Examples
///
/// ```no_run
/// let cluster = procession::connect("redis://127.0.0.1:6379/?namespace=shop")?;
/// let open = cluster.event("open")?;
/// open.set()?; // everybody who waits for the event `open`, on whatever machine, goes on
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn connect(address: &str) -> Result<Cluster, ClusterError> {
    let address: Address = address.parse()?;
    Ok(Cluster {
        core: Core::connect(&address)?,
    })
}

/// A server on which objects live that any number of machines use; what [`connect`] returns.
///
/// It makes the same objects that live in shared memory otherwise: a function that takes a `&Queue<T>` does not see the difference. Each of its
/// methods takes a name, or `None`:
///
/// - By a *name*, any process on any machine gets the same object; whoever comes first makes it, and it stays until somebody
///   [unlinks](Event::unlink) it.
/// - *Without* one it makes a new object, whose handle can be sent to others. It ends when no process has had a handle for ten minutes.
///
/// # If a process dies
///
/// The server cannot see a death. What a process holds (locks, permits, items that are not done) is leased for 15 seconds and
/// renewed as long as the process lives; others get it when the lease ends. If the server itself dies, calls wait until it is back or
/// another one has taken its place, at most for a minute; what it had acknowledged is there again as far as its own settings promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub(crate) core: Core,
}

impl Cluster {
    /// The address as it was given to [`connect`], its password included: whoever starts a worker host passes it on.
    pub fn url(&self) -> &str {
        self.core.address().url()
    }

    /// What keeps the objects of different programs on one server apart.
    pub fn name(&self) -> &str {
        self.core.address().namespace()
    }

    /// A [`Queue`] without a bound, or the one of that name; with a bound: [`QueueBuilder::build_on`](crate::QueueBuilder::build_on).
    ///
    /// # Errors
    ///
    /// [`QueueError::Cluster`] if the server cannot be used, or has a queue of that name that was made in another way.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use procession::Queue;
    ///
    /// let cluster = procession::connect("redis://127.0.0.1")?;
    /// let names: Queue<String> = cluster.queue("names")?;
    /// names.put(&"Ada".to_owned())?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn queue<'n, T>(&self, name: impl Into<Option<&'n str>>) -> Result<Queue<T>, QueueError> {
        Queue::builder().build_on(self, name)
    }

    /// A [`JoinableQueue`] without a bound, which reports lost items, or the one of that name; for others:
    /// [`JoinableQueueBuilder::build_on`](crate::JoinableQueueBuilder::build_on).
    ///
    /// # Errors
    ///
    /// As [`queue`](Cluster::queue).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use procession::JoinableQueue;
    ///
    /// let cluster = procession::connect("redis://127.0.0.1")?;
    /// let tasks: JoinableQueue<String> = cluster.joinable_queue("tasks")?;
    /// for task in &tasks {
    ///     println!("{}", task?);
    ///     tasks.task_done()?;
    /// }
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn joinable_queue<'n, T>(
        &self,
        name: impl Into<Option<&'n str>>,
    ) -> Result<JoinableQueue<T>, QueueError> {
        JoinableQueue::builder().build_on(self, name)
    }

    /// An [`Event`] that is not set, or the one of that name.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let cluster = procession::connect("redis://127.0.0.1")?;
    /// cluster.event("open")?.wait()?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn event<'n>(&self, name: impl Into<Option<&'n str>>) -> Result<Event, SharedError> {
        Event::on_server(&self.core, name.into())
    }

    /// A [`Manager`] that makes its objects here, for programs that get theirs from one. They have no names.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let manager = procession::connect("redis://127.0.0.1")?.manager()?;
    /// let stock = manager.dict::<String, u32>()?;
    /// stock.insert("flour", &10)?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn manager(&self) -> Result<Manager, SharedError> {
        Manager::on_server(self)
    }

    /// A [`Pool`] whose tasks worker hosts carry out: processes of this same program, on whatever machine, that serve the pool of that
    /// name; `None` is the pool that they serve if nothing else is said.
    ///
    /// A host is started by `./my-program --procession-worker redis://host:6379/?namespace=shop --slots 8`, see [`init`](crate::init). A pool is not an
    /// object that would have to be removed: it is where clients and hosts meet.
    ///
    /// # Errors
    ///
    /// [`PoolError::Unavailable`] if the server cannot be used; [`PoolError::Launch`] before [`init`](crate::init).
    ///
    /// # If a process dies
    ///
    /// If it is a worker or a host, its tasks are run again by others, twice at most if nothing else was [said](crate::Submission::retries). If it is this
    /// one, tasks that run go on, and all others are dropped. If the server loses its data, tasks without a result are submitted again.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// procession::init();
    /// let cluster = procession::connect("redis://127.0.0.1:6379/?namespace=shop")?;
    /// let squares = cluster.pool(None)?.map(|x: u64| x * x, 0..1000)?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn pool<'n>(&self, name: impl Into<Option<&'n str>>) -> Result<Pool, PoolError> {
        Pool::builder().build_on(self, name)
    }

    /// Runs `function` with `arguments` in a new process on a worker host: on the hosts in turn that serve the pool which hosts serve if nothing else is said. To say
    /// more: [`ProcessBuilder::spawn_on`].
    ///
    /// It returns when a host has started the process. A process takes none of the slots of its host, so that processes may wait for each other. It is never begun a second
    /// time if it is lost; what is to be run again is a task of a [`pool`](Cluster::pool).
    ///
    /// # Errors
    ///
    /// [`SpawnError::Arguments`] if an argument cannot be serialized, for instance since it is an object in this machine's memory; [`SpawnError::Host`] if there has been no
    /// host for a minute, if it cannot start the process, or if the server cannot be used.
    ///
    /// # If a process dies
    ///
    /// If it is the process, [`join`](Process::join) tells how it ended. If its host dies, it ends, and `join` tells that the host was lost, when its lease is over. If this one
    /// dies or exits, a [daemonic](ProcessBuilder::daemon) process ends, at the latest when the lease of this one is over; any other goes on, and is not waited for.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// procession::init();
    /// let cluster = procession::connect("redis://127.0.0.1:6379/?namespace=shop")?;
    /// let names = cluster.queue::<String>("names")?;
    /// let greeter = cluster.spawn(|names: procession::Queue<String>| names.get().map(|name| format!("Hello {name}")), (names.clone(),))?;
    /// names.put(&"Ada".to_owned())?;
    /// println!("{}, says {:?}", greeter.join()??, greeter.host());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn spawn<F, A, R>(&self, function: F, arguments: A) -> Result<Process<R>, SpawnError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        ProcessBuilder::new().start_on(self, None, proof, function, arguments)
    }
}
