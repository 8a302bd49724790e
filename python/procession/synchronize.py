"""Locks and their kin, in shared memory.

They have the interface of `multiprocessing.synchronize`. The difference is that the session knows who holds what: when a process dies, however
it dies, a lock that it held goes to the next who wants it (with a `LockAbandonedWarning`), and nobody waits for one that waits no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from . import _native
from .lock_methods import (
    BarrierMethods,
    BoundedSemaphoreMethods,
    ConditionMethods,
    EventMethods,
    LockMethods,
    RLockMethods,
    SemaphoreMethods,
    check_parties,
    check_permits,
)
from .shared_object import SharedObject

__all__ = ["Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "RLock", "Semaphore"]


class Lock(LockMethods, SharedObject, _native.Lock):
    """A lock that one process holds at a time; any process or thread may release it.

    If the holder dies: whoever acquires the lock next gets it at once, and a `LockAbandonedWarning`.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        return super().__new__(cls, handle)


class RLock(RLockMethods, SharedObject, _native.ReentrantLock):
    """A lock that one thread holds at a time, as often as it likes.

    If the holder dies: whoever acquires the lock next gets it at once, and a `LockAbandonedWarning`.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        return super().__new__(cls, handle)


class Semaphore(SemaphoreMethods, SharedObject, _native.Semaphore):
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
        check_permits(value)
        return super().__new__(cls, handle, value, "attributed" if attributed else "plain")


class BoundedSemaphore(BoundedSemaphoreMethods, SharedObject, _native.Semaphore):
    """A semaphore that cannot be released more often than it was acquired.

    If a process dies that has taken permits: as with `Semaphore`.
    """

    def __new__(cls, value: int = 1, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        check_permits(value)
        return super().__new__(cls, handle, value, "bounded")


class Condition(ConditionMethods, SharedObject, _native.Condition):
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


class Event(EventMethods, SharedObject, _native.Event):
    """A flag that any number of threads of all processes wait for.

    If a process dies: nobody else is affected, whatever it was doing.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        return super().__new__(cls, handle)


class Barrier(BarrierMethods, SharedObject, _native.Barrier):
    """A barrier at which `parties` threads of all processes wait for each other.

    If a process dies that waits: the barrier breaks, and the others get a `threading.BrokenBarrierError`.
    """

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
        check_parties(parties)
        barrier = super().__new__(cls, None, parties)
        barrier._action = action
        barrier._timeout = timeout
        return barrier
