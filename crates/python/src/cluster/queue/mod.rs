//! Queues.

mod error;
mod get;
mod put;

use std::sync::atomic::{AtomicBool, Ordering};

use procession_cluster as core;
use procession_cluster::queue::{Queue as Core, QueueError};
use procession_objects::QueueConfig;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::calling::{ask, call};
use super::connection::Cluster;
use super::object::{Object, OnServer};
use crate::encoding::Pickler;
use crate::queue::policy;
use crate::waiting::wait_for;
use error::to_exception;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A queue on a server.
#[pyclass(
    name = "ClusterQueue",
    extends = Object,
    subclass,
    frozen,
    generic,
    module = "procession._native"
)]
pub(crate) struct Queue {
    queue: Core,
    pickler: Pickler,
    /// This process neither puts nor gets any more.
    is_closed: AtomicBool,
    /// This process has put something.
    was_used: AtomicBool,
}

#[pymethods]
impl Queue {
    /// Makes a queue, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    ///
    /// `on_lost` is one of "report", "redeliver" and "ignore" for a queue that counts tasks.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false, maxsize=0, on_lost=None, max_deliveries=3, dump=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are those of the Python class"
    )]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
        maxsize: i64,
        on_lost: Option<&str>,
        max_deliveries: u32,
        dump: Option<Py<PyAny>>,
    ) -> PyResult<PyClassInitializer<Queue>> {
        let config = QueueConfig {
            maxsize: u64::try_from(maxsize).ok().filter(|&maxsize| maxsize > 0),
            joinable: on_lost
                .map(|on_lost| policy(on_lost, max_deliveries))
                .transpose()?,
        };
        let queue = ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name, &config),
        })?;
        let handle = queue.clone();
        let queue = Queue {
            queue,
            pickler: Pickler::new(dump),
            is_closed: AtomicBool::new(false),
            was_used: AtomicBool::new(false),
        };
        Ok(Object::base_of(queue, handle))
    }

    /// How many items it holds at most; None if that is not limited.
    #[getter]
    fn limit(&self) -> Option<u64> {
        self.queue.config().maxsize
    }

    /// Puts an item.
    ///
    /// Raises:
    ///     queue.Full: if there is no room, and the time is over.
    ///     ValueError: if this process has closed the queue.
    ///     procession.ShutDown: if the queue was shut down.
    ///     procession.exceptions.ClusterError: if the server cannot take it.
    #[pyo3(signature = (obj, block=true, timeout=None))]
    fn put(
        slf: &Bound<'_, Self>,
        obj: &Bound<'_, PyAny>,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        Queue::open(slf)?.put_one(obj, wait_for(block, timeout))
    }

    /// Puts an item if there is room now; otherwise as `put`.
    fn put_nowait(slf: &Bound<'_, Self>, obj: &Bound<'_, PyAny>) -> PyResult<()> {
        Queue::put(slf, obj, false, None)
    }

    /// Puts items in their order, and returns how many: all of them, unless the time is over.
    ///
    /// Much faster than putting them one by one, since many go to the server at once.
    ///
    /// Raises:
    ///     queue.Full: if there was no room for a single one. Otherwise as `put`.
    #[pyo3(signature = (items, block=true, timeout=None))]
    fn put_many(
        slf: &Bound<'_, Self>,
        items: &Bound<'_, PyAny>,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        Queue::open(slf)?.put_all(items, wait_for(block, timeout))
    }

    /// Takes an item.
    ///
    /// Raises:
    ///     queue.Empty: if there is none, and the time is over.
    ///     ValueError: if this process has closed the queue.
    ///     procession.ShutDown: if the queue was shut down and is empty.
    ///     procession.exceptions.ClusterError: if the server cannot give it.
    #[pyo3(signature = (block=true, timeout=None))]
    fn get<'py>(
        slf: &Bound<'py, Self>,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Queue::open(slf)?.get_one(slf.py(), wait_for(block, timeout))
    }

    /// Takes an item if there is one now; otherwise as `get`.
    fn get_nowait<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Queue::get(slf, false, None)
    }

    /// Takes up to `limit` items at once; waits only for the first.
    ///
    /// Raises:
    ///     queue.Empty: if there is none. Otherwise as `get`. If an item cannot be read, its exception has the others in the
    ///         attribute `items`.
    #[pyo3(signature = (limit, block=true, timeout=None))]
    fn get_many<'py>(
        slf: &Bound<'py, Self>,
        limit: usize,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyList>> {
        Queue::open(slf)?.get_some(slf.py(), limit, wait_for(block, timeout))
    }

    /// Says that this process neither puts nor gets any more. What was put stays in the queue.
    fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Whether this process has closed the queue.
    #[getter]
    fn closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// Whether this process has put something.
    #[getter]
    fn was_used(&self) -> bool {
        self.was_used.load(Ordering::Relaxed)
    }

    /// How many items there are.
    fn qsize(&self, py: Python<'_>) -> PyResult<u64> {
        self.ask(py, Core::len)
    }

    /// Whether there is no item now.
    fn empty(&self, py: Python<'_>) -> PyResult<bool> {
        self.ask(py, Core::is_empty)
    }

    /// Waits until there is an item, or the queue is shut down, and takes nothing; returns False if the time is over.
    #[pyo3(signature = (timeout=None))]
    fn wait_for_item(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let until = wait_for(true, timeout);
        to_success(py, call(py, || self.queue.wait_for_message(until))?)
    }

    /// Marks one item that this process has taken as done.
    ///
    /// Raises:
    ///     ValueError: if this process has taken no more items than it has marked.
    ///     procession.exceptions.LeaseLost: if the item went to others, since the server has not heard from this process for too long.
    fn task_done(&self, py: Python<'_>) -> PyResult<()> {
        self.ask(py, Core::task_done)
    }

    /// Waits until every item that was put is marked as done; returns False if the time is over.
    ///
    /// Raises:
    ///     procession.ConsumerLost: if a consumer died with items that it had not marked as done.
    #[pyo3(signature = (timeout=None))]
    fn join(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let until = wait_for(true, timeout);
        to_success(py, call(py, || self.queue.join(until))?)
    }

    /// Items that were put and are not marked as done.
    fn unfinished(&self, py: Python<'_>) -> PyResult<u64> {
        self.ask(py, Core::unfinished)
    }

    /// From now on nothing can be put; who waits for an item when all are taken is sent away.
    fn shut_down(&self, py: Python<'_>) -> PyResult<()> {
        self.ask(py, Core::close)
    }

    /// Whether the queue was shut down.
    fn is_shut_down(&self, py: Python<'_>) -> PyResult<bool> {
        self.ask(py, Core::is_closed)
    }
}

impl Queue {
    /// The queue, if this process has not closed it; otherwise the exception that its class chooses.
    fn open<'a>(slf: &'a Bound<'_, Self>) -> PyResult<&'a Queue> {
        let queue = slf.get();
        if queue.is_closed.load(Ordering::Relaxed) {
            slf.call_method0("_refuse_as_closed")?;
        }
        Ok(queue)
    }

    fn server(&self) -> &core::Cluster {
        self.queue.object().cluster()
    }

    fn ask<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Core) -> Result<T, QueueError> + Send,
    ) -> PyResult<T> {
        call(py, || work(&self.queue))?.map_err(|error| to_exception(py, error))
    }
}

fn to_success(py: Python<'_>, waited: Result<(), QueueError>) -> PyResult<bool> {
    match waited {
        Ok(()) => Ok(true),
        Err(QueueError::TimedOut) => Ok(false),
        Err(error) => Err(to_exception(py, error)),
    }
}
