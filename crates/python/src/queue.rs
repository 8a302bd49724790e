//! Queues.

use procession_arena::{Error, Participant, Wait};
use procession_objects::{self as objects, Batch, Message, OnLost, QueueConfig};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyType};

use crate::encoding::{Encoded, Pickler, decode, decode_borrowed, encode};
use crate::error::{exception_class, to_exception};
use crate::held::{HandleNumbers, Held};
use crate::waiting::{wait, wait_detached, wait_for};

/// A queue in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct Queue {
    held: Held<objects::Queue>,
    pickler: Pickler,
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
    #[pyo3(signature = (obj, block=true, timeout=None))]
    fn put(&self, obj: &Bound<'_, PyAny>, block: bool, timeout: Option<f64>) -> PyResult<()> {
        let py = obj.py();
        let encoded = encode(obj, &self.pickler)?;
        self.send(py, &encoded, wait_for(block, timeout))
    }

    /// Takes an item.
    #[pyo3(signature = (block=true, timeout=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let queue = self.held.object();
        let received = wait(py, wait_for(block, timeout), |me, wait| {
            let mut message = Message::default();
            queue.get(me, &mut message, wait).map(|()| message)
        })?;
        match received {
            Ok(message) => decode(py, message.bytes, message.handles),
            Err(error) => Err(not_taken(py, error)),
        }
    }

    /// Puts items in their order, as many at a time as there is room for.
    #[pyo3(signature = (items, block=true, timeout=None))]
    fn put_many(
        &self,
        items: &Bound<'_, PyAny>,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        let py = items.py();
        let encoded = items
            .try_iter()?
            .map(|item| encode(&item?, &self.pickler))
            .collect::<PyResult<Vec<_>>>()?;
        let until = wait_for(block, timeout);
        let mut done = 0;
        while let Some(first) = encoded.get(done) {
            let run: Vec<_> = encoded[done..]
                .iter()
                .map_while(|item| item.in_one_piece())
                .collect();
            let outcome = match run.is_empty() {
                true => self.send(py, first, until).map(|()| 1),
                false => self.send_run(py, &run, until),
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
    #[pyo3(signature = (limit, block=true, timeout=None))]
    fn get_many<'py>(
        &self,
        py: Python<'py>,
        limit: usize,
        block: bool,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let queue = self.held.object();
        let received = wait(py, wait_for(block, timeout), |me, wait| {
            let mut batch = Batch::default();
            queue.get_many(me, &mut batch, limit, wait).map(|_| batch)
        })?;
        let batch = received.map_err(|error| not_taken(py, error))?;
        let items = PyList::empty(py);
        for index in 0..batch.len() {
            let bytes = batch.get(index).unwrap_or_default();
            let handles = batch.handles(index).unwrap_or_default();
            items.append(match decode_borrowed(py, bytes)? {
                Some(item) => item,
                None => decode(py, bytes.to_vec(), handles.to_vec())?,
            })?;
        }
        Ok(items)
    }

    /// How many items there are.
    fn qsize(&self, py: Python<'_>) -> PyResult<u64> {
        self.held.with(py, |queue, me| queue.len(me))
    }

    /// Marks one item that this process has taken as done.
    fn task_done(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |queue, me| queue.task_done(me))
    }

    /// Waits until every item that was put is marked as done; False if the time is over.
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

/// From so many bytes on, the interpreter's lock is released while they are copied.
const LARGE: usize = 1 << 18;

fn policy(on_lost: &str, max_deliveries: u32) -> PyResult<OnLost> {
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
