//! Queues.

use std::sync::atomic::{AtomicBool, Ordering};

use procession_arena::{Error, Participant, Wait};
use procession_objects::{self as objects, Batch, Message, OnLost, QueueConfig};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyType};

use crate::encoding::{Encoded, Pickler, decode, decode_borrowed, encode};
use crate::error::{exception_class, to_exception};
use crate::held::{HandleNumbers, Held};
use crate::spare;
use crate::waiting::{wait, wait_detached, wait_for};

/// A queue in shared memory.
#[pyclass(subclass, frozen, generic, module = "procession._native")]
pub(crate) struct Queue {
    held: Held<objects::Queue>,
    pickler: Pickler,
    /// This process neither puts nor gets any more.
    is_closed: AtomicBool,
    /// This process has put something.
    was_used: AtomicBool,
}

#[pymethods]
impl Queue {
    /// Creates a queue, or takes hold of the one that `handle` names.
    ///
    /// `on_lost` is one of "report", "redeliver" and "ignore" for a queue that counts tasks.
    #[new]
    #[pyo3(signature = (handle=None, maxsize=0, on_lost=None, max_deliveries=3, dump=None))]
    fn new(
        py: Python<'_>,
        handle: Option<HandleNumbers>,
        maxsize: i64,
        on_lost: Option<&str>,
        max_deliveries: u32,
        dump: Option<Py<PyAny>>,
    ) -> PyResult<Queue> {
        let config = QueueConfig {
            maxsize: u64::try_from(maxsize).ok().filter(|&maxsize| maxsize > 0),
            joinable: on_lost
                .map(|on_lost| policy(on_lost, max_deliveries))
                .transpose()?,
        };
        Ok(Queue {
            held: Held::new(py, handle, |me| objects::Queue::create(me, &config))?,
            pickler: Pickler::new(dump),
            is_closed: AtomicBool::new(false),
            was_used: AtomicBool::new(false),
        })
    }

    /// The queue's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    /// How many items it holds at most; None if that is not limited.
    #[getter]
    fn limit(&self) -> Option<u64> {
        self.held.object().maxsize()
    }

    /// Puts an item.
    ///
    /// Raises:
    ///     queue.Full: if there is no room, and the time is over.
    ///     ValueError: if this process has closed the queue.
    ///     procession.ShutDown: if the queue was shut down.
    ///     MemoryError: if the session's memory does not allow it.
    #[pyo3(signature = (obj, block=true, timeout=None))]
    fn put(
        slf: &Bound<'_, Self>,
        obj: &Bound<'_, PyAny>,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let queue = Queue::open(slf)?;
        let encoded = encode(obj, &queue.pickler)?;
        queue.was_used.store(true, Ordering::Relaxed);
        queue.send(slf.py(), &encoded, wait_for(block, timeout))
    }

    /// Puts an item if there is room now; otherwise as `put`.
    fn put_nowait(slf: &Bound<'_, Self>, obj: &Bound<'_, PyAny>) -> PyResult<()> {
        Queue::put(slf, obj, false, None)
    }

    /// Takes an item.
    ///
    /// Raises:
    ///     queue.Empty: if there is none, and the time is over.
    ///     ValueError: if this process has closed the queue.
    ///     procession.ShutDown: if the queue was shut down and is empty.
    #[pyo3(signature = (block=true, timeout=None))]
    fn get<'py>(
        slf: &Bound<'py, Self>,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let queue = Queue::open(slf)?.held.object();
        let taken = wait(py, wait_for(block, timeout), |me, wait| {
            let mut message = Message {
                bytes: spare::take(),
                ..Message::default()
            };
            match queue.get(me, &mut message, wait) {
                Ok(()) => Ok(message),
                Err(error) => {
                    spare::keep(message.bytes);
                    Err(error)
                }
            }
        })?;
        let message = taken.map_err(|error| not_taken(py, error))?;
        match decode_borrowed(py, &message.bytes)? {
            Some(item) => {
                spare::keep(message.bytes);
                Ok(item)
            }
            None => decode(py, spare::fitting(message.bytes), message.handles),
        }
    }

    /// Takes an item if there is one now; otherwise as `get`.
    fn get_nowait<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Queue::get(slf, false, None)
    }

    /// Puts items in their order, and returns how many: all of them, unless the time is over.
    ///
    /// Much faster than putting them one by one, since small items become visible together.
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
        let py = slf.py();
        let queue = Queue::open(slf)?;
        let encoded = items
            .try_iter()?
            .map(|item| encode(&item?, &queue.pickler))
            .collect::<PyResult<Vec<_>>>()?;
        let until = wait_for(block, timeout);
        let mut done = 0;
        while let Some(first) = encoded.get(done) {
            let run: Vec<_> = encoded[done..]
                .iter()
                .take(LONGEST_RUN)
                .map_while(|item| item.in_one_piece())
                .collect();
            let outcome = match run.is_empty() {
                true => queue.send(py, first, until).map(|()| 1),
                false => queue.send_run(py, &run, until),
            };
            match outcome {
                Ok(count) => done += count,
                Err(error) if done == 0 || !is_full(py, &error) => return Err(error),
                Err(_) => break,
            }
        }
        Ok(done)
    }

    /// Takes up to `limit` items at once; waits only for the first.
    ///
    /// Raises:
    ///     queue.Empty: if there is none. Otherwise as `get`. If an item cannot be unpickled, its exception has the others in the
    ///         attribute `items`.
    #[pyo3(signature = (limit, block=true, timeout=None))]
    fn get_many<'py>(
        slf: &Bound<'py, Self>,
        limit: usize,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let queue = Queue::open(slf)?.held.object();
        let received = wait(py, wait_for(block, timeout), |me, wait| {
            let mut batch = Batch::default();
            queue.get_many(me, &mut batch, limit, wait).map(|_| batch)
        })?;
        let batch = received.map_err(|error| not_taken(py, error))?;
        unpack(py, &batch)
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
        self.held.with(py, |queue, me| queue.len(me))
    }

    /// Whether there is no item now.
    fn empty(&self, py: Python<'_>) -> PyResult<bool> {
        self.held.with(py, |queue, me| queue.is_empty(me))
    }

    /// Waits until there is an item, or the queue is shut down, and takes nothing; returns False if the time is over.
    #[pyo3(signature = (timeout=None))]
    fn wait_for_item(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let queue = self.held.object();
        let waited = wait(py, wait_for(true, timeout), |me, wait| {
            queue.wait_for_message(me, wait)
        })?;
        match waited {
            Ok(()) => Ok(true),
            Err(Error::TimedOut) => Ok(false),
            Err(error) => Err(to_exception(py, error)),
        }
    }

    /// Marks one item that this process has taken as done.
    ///
    /// Raises:
    ///     ValueError: if this process has taken no more items than it has marked.
    fn task_done(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |queue, me| queue.task_done(me))
    }

    /// Waits until every item that was put is marked as done; returns False if the time is over.
    ///
    /// Raises:
    ///     procession.ConsumerLost: if a consumer died with items that it had not marked as done.
    #[pyo3(signature = (timeout=None))]
    fn join(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let queue = self.held.object();
        let joined = wait(py, wait_for(true, timeout), |me, wait| queue.join(me, wait))?;
        match joined {
            Ok(()) => Ok(true),
            Err(Error::TimedOut) => Ok(false),
            Err(error) => Err(to_exception(py, error)),
        }
    }

    /// Items that were put and are not marked as done.
    fn unfinished(&self, py: Python<'_>) -> PyResult<u64> {
        self.held.with(py, |queue, me| queue.unfinished(me))
    }

    /// From now on nothing can be put; who waits for an item when all are taken is sent away.
    fn shut_down(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |queue, me| queue.close(me))
    }

    /// Whether the queue was shut down.
    fn is_shut_down(&self, py: Python<'_>) -> PyResult<bool> {
        self.held.with(py, |queue, me| queue.is_closed(me))
    }
}

impl Queue {
    /// The queue, if this process has not closed it; otherwise the exception that its class chooses.
    #[inline]
    fn open<'a>(slf: &'a Bound<'_, Self>) -> PyResult<&'a Queue> {
        let queue = slf.get();
        if queue.is_closed.load(Ordering::Relaxed) {
            slf.call_method0("_refuse_as_closed")?;
        }
        Ok(queue)
    }

    fn send(&self, py: Python<'_>, encoded: &Encoded<'_>, until: Wait) -> PyResult<()> {
        let queue = self.held.object();
        let handles = &encoded.handles;
        let sent = encoded.with_parts(|parts| match parts {
            [bytes] if bytes.len() < LARGE => {
                wait(py, until, |me, wait| queue.put(me, bytes, handles, wait))
            }
            _ => {
                let put = |me: &Participant, wait| queue.put_parts(me, parts, handles, wait);
                match parts.iter().map(|part| part.len()).sum::<usize>() < LARGE {
                    true => wait(py, until, put),
                    false => wait_detached(py, until, put),
                }
            }
        })?;
        sent.map_err(|error| not_put(py, error))
    }

    fn send_run(&self, py: Python<'_>, run: &[&[u8]], until: Wait) -> PyResult<usize> {
        let queue = self.held.object();
        let sent = wait(py, until, |me, wait| queue.put_many(me, run, wait))?;
        sent.map_err(|error| not_put(py, error))
    }
}

/// Items that are put together at most.
const LONGEST_RUN: usize = 4096;

/// From so many bytes on, the interpreter's lock is released while they are copied.
const LARGE: usize = 1 << 18;

/// The items of a batch.
fn unpack<'py>(py: Python<'py>, batch: &Batch) -> PyResult<Bound<'py, PyList>> {
    let items = PyList::empty(py);
    let mut failure = None;
    for index in 0..batch.len() {
        let bytes = batch.get(index).unwrap_or_default();
        let handles = batch.handles(index).unwrap_or_default();
        let item = match decode_borrowed(py, bytes) {
            Ok(None) => decode(py, bytes.to_vec(), handles.to_vec()),
            Ok(Some(item)) => Ok(item),
            Err(error) => Err(error),
        };
        match item {
            Ok(item) => items.append(item)?,
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        None => Ok(items),
        Some(error) => {
            error.value(py).setattr("items", items)?;
            Err(error)
        }
    }
}

pub(crate) fn policy(on_lost: &str, max_deliveries: u32) -> PyResult<OnLost> {
    match on_lost {
        "report" => Ok(OnLost::Report),
        "redeliver" if max_deliveries > 0 => Ok(OnLost::Redeliver { max_deliveries }),
        "redeliver" => Err(PyValueError::new_err("max_deliveries must be at least 1")),
        "ignore" => Ok(OnLost::Ignore),
        unknown => Err(PyValueError::new_err(format!(
            "on_lost must be 'report', 'redeliver' or 'ignore', not {unknown:?}"
        ))),
    }
}

/// The exception for an item that could not be put.
fn not_put(py: Python<'_>, error: Error) -> PyErr {
    match error {
        Error::Full | Error::TimedOut => of_class(full(py)),
        error => refused(py, error),
    }
}

/// The exception for an item that could not be taken.
fn not_taken(py: Python<'_>, error: Error) -> PyErr {
    static EMPTY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match error {
        Error::Empty | Error::TimedOut => of_class(EMPTY.import(py, "queue", "Empty").cloned()),
        error => refused(py, error),
    }
}

fn refused(py: Python<'_>, error: Error) -> PyErr {
    static SHUT_DOWN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match error {
        Error::Closed => of_class(exception_class(py, &SHUT_DOWN, "ShutDown")),
        error => to_exception(py, error),
    }
}

fn of_class(class: PyResult<Bound<'_, PyType>>) -> PyErr {
    class.map_or_else(|error| error, |class| PyErr::from_type(class, ()))
}

fn full(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    static FULL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    FULL.import(py, "queue", "Full").cloned()
}

fn is_full(py: Python<'_>, error: &PyErr) -> bool {
    full(py).is_ok_and(|class| error.is_instance(py, &class))
}
