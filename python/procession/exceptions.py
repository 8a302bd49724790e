"""What can go wrong, beyond what the stdlib has exceptions for."""

from __future__ import annotations

import queue
from multiprocessing import ProcessError

__all__ = [
    "AddressError",
    "ClusterError",
    "ConsumerLost",
    "HostLost",
    "LeaseLost",
    "LockAbandonedWarning",
    "NoPermission",
    "NoWorkers",
    "NotSigned",
    "ObjectGone",
    "PayloadTooLarge",
    "PoolBroken",
    "PoolTerminated",
    "ServerFull",
    "ServerUnavailable",
    "SettingsMismatch",
    "SharedMemoryError",
    "ShutDown",
    "StaleHandleError",
    "TaskCancelled",
    "TaskTimeout",
    "Unconfirmed",
    "WorkerLost",
    "WrongPassword",
]


class SharedMemoryError(ProcessError):
    """Shared memory is damaged, or not what it should be."""


class StaleHandleError(SharedMemoryError):
    """A shared object no longer exists: everybody who held it has let go of it."""


class ConsumerLost(ProcessError):
    """A consumer ended with items that it had taken from a `JoinableQueue` and had not marked as done.

    Raised by `JoinableQueue.join`, once for each loss. Call it again to wait for the rest.
    """

    def __init__(self, message: str, pid: int, count: int, host: str | None = None) -> None:
        super().__init__(message, pid, count, host)
        #: The process that ended; the last one if there were several.
        self.pid = pid
        #: The machine that it ran on; None if that is this one.
        self.host = host
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


class HostLost(WorkerLost):
    """The worker host that had a task, or a process, was not heard from for a whole lease, and it may not be begun again."""

    def __init__(self, message: str, host: str, attempts: int) -> None:
        super().__init__(message)
        self.args = (message, host, attempts)
        #: What the host is called.
        self.host = host
        #: How often the task was begun.
        self.attempts = attempts


class TaskTimeout(ProcessError):
    """A task ran longer than it was allowed to; its worker was killed and replaced."""


class TaskCancelled(ProcessError):
    """A task was cancelled before it was done."""


class PoolTerminated(ProcessError):
    """A pool was terminated before the task was done."""


class PoolBroken(ProcessError):
    """The workers of a pool end before they are ready for tasks, one after another; the last reason is in the message."""


class ClusterError(ProcessError):
    """An object on a server could not do what was asked. The message says what to do; what a program may want to handle has a class of its own."""


class AddressError(ClusterError, ValueError):
    """The address of a server cannot be understood, or would have everything sent over a network in plain text."""


class ServerUnavailable(ClusterError, ConnectionError):
    """The server could not be reached, or could not answer, for as long as its address has patience. Nothing was lost: try again."""


class ServerFull(ClusterError, MemoryError):
    """The server has no memory left. What is in it goes on; taking something out makes room."""


class WrongPassword(ClusterError, PermissionError):
    """The server does not know the user, or the password is another one."""


class NoPermission(ClusterError, PermissionError):
    """The server's user may not do what is needed; `procession acl` prints the rule that lets him."""


class NoWorkers(ClusterError):
    """No worker host serves the pool, or none that runs the same Python and the same version of the program."""


class ObjectGone(ClusterError):
    """The object is no longer on the server: somebody has unlinked it, nobody has used it for too long, or the server has lost its data."""


class SettingsMismatch(ClusterError, ValueError):
    """An object of that name is on the server already, and was made with other settings."""


class LeaseLost(ClusterError):
    """This process was stopped or cut off for longer than its lease, so that what it held on the server may have gone to others."""


class PayloadTooLarge(ClusterError, ValueError):
    """A value is larger than what is allowed on a server."""


class Unconfirmed(ClusterError):
    """What was asked for was done on the server, but is not where ``durability=`` wants it: no replica, or not the disk, has confirmed it for as long as the
    address has patience. A failover may undo it; asking once more would do it twice."""


class NotSigned(ClusterError):
    """A value on a server has no signature or a wrong one, or there is no key to sign one with; see `PROCESSION_KEY_FILE`."""


class LockAbandonedWarning(RuntimeWarning):
    """The process that held a lock died; the lock went to the next who wanted it."""


if hasattr(queue, "ShutDown"):
    ShutDown = queue.ShutDown
else:

    class ShutDown(Exception):  # type: ignore[no-redef]
        """The queue was shut down, and everything in it has been taken. (From Python 3.13 on, `queue.ShutDown`.)"""
