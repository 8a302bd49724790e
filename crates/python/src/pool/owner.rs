//! A pool, as the process has it that uses it.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use procession_cluster::Cluster;
use procession_cluster::pool::{Settings, carried_pool};
use procession_engine::pool::{
    Callback, Item, Job, JobSettings, Order, Outcome, Pool as Core, PoolConfig, TaskOptions,
};
use procession_engine::{PoolError, init_library};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyRange, PyTuple};

use super::async_result::{AsyncResult, Ending, MapResult};
use super::call::{self, Manner};
use super::error::to_exception;
use super::failures::Failures;
use super::feed::{Course, Feed};
use super::feeding::Feeding;
use super::function::{Function, LastFunction};
use super::imap_iterator::{IMapIterator, IMapUnorderedIterator};
use super::settlement::{self, Shape};
use super::slices::{deadline, in_callback, wait_in_slices};
use super::starter::Starter;
use super::worker::PERFORM;
use crate::cluster::Cluster as Server;
use crate::encoding::{Encoded, Pickler, encode_for};
use crate::transfer::Goal;

/// How long a thread that calls `imap` reads a list by itself, which saves another thread.
const BY_ITSELF: Duration = Duration::from_millis(1);

/// What the pool and the iterables that feed it share.
pub(super) struct Owner {
    core: Core,
    pub(super) feeding: Feeding,
    pickler: Pickler,
    last_function: LastFunction,
    /// By which tasks go to their workers, if they do.
    server: Option<Cluster>,
}

impl Owner {
    fn new(core: Core, server: Option<Cluster>, pickler: Pickler) -> Owner {
        Owner {
            core,
            feeding: Feeding::default(),
            pickler,
            last_function: LastFunction::default(),
            server,
        }
    }

    /// Writes a value down that goes to a worker.
    pub(super) fn encode<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Encoded<'py>> {
        encode_for(value, &self.pickler, Goal::worker(self.server.as_ref()))
    }

    fn ending(&self) -> Arc<Ending> {
        Arc::new(Ending::new(self.server.as_ref()))
    }

    /// Begins a job in which a host carries out the tasks of others.
    pub(super) fn begin_for_others(&self, settings: JobSettings) -> Result<Job, PoolError> {
        self.core.job(&PERFORM, settings)
    }

    /// An iterable has come to its end.
    pub(super) fn fed(&self) {
        self.feeding.end(|| self.core.close());
    }

    fn function(&self, function: &Bound<'_, PyAny>) -> PyResult<Arc<Function>> {
        self.last_function
            .encode(function, &self.pickler, self.server.as_ref())
    }

    fn begin(&self, py: Python<'_>, settings: JobSettings) -> PyResult<Job> {
        self.core
            .job(&PERFORM, settings)
            .map_err(|error| to_exception(py, &error))
    }

    /// The task of one call.
    fn call(
        &self,
        function: &Bound<'_, PyAny>,
        arguments: &Bound<'_, PyAny>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Item> {
        let py = function.py();
        let function = self.function(function)?;
        let arguments = call::unpacked(arguments.clone())?;
        let (manner, encoded) = match named.filter(|named| !named.is_empty()) {
            None => (Manner::Arguments, self.encode(arguments.as_any())?),
            Some(named) => {
                let both = (arguments, named).into_pyobject(py)?;
                (Manner::Everything, self.encode(both.as_any())?)
            }
        };
        call::item(manner, &function, encoded).map_err(|error| to_exception(py, &error))
    }
}

/// What the caller says of each task.
#[derive(Clone, Copy, FromPyObject)]
struct Options(
    /// Seconds that it may take.
    Option<f64>,
    /// How often it is begun anew.
    u32,
);

/// What is to be called when a job is done: with its value, or with what it has raised.
#[derive(FromPyObject)]
struct Callbacks(Option<Py<PyAny>>, Option<Py<PyAny>>);

impl Options {
    fn read(self) -> PyResult<TaskOptions> {
        let timeout = match self.0 {
            None => None,
            Some(seconds) if seconds > 0.0 => Duration::try_from_secs_f64(seconds).ok(),
            Some(_) => {
                return Err(PyValueError::new_err(
                    "timeout must be greater than 0 seconds",
                ));
            }
        };
        Ok(TaskOptions {
            timeout,
            retries: self.1,
            priority: 0,
        })
    }
}

fn settings(
    options: TaskOptions,
    order: Order,
    callback: Option<Callback>,
    attended: bool,
) -> JobSettings {
    JobSettings {
        label: "call".into(),
        options,
        order,
        callback,
        attended,
    }
}

/// A number of worker processes, and the tasks that they are given.
#[pyclass(frozen, module = "procession._native")]
pub(crate) struct Pool(pub(super) Arc<Owner>);

#[pymethods]
impl Pool {
    /// Starts the workers by calling `start` with the bytes that each of them passes to `serve`; they are watched by a thread that
    /// `supervise` starts and that calls what it is given.
    #[new]
    #[pyo3(signature = (processes, start, supervise, maxtasksperchild=None))]
    fn new(
        py: Python<'_>,
        processes: usize,
        start: Py<PyAny>,
        supervise: Py<PyAny>,
        maxtasksperchild: Option<u64>,
    ) -> PyResult<Pool> {
        init_library();
        let starter = Arc::new(Starter::new(start, supervise));
        let config = PoolConfig {
            workers: processes,
            starter: Some(Arc::clone(&starter) as Arc<_>),
            max_tasks_per_worker: maxtasksperchild.and_then(NonZeroU64::new),
            ..PoolConfig::default()
        };
        let core = py.detach(|| Core::new(config)).map_err(|error| {
            starter
                .take_raised()
                .unwrap_or_else(|| to_exception(py, &error))
        })?;
        Ok(Pool(Arc::new(Owner::new(core, None, Pickler::default()))))
    }

    /// A pool whose workers are on the hosts that serve the pool `name` and run `code`; so many tasks are with them at a time at most. If there is none for so many
    /// seconds, its tasks fail. `dump` is what pickles functions and arguments, if it is not the stdlib.
    #[staticmethod]
    #[pyo3(signature = (server, name, code, limit=None, patience_for_hosts=None, dump=None))]
    fn on_server(
        py: Python<'_>,
        server: &Server,
        name: &str,
        code: &str,
        limit: Option<usize>,
        patience_for_hosts: Option<f64>,
        dump: Option<Py<PyAny>>,
    ) -> PyResult<Pool> {
        init_library();
        let mut settings = Settings {
            limit,
            ..Settings::of_code(code)
        };
        if let Some(seconds) = patience_for_hosts {
            settings.patience_for_hosts = Duration::try_from_secs_f64(seconds)
                .map_err(|error| PyValueError::new_err(error.to_string()))?;
        }
        let server = server.0.clone();
        let core = py
            .detach(|| carried_pool(&server, name, settings, None))
            .map_err(|error| to_exception(py, &error))?;
        Ok(Pool(Arc::new(Owner::new(
            core,
            Some(server),
            Pickler::new(dump),
        ))))
    }

    /// Has a worker call `func`, and waits for what it returns.
    #[pyo3(signature = (func, args, kwds, timeout, retries))]
    fn apply<'py>(
        &self,
        py: Python<'py>,
        func: &Bound<'py, PyAny>,
        args: &Bound<'py, PyAny>,
        kwds: Option<&Bound<'py, PyDict>>,
        timeout: Option<f64>,
        retries: u32,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options = Options(timeout, retries).read()?;
        let item = self.0.call(func, args, kwds)?;
        let job = self
            .0
            .begin(py, settings(options, Order::AsSubmitted, None, false))?;
        job.push(item).map_err(|error| to_exception(py, &error))?;
        job.seal();
        AsyncResult::new(job, Shape::One, self.0.ending()).get(py, None)
    }

    /// Has a worker call `func`.
    fn apply_async(
        &self,
        func: &Bound<'_, PyAny>,
        args: &Bound<'_, PyAny>,
        kwds: Option<&Bound<'_, PyDict>>,
        options: Options,
        callbacks: Callbacks,
    ) -> PyResult<AsyncResult> {
        let py = func.py();
        let options = options.read()?;
        let ending = self.0.ending();
        let callback = call_back(&ending, Shape::One, callbacks);
        let job = self
            .0
            .begin(py, settings(options, Order::AsSubmitted, callback, true))?;
        match self.0.call(func, args, kwds) {
            Ok(item) => job.push(item).map_err(|error| to_exception(py, &error))?,
            // Whoever asks for the result is told, as of everything else that goes wrong with the task.
            Err(error) => ending.failures.push(py, &job, error),
        }
        job.seal();
        Ok(AsyncResult::new(job, Shape::One, ending))
    }

    /// Has workers call `func` with each of the items, or with what is in each; so many of them in one task.
    fn map_async<'py>(
        &self,
        func: &Bound<'py, PyAny>,
        items: &Bound<'py, PyAny>,
        chunksize: usize,
        unpack: bool,
        options: Options,
        callbacks: Callbacks,
    ) -> PyResult<Bound<'py, MapResult>> {
        let py = func.py();
        let options = options.read()?;
        let ending = self.0.ending();
        let callback = call_back(&ending, Shape::Chunks, callbacks);
        let job = self
            .0
            .begin(py, settings(options, Order::AsSubmitted, callback, true))?;
        let manner = match unpack {
            true => Manner::Unpacked,
            false => Manner::Items,
        };
        self.submit_chunks(&job, &ending, func, items, chunksize, manner)?;
        job.seal();
        let result = AsyncResult::new(job, Shape::Chunks, ending);
        Bound::new(py, PyClassInitializer::from(result).add_subclass(MapResult))
    }

    /// Has workers call `func` with each of the items while they come: with an item, or with each in a tuple of several.
    ///
    /// Reads a list, a tuple or a range by itself for a moment. Returns the results and, if there is more to be read, what submits it:
    /// by `portion`, or by `put` of what the caller reads. `room` is released for each result that is taken.
    fn imap<'py>(
        &self,
        func: &Bound<'py, PyAny>,
        items: &Bound<'py, PyAny>,
        is_chunked: bool,
        ordered: bool,
        room: Option<Py<PyAny>>,
        options: Options,
    ) -> PyResult<(Bound<'py, PyAny>, Option<Bound<'py, Feed>>)> {
        let py = func.py();
        let options = options.read()?;
        let function = self.0.function(func)?;
        let order = match ordered {
            true => Order::AsSubmitted,
            false => Order::AsCompleted,
        };
        let job = self.0.begin(py, settings(options, order, None, true))?;
        let is_limited = room.is_some();
        let course = Arc::new(Course {
            job,
            failures: Failures::new(self.0.server.as_ref()),
            room,
            is_abandoned: AtomicBool::new(false),
        });
        let own = match !is_limited && !is_chunked && never_waits(items) {
            true => Some(items.try_iter()?.unbind()),
            false => None,
        };
        let reads_itself = own.is_some();
        let manner = match is_chunked {
            true => Manner::Items,
            false => Manner::Item,
        };
        let feed = Bound::new(py, Feed::new(&self.0, &course, function, manner, own))?;
        let rest = match reads_itself && read_for_a_moment(py, feed.get()) {
            true => None,
            false => Some(feed),
        };
        let results = IMapIterator::new(course, is_chunked);
        let results = match ordered {
            true => Bound::new(py, results)?.into_any(),
            false => {
                let results = PyClassInitializer::from(results).add_subclass(IMapUnorderedIterator);
                Bound::new(py, results)?.into_any()
            }
        };
        Ok((results, rest))
    }

    /// Takes no more tasks; the workers end when those that there are are done.
    fn close(&self, py: Python<'_>) {
        py.detach(|| {
            self.0.feeding.close(|| self.0.core.close());
        });
    }

    /// Ends all workers, and all tasks.
    fn terminate(&self, py: Python<'_>) {
        py.detach(|| {
            self.0.core.terminate();
            self.0.feeding.terminate();
        });
    }

    /// Waits until all tasks are done and all workers have ended; False if the time is over before.
    #[pyo3(signature = (timeout=None))]
    fn join(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let joined = wait_in_slices(py, deadline(timeout), |until| {
            if !self.0.feeding.wait(until) {
                return None;
            }
            match self.0.core.join(until) {
                Err(PoolError::NotReady) => None,
                joined => Some(joined),
            }
        })?;
        match joined {
            Some(Ok(())) => Ok(true),
            Some(Err(error)) => Err(to_exception(py, &error)),
            None => Ok(false),
        }
    }
}

impl Pool {
    fn submit_chunks(
        &self,
        job: &Job,
        ending: &Ending,
        func: &Bound<'_, PyAny>,
        items: &Bound<'_, PyAny>,
        chunksize: usize,
        manner: Manner,
    ) -> PyResult<()> {
        let py = func.py();
        let function = self.0.function(func);
        let mut items = items.try_iter()?;
        loop {
            let chunk = items
                .by_ref()
                .take(chunksize.max(1))
                .collect::<PyResult<Vec<_>>>();
            let chunk = match chunk {
                Ok(chunk) if chunk.is_empty() => return Ok(()),
                Ok(chunk) => PyTuple::new(py, chunk)?,
                // What the iterable raises is what the job raises.
                Err(error) if error.is_instance_of::<PyException>(py) => {
                    ending.failures.push(py, job, error);
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let item = match &function {
                Ok(function) => self.0.encode(chunk.as_any()).and_then(|encoded| {
                    call::item(manner, function, encoded).map_err(|error| to_exception(py, &error))
                }),
                Err(error) => Err(error.clone_ref(py)),
            };
            match item {
                Ok(item) => job.push(item).map_err(|error| to_exception(py, &error))?,
                Err(error) => ending.failures.push(py, job, error),
            }
        }
    }
}

/// Submits what it reads; true if that is all.
fn read_for_a_moment(py: Python<'_>, feed: &Feed) -> bool {
    let end = Instant::now() + BY_ITSELF;
    while Instant::now() < end {
        if !feed.portion(py) {
            feed.end();
            return true;
        }
    }
    false
}

/// Whether reading it runs no code that could wait for something.
fn never_waits(items: &Bound<'_, PyAny>) -> bool {
    items.is_exact_instance_of::<PyList>()
        || items.is_exact_instance_of::<PyTuple>()
        || items.is_exact_instance_of::<PyRange>()
}

/// What the pool is to call when a job is done; `None` if the caller wants nothing.
fn call_back(
    ending: &Arc<Ending>,
    shape: Shape,
    Callbacks(callback, error_callback): Callbacks,
) -> Option<Callback> {
    if callback.is_none() && error_callback.is_none() {
        return None;
    }
    let ending = Arc::clone(ending);
    Some(Box::new(move |outcomes: &[Outcome]| {
        in_callback(|| {
            Python::try_attach(move |py| {
                let value = settlement::read(py, shape, &ending.failures, outcomes);
                let called = match &value {
                    Ok(value) => callback.as_ref().map(|call| call.call1(py, (value,))),
                    Err(raised) => error_callback
                        .as_ref()
                        .map(|call| call.call1(py, (raised.value(py),))),
                };
                // What the callback raises is what the job has raised.
                let value = match called {
                    Some(Err(raised)) => Err(raised),
                    _ => value,
                };
                ending.settlement.settle(py, value);
            })
        });
    }))
}
