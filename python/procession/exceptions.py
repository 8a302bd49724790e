"""What can go wrong, beyond what the stdlib has exceptions for."""

from __future__ import annotations

import queue
from multiprocessing import ProcessError

__all__ = [
    "ConsumerLost",
    "LockAbandonedWarning",
    "PoolBroken",
    "PoolTerminated",
    "SharedMemoryError",
    "ShutDown",
    "StaleHandleError",
    "TaskCancelled",
    "TaskTimeout",
    "WorkerLost",
]


class SharedMemoryError(ProcessError):
    """Shared memory is damaged, or not what it should be."""


class StaleHandleError(SharedMemoryError):
    """A shared object no longer exists: everybody who held it has let go of it."""


class ConsumerLost(ProcessError):
    """A consumer ended with items that it had taken from a `JoinableQueue` and had not marked as done.

    Raised by `JoinableQueue.join`, once for each loss. Call it again to wait for the rest.
    """

    def __init__(self, message: str, pid: int, count: int) -> None:
        super().__init__(message, pid, count)
        #: The process that ended; the last one if there were several.
        self.pid = pid
        #: How many items were lost since this process was last told.
        self.count = count

    def __str__(self) -> str:
        return str(self.args[0])


class WorkerLost(ProcessError):
    """The worker of a pool ended before it had reported its task, which is therefore lost."""

    def __init__(self, message: str, pid: int | None = None, exitcode: int | None = None) -> None:
        super().__init__(message, pid, exitcode)
        #: The process that ended.
        self.pid = pid
        #: Its exit code; less than zero for a signal, None if nobody knows.
        self.exitcode = exitcode

    def __str__(self) -> str:
        return str(self.args[0])


class TaskTimeout(ProcessError):
    """A task ran longer than it was allowed to; its worker was killed and replaced."""


class TaskCancelled(ProcessError):
    """A task was cancelled before it was done."""


class PoolTerminated(ProcessError):
    """A pool was terminated before the task was done."""


class PoolBroken(ProcessError):
    """The workers of a pool end before they are ready for tasks, one after another; the last reason is in the message."""


class LockAbandonedWarning(RuntimeWarning):
    """The process that held a lock died; the lock went to the next who wanted it."""


if hasattr(queue, "ShutDown"):
    ShutDown = queue.ShutDown
else:

    class ShutDown(Exception):  # type: ignore[no-redef]
        """The queue was shut down, and everything in it has been taken. (From Python 3.13 on, `queue.ShutDown`.)"""
