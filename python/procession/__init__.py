"""Process-based parallelism that survives ``kill -9``.

Programs written for `multiprocessing` run after changing the import::

    from procession import Process, JoinableQueue, Manager, Pool, Lock

The names are those of the default context, as in `multiprocessing`; what is faster, safer or new is described in the classes
themselves (`procession.queues`, `procession.synchronize`, `procession.managers`, `procession.pool`). The same on many machines: `procession.cluster`.
"""

import sys

from . import context, process, reduction
from .cluster import connect
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

__version__ = "0.1.0"

_of_default_context = [name for name in dir(context._default_context) if not name.startswith("_")]
globals().update((name, getattr(context._default_context, name)) for name in _of_default_context)

__all__ = [
    *_of_default_context,
    "ClusterError",
    "ConsumerLost",
    "Executor",
    "LockAbandonedWarning",
    "PoolBroken",
    "PoolTerminated",
    "SharedMemoryError",
    "ShutDown",
    "StaleHandleError",
    "TaskCancelled",
    "TaskTimeout",
    "WorkerLost",
    "configure",
    "connect",
]

# A child that imports its parent's program anew knows it under another name, too; as in multiprocessing.
if "__main__" in sys.modules:
    sys.modules["__mp_main__"] = sys.modules["__main__"]
