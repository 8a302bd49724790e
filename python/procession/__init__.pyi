"""The names of the default context, whose methods they are."""

from multiprocessing import reduction as reducer
from multiprocessing.context import AuthenticationError, BufferTooShort, ProcessError, TimeoutError
from multiprocessing.process import active_children, current_process, parent_process

from . import _native as _native
from . import context as _context
from .cluster import connect
from .context import Process
from .exceptions import (
    ClusterError,
    ConsumerLost,
    LockAbandonedWarning,
    PoolBroken,
    PoolTerminated,
    SharedMemoryError,
    ShutDown,
    StaleHandleError,
    TaskCancelled,
    TaskTimeout,
    WorkerLost,
)
from .executor import Executor
from .session import configure

__all__ = [
    "Array",
    "AuthenticationError",
    "Barrier",
    "BoundedSemaphore",
    "BufferTooShort",
    "ClusterError",
    "Condition",
    "ConsumerLost",
    "Event",
    "Executor",
    "JoinableQueue",
    "Lock",
    "LockAbandonedWarning",
    "Manager",
    "Pipe",
    "Pool",
    "PoolBroken",
    "PoolTerminated",
    "Process",
    "ProcessError",
    "Queue",
    "RLock",
    "RawArray",
    "RawValue",
    "Semaphore",
    "SharedMemoryError",
    "ShutDown",
    "SimpleQueue",
    "StaleHandleError",
    "TaskCancelled",
    "TaskTimeout",
    "TimeoutError",
    "Value",
    "WorkerLost",
    "active_children",
    "allow_connection_pickling",
    "configure",
    "connect",
    "cpu_count",
    "current_process",
    "freeze_support",
    "get_all_start_methods",
    "get_context",
    "get_logger",
    "get_start_method",
    "log_to_stderr",
    "parent_process",
    "reducer",
    "set_executable",
    "set_forkserver_preload",
    "set_start_method",
]

__version__: str

Array = _context._default_context.Array
Barrier = _context._default_context.Barrier
BoundedSemaphore = _context._default_context.BoundedSemaphore
Condition = _context._default_context.Condition
Event = _context._default_context.Event
JoinableQueue = _context._default_context.JoinableQueue
Lock = _context._default_context.Lock
Manager = _context._default_context.Manager
Pipe = _context._default_context.Pipe
Pool = _context._default_context.Pool
Queue = _context._default_context.Queue
RLock = _context._default_context.RLock
RawArray = _context._default_context.RawArray
RawValue = _context._default_context.RawValue
Semaphore = _context._default_context.Semaphore
SimpleQueue = _context._default_context.SimpleQueue
Value = _context._default_context.Value
allow_connection_pickling = _context._default_context.allow_connection_pickling
cpu_count = _context._default_context.cpu_count
freeze_support = _context._default_context.freeze_support
get_all_start_methods = _context._default_context.get_all_start_methods
get_context = _context._default_context.get_context
get_logger = _context._default_context.get_logger
get_start_method = _context._default_context.get_start_method
log_to_stderr = _context._default_context.log_to_stderr
set_executable = _context._default_context.set_executable
set_forkserver_preload = _context._default_context.set_forkserver_preload
set_start_method = _context._default_context.set_start_method
