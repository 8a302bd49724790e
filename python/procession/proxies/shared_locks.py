"""Locks of managers and their kin. They have the interface of those of `threading`, which is what managers of the stdlib have."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc, return-value, arg-type"
from __future__ import annotations

from collections.abc import Callable
from multiprocessing import managers as stdlib
from typing import Any

from .. import _native, synchronize
from .proxy import SharedProxy

__all__ = [
    "SharedBarrier",
    "SharedBoundedSemaphore",
    "SharedCondition",
    "SharedEvent",
    "SharedLock",
    "SharedRLock",
    "SharedSemaphore",
]


def _check_timeout(blocking: bool, timeout: float | None) -> float | None:
    """The timeout of a lock of `threading`, where -1 is for ever, as one of ours."""
    if timeout is None or timeout == -1:
        return None
    if not blocking:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0:
        raise ValueError("timeout value must be a non-negative number")
    return timeout


class SharedLock(SharedProxy, synchronize.Lock, stdlib.AcquirerProxy):
    """A lock; otherwise as `procession.Lock`."""

    _typeid = "Lock"
    _name = "AcquirerProxy"

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes the lock; returns False if the time is over."""
        return _native.Lock.acquire(self, blocking, _check_timeout(blocking, timeout))

    def release(self) -> None:
        """Gives the lock up, whoever holds it.

        Raises:
            RuntimeError: if nobody holds it.
        """
        try:
            _native.Lock.release(self)
        except ValueError:
            raise RuntimeError("release unlocked lock") from None

    def __exit__(self, *exception: object) -> None:
        self.release()

    def _referent_repr(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} Lock at {id(self):#x}>"


class SharedRLock(SharedProxy, synchronize.RLock, stdlib.AcquirerProxy):
    """A reentrant lock; otherwise as `procession.RLock`."""

    _typeid = "RLock"
    _name = "AcquirerProxy"

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes the lock, once more if this thread holds it already; returns False if the time is over."""
        return _native.ReentrantLock.acquire(self, blocking, _check_timeout(blocking, timeout))

    def release(self) -> None:
        """Ends one hold of this thread.

        Raises:
            RuntimeError: if this thread does not hold it.
        """
        try:
            _native.ReentrantLock.release(self)
        except AssertionError:
            raise RuntimeError("cannot release un-acquired lock") from None

    def __exit__(self, *exception: object) -> None:
        self.release()

    def _referent_repr(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} RLock at {id(self):#x}>"


class _SemaphoreProxy(SharedProxy):
    _name = "AcquirerProxy"

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes a permit; returns False if the time is over."""
        if not blocking and timeout is not None:
            raise ValueError("can't specify timeout for non-blocking acquire")
        return _native.Semaphore.acquire(self, blocking, timeout)  # type: ignore[arg-type]

    def _referent_repr(self) -> str:
        return f"<{self._typeid} at {id(self):#x}: value={self.get_value()}>"  # type: ignore[attr-defined]


def _check_permits(value: int) -> None:
    if value < 0:
        raise ValueError("semaphore initial value must be >= 0")


class SharedSemaphore(_SemaphoreProxy, synchronize.Semaphore, stdlib.AcquirerProxy):
    """A semaphore; otherwise as `procession.Semaphore`."""

    _typeid = "Semaphore"

    def __new__(cls, value: int = 1, *, handle: tuple[int, int] | None = None) -> SharedSemaphore:
        _check_permits(value)
        return synchronize.Semaphore.__new__(cls, value, handle=handle)


class SharedBoundedSemaphore(_SemaphoreProxy, synchronize.BoundedSemaphore, stdlib.AcquirerProxy):
    """A bounded semaphore; otherwise as `procession.BoundedSemaphore`."""

    _typeid = "BoundedSemaphore"

    def __new__(cls, value: int = 1, *, handle: tuple[int, int] | None = None) -> SharedBoundedSemaphore:
        _check_permits(value)
        return synchronize.BoundedSemaphore.__new__(cls, value, handle=handle)


class SharedCondition(SharedProxy, synchronize.Condition, stdlib.ConditionProxy):
    """A condition that goes with a lock of a manager; otherwise as `procession.Condition`."""

    _typeid = "Condition"
    _name = "ConditionProxy"

    def __new__(cls, lock: Any = None, *, handle: tuple[int, int] | None = None) -> SharedCondition:
        if lock is None and handle is None:
            lock = SharedRLock()
        return synchronize.Condition.__new__(cls, lock, handle=handle)

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes the lock; returns False if the time is over."""
        return self._lock.acquire(blocking, timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Waits, with the lock given up meanwhile, until notified; returns False if the time is over.

        Raises:
            RuntimeError: if the lock is not held.
        """
        self._check_held("wait")
        return _native.Condition.wait(self, timeout)

    def notify(self, n: int = 1) -> None:
        """Wakes at most `n` of those that wait.

        Raises:
            RuntimeError: if the lock is not held.
        """
        self._check_held("notify")
        _native.Condition.notify(self, n)

    def notify_all(self) -> None:
        """Wakes all that wait; otherwise as `notify`."""
        self._check_held("notify")
        _native.Condition.notify_all(self)

    def _check_held(self, what: str) -> None:
        if not self._lock.is_mine():
            raise RuntimeError(f"cannot {what} on un-acquired lock")

    def _referent_repr(self) -> str:
        return f"<Condition({self._lock})>"


class SharedEvent(SharedProxy, synchronize.Event, stdlib.EventProxy):
    """An event; otherwise as `procession.Event`."""

    _typeid = "Event"
    _name = "EventProxy"

    def _referent_repr(self) -> str:
        return f"<Event at {id(self):#x}: {'set' if self.is_set() else 'unset'}>"


class SharedBarrier(SharedProxy, synchronize.Barrier, stdlib.BarrierProxy):
    """A barrier; otherwise as `procession.Barrier`. Whoever comes last runs the action, in its own process."""

    _typeid = "Barrier"
    _name = "BarrierProxy"

    def __new__(
        cls,
        parties: int = 1,
        action: Callable[[], Any] | None = None,
        timeout: float | None = None,
        *,
        handle: tuple[int, int] | None = None,
    ) -> SharedBarrier:
        return synchronize.Barrier.__new__(cls, parties, action, timeout, handle=handle)

    def _referent_repr(self) -> str:
        if self.broken:
            return f"<Barrier at {id(self):#x}: broken>"
        return f"<Barrier at {id(self):#x}: waiters={self.n_waiting}/{self.parties}>"
