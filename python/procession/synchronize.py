"""Locks and their kin, in shared memory.

They have the interface of `multiprocessing.synchronize`. The difference is that the session knows who holds what: when a process dies, however
it dies, a lock that it held goes to the next who wants it (with a `LockAbandonedWarning`), and nobody waits for one that waits no more.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from multiprocessing import process
from multiprocessing.synchronize import SEM_VALUE_MAX  # type: ignore[attr-defined]
from typing import Any, Self

from . import _native
from .shared_object import SharedObject

__all__ = ["Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "RLock", "Semaphore"]


def _owner_name(owner: tuple[int, bool] | None) -> str:
    if owner is None:
        return "None"
    pid, is_mine = owner
    if is_mine:
        name = process.current_process().name
        thread = threading.current_thread().name
        return name if thread == "MainThread" else f"{name}|{thread}"
    return "SomeOtherThread" if pid == os.getpid() else "SomeOtherProcess"


class _Count:
    """A lock or semaphore as the stdlib's own classes see it, which count its permits."""

    def __init__(self, counted: Any) -> None:
        self.acquire = counted.acquire
        self.release = counted.release
        self._counted = counted

    @property
    def maxvalue(self) -> int:
        maxvalue: int = self._counted._maxvalue
        return maxvalue

    def _get_value(self) -> int:
        if isinstance(self._counted, _native.Semaphore):
            return self._counted.get_value()
        return 0 if self._counted.locked() else 1

    def _is_zero(self) -> bool:
        return self._get_value() == 0

    def _is_mine(self) -> bool:
        is_mine: bool = self._counted.is_mine()
        return is_mine

    def _count(self) -> int:
        if isinstance(self._counted, _native.ReentrantLock):
            return self._counted.depth()
        return int(self._is_mine())


class _Counted:
    """Mixed into what the stdlib's own classes (`Queue` of `concurrent.futures`, for one) look into."""

    #: How many permits there can be.
    _maxvalue = 1

    @property
    def _semlock(self) -> _Count:
        return _Count(self)


class Lock(_Counted, SharedObject, _native.Lock):
    """A lock that one process holds at a time; any process or thread may release it.

    If the holder dies: whoever acquires the lock next gets it at once, and a `LockAbandonedWarning`.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        return super().__new__(cls, handle)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(owner={_owner_name(self.owner())})>"


class RLock(_Counted, SharedObject, _native.ReentrantLock):
    """A lock that one thread holds at a time, as often as it likes.

    If the holder dies: whoever acquires the lock next gets it at once, and a `LockAbandonedWarning`.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        return super().__new__(cls, handle)

    def __repr__(self) -> str:
        owner = self.owner()
        count: int | str = "nonzero"
        if owner is None or owner[1]:
            count = self.depth()
        return f"<{type(self).__name__}({_owner_name(owner)}, {count})>"


class Semaphore(_Counted, SharedObject, _native.Semaphore):
    """A number of permits that any process may take and give back.

    If a process dies that has taken some: they are not given back, since nobody knows whose they were. With
    `attributed=True` they are; then each process must give back itself what it has taken.
    """

    def __new__(
        cls,
        value: int = 1,
        *,
        attributed: bool = False,
        ctx: Any = None,
        handle: tuple[int, int] | None = None,
    ) -> Self:
        _check_permits(value)
        return super().__new__(cls, handle, value, "attributed" if attributed else "plain")

    _maxvalue = SEM_VALUE_MAX

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={self.get_value()})>"


class BoundedSemaphore(_Counted, SharedObject, _native.Semaphore):
    """A semaphore that cannot be released more often than it was acquired.

    If a process dies that has taken permits: as with `Semaphore`.
    """

    def __new__(cls, value: int = 1, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        _check_permits(value)
        return super().__new__(cls, handle, value, "bounded")

    @property
    def _maxvalue(self) -> int:  # type: ignore[override]
        return self.initial

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={self.get_value()}, maxvalue={self.initial})>"


def _check_permits(value: int) -> None:
    if not 0 <= value <= SEM_VALUE_MAX:
        raise ValueError(f"a semaphore can have 0 to {SEM_VALUE_MAX} permits, not {value}")


class Condition(SharedObject, _native.Condition):
    """A condition that goes with a lock: an `RLock` of its own if none is given.

    If a process dies that waits: the others are not affected; if it had been notified, another one is in its place.
    """

    _lock: Lock | RLock

    def __new__(
        cls, lock: Lock | RLock | None = None, *, ctx: Any = None, handle: tuple[int, int] | None = None
    ) -> Self:
        if handle is not None:
            return super().__new__(cls, handle)
        if lock is None:
            lock = RLock()
        condition = super().__new__(cls, None, lock)
        condition._lock = lock
        return condition

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Takes the lock; returns False if the time is over."""
        return self._lock.acquire(block, timeout)

    def release(self) -> None:
        """Gives the lock up."""
        self._lock.release()

    def __enter__(self) -> bool:
        return self._lock.__enter__()

    def __exit__(self, *exception: object) -> None:
        self._lock.__exit__(*exception)

    def wait(self, timeout: float | None = None) -> bool:
        """Waits, with the lock given up meanwhile, until notified; returns False if the time is over.

        Raises:
            AssertionError: if the lock is not held.
        """
        assert self._lock.is_mine(), "must acquire() condition before using wait()"
        return super().wait(timeout)

    def notify(self, n: int = 1) -> None:
        """Wakes at most `n` of those that wait.

        Raises:
            AssertionError: if the lock is not held.
        """
        assert self._lock.is_mine(), "lock is not owned"
        super().notify(n)

    def notify_all(self) -> None:
        """Wakes all that wait; otherwise as `notify`."""
        assert self._lock.is_mine(), "lock is not owned"
        super().notify_all()

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Waits until `predicate()` is true, and returns its last value."""
        end = None if timeout is None else time.monotonic() + timeout
        while not (result := predicate()):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self._lock}, {self.waiting()})>"


class Event(SharedObject, _native.Event):
    """A flag that any number of threads of all processes wait for.

    If a process dies: nobody else is affected, whatever it was doing.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        return super().__new__(cls, handle)

    def __repr__(self) -> str:
        state = "set" if self.is_set() else "unset"
        return f"<{type(self).__qualname__} at {id(self):#x} {state}>"


class Barrier(SharedObject, _native.Barrier):
    """A barrier at which `parties` threads of all processes wait for each other.

    If a process dies that waits: the barrier breaks, and the others get a `threading.BrokenBarrierError`.
    """

    _action: Callable[[], Any] | None
    _timeout: float | None

    def __new__(
        cls,
        parties: int = 1,
        action: Callable[[], Any] | None = None,
        timeout: float | None = None,
        *,
        ctx: Any = None,
        handle: tuple[int, int] | None = None,
    ) -> Self:
        if handle is not None:
            return super().__new__(cls, handle)
        if not 1 <= parties <= 65535:
            raise ValueError(f"a barrier can have 1 to 65535 parties, not {parties}")
        barrier = super().__new__(cls, None, parties)
        barrier._action = action
        barrier._timeout = timeout
        return barrier

    def wait(self, timeout: float | None = None) -> int:
        """Waits until all have come; returns a number from 0 to `parties - 1` that no other one gets.

        Raises:
            threading.BrokenBarrierError: if the barrier is broken, or breaks; also if the time is over, which breaks it.
        """
        return self.arrive(self._timeout if timeout is None else timeout, self._action)

    def __repr__(self) -> str:
        if self.broken:
            return f"<{type(self).__qualname__} at {id(self):#x}: broken>"
        return f"<{type(self).__qualname__} at {id(self):#x}: waiters={self.n_waiting}/{self.parties}>"


