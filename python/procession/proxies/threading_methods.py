"""What locks of managers and their kin do in Python, whatever they are made of: they have the interface of those of `threading`, which is what managers of
the stdlib have.
"""

# The classes that these are mixed into have what they call.
# mypy: disable-error-code="misc"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = [
    "ThreadingBarrier",
    "ThreadingCondition",
    "ThreadingEvent",
    "ThreadingLock",
    "ThreadingRLock",
    "ThreadingSemaphore",
    "check_permits",
]


class ThreadingLock:
    """A lock: mixed in before the class that has the rest."""

    if TYPE_CHECKING:

        def locked(self) -> bool: ...

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes the lock; returns False if the time is over."""
        taken: bool = super().acquire(blocking, _check_timeout(blocking, timeout))
        return taken

    def release(self) -> None:
        """Gives the lock up, whoever holds it.

        Raises:
            RuntimeError: if nobody holds it.
        """
        try:
            super().release()
        except ValueError:
            raise RuntimeError("release unlocked lock") from None

    def __exit__(self, *exception: object) -> None:
        self.release()

    def _referent_repr(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} Lock at {id(self):#x}>"


class ThreadingRLock:
    """A reentrant lock: mixed in before the class that has the rest."""

    if TYPE_CHECKING:

        def locked(self) -> bool: ...

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes the lock, once more if this thread holds it already; returns False if the time is over."""
        taken: bool = super().acquire(blocking, _check_timeout(blocking, timeout))
        return taken

    def release(self) -> None:
        """Ends one hold of this thread.

        Raises:
            RuntimeError: if this thread does not hold it.
        """
        try:
            super().release()
        except AssertionError:
            raise RuntimeError("cannot release un-acquired lock") from None

    def __exit__(self, *exception: object) -> None:
        self.release()

    def _referent_repr(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} RLock at {id(self):#x}>"


def _check_timeout(blocking: bool, timeout: float | None) -> float | None:
    """The timeout of a lock of `threading`, where -1 is for ever, as one of ours."""
    if timeout is None or timeout == -1:
        return None
    if not blocking:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0:
        raise ValueError("timeout value must be a non-negative number")
    return timeout


class ThreadingSemaphore:
    """A semaphore, bounded or not: mixed in before the class that has the rest."""

    _name = "AcquirerProxy"
    _typeid: str

    if TYPE_CHECKING:

        def get_value(self) -> int: ...

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes a permit; returns False if the time is over."""
        if not blocking and timeout is not None:
            raise ValueError("can't specify timeout for non-blocking acquire")
        taken: bool = super().acquire(blocking, timeout)
        return taken

    def _referent_repr(self) -> str:
        return f"<{self._typeid} at {id(self):#x}: value={self.get_value()}>"


def check_permits(value: int) -> None:
    """Refuses to make a semaphore with so many permits.

    Raises:
        ValueError: if there can be none.
    """
    if value < 0:
        raise ValueError("semaphore initial value must be >= 0")


class ThreadingCondition:
    """A condition: mixed in before the class that has the rest."""

    _lock: Any

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes the lock; returns False if the time is over."""
        taken: bool = self._lock.acquire(blocking, timeout)
        return taken

    def wait(self, timeout: float | None = None) -> bool:
        """Waits, with the lock given up meanwhile, until notified; returns False if the time is over.

        Raises:
            RuntimeError: if the lock is not held.
        """
        self._check_held("wait")
        notified: bool = super().wait(timeout)
        return notified

    def notify(self, n: int = 1) -> None:
        """Wakes at most `n` of those that wait.

        Raises:
            RuntimeError: if the lock is not held.
        """
        self._check_held("notify")
        super().notify(n)

    def notify_all(self) -> None:
        """Wakes all that wait; otherwise as `notify`."""
        self._check_held("notify")
        super().notify_all()

    def _check_held(self, what: str) -> None:
        if not self._lock.is_mine():
            raise RuntimeError(f"cannot {what} on un-acquired lock")

    def _referent_repr(self) -> str:
        return f"<Condition({self._lock})>"


class ThreadingEvent:
    """An event: mixed in before the class that has the rest."""

    if TYPE_CHECKING:

        def is_set(self) -> bool: ...

    def _referent_repr(self) -> str:
        return f"<Event at {id(self):#x}: {'set' if self.is_set() else 'unset'}>"


class ThreadingBarrier:
    """A barrier: mixed in before the class that has the rest."""

    if TYPE_CHECKING:

        @property
        def parties(self) -> int: ...
        @property
        def broken(self) -> bool: ...
        @property
        def n_waiting(self) -> int: ...

    def _referent_repr(self) -> str:
        if self.broken:
            return f"<Barrier at {id(self):#x}: broken>"
        return f"<Barrier at {id(self):#x}: waiters={self.n_waiting}/{self.parties}>"
