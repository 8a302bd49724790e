"""Locks and their kin, on a server.

They have the interface of `procession.synchronize`. The difference: the server cannot see a death. What a process holds is leased to it, and renewed as
long as it lives; when it dies, others get it after the lease, 15 seconds unless the address says something else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from .. import _native
from ..lock_methods import (
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
from .cluster_object import ClusterObject

__all__ = ["Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "RLock", "Semaphore"]


class Lock(LockMethods, ClusterObject, _native.ClusterLock):
    """A lock that one process holds at a time; any process or thread may release it.

    A holder that is stopped, or cut off from the server, for longer than its lease has lost it without knowing: `lost` tells, a little before it may be true. What the
    lock protects can refuse such a late holder by its `fence`, which grows with each acquisition.

    If the holder dies: whoever acquires the lock next gets it when the lease has run out, and a `LockAbandonedWarning`.
    """

    def __new__(cls, cluster: _native.Cluster, *, name: str | None = None, attach: bool = False) -> Self:
        return _native.ClusterLock.__new__(cls, cluster, name, attach)


class RLock(RLockMethods, ClusterObject, _native.ClusterReentrantLock):
    """A lock that one thread holds at a time, as often as it likes; otherwise as `Lock`.

    If the holder dies: as with `Lock`.
    """

    def __new__(cls, cluster: _native.Cluster, *, name: str | None = None, attach: bool = False) -> Self:
        return _native.ClusterReentrantLock.__new__(cls, cluster, name, attach)


class Semaphore(SemaphoreMethods, ClusterObject, _native.ClusterSemaphore):
    """A number of permits that any process may take and give back.

    If a process dies that has taken some: they come back when its lease has run out. (In memory they do not, unless `attributed=True`.)
    """

    def __new__(
        cls,
        cluster: _native.Cluster,
        value: int = 1,
        *,
        attributed: bool = False,
        name: str | None = None,
        attach: bool = False,
    ) -> Self:
        check_permits(value)
        return _native.ClusterSemaphore.__new__(
            cls, cluster, name, attach, value, "attributed" if attributed else "plain"
        )


class BoundedSemaphore(BoundedSemaphoreMethods, ClusterObject, _native.ClusterSemaphore):
    """A semaphore that cannot be released more often than it was acquired.

    If a process dies that has taken permits: as with `Semaphore`.
    """

    def __new__(
        cls, cluster: _native.Cluster, value: int = 1, *, name: str | None = None, attach: bool = False
    ) -> Self:
        check_permits(value)
        return _native.ClusterSemaphore.__new__(cls, cluster, name, attach, value, "bounded")


class Condition(ConditionMethods, ClusterObject, _native.ClusterCondition):
    """A condition that goes with a lock: an `RLock` of its own if none is given.

    With a name and no lock, the lock is the one of the same name.

    If a process dies that waits: the others are not affected; if it had been notified, another one is in its place when its lease has run out.
    """

    _lock: Lock | RLock

    def __new__(
        cls,
        cluster: _native.Cluster,
        lock: Lock | RLock | None = None,
        *,
        name: str | None = None,
        attach: bool = False,
    ) -> Self:
        if lock is None:
            lock = RLock(cluster, name=name)
        condition = _native.ClusterCondition.__new__(cls, cluster, lock, name, attach)
        condition._lock = lock
        return condition

    def _construction(self) -> dict[str, Any]:
        return {"lock": self._lock}

    def __getstate__(self) -> Any:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"} or None

    def __repr__(self) -> str:
        # How many wait is not asked of the server for this.
        return f"<{type(self).__name__}({self._lock})>"


class Event(EventMethods, ClusterObject, _native.ClusterEvent):
    """A flag that any number of threads of all processes wait for.

    If a process dies: nobody else is affected, whatever it was doing.
    """

    def __new__(cls, cluster: _native.Cluster, *, name: str | None = None, attach: bool = False) -> Self:
        return _native.ClusterEvent.__new__(cls, cluster, name, attach)


class Barrier(BarrierMethods, ClusterObject, _native.ClusterBarrier):
    """A barrier at which `parties` threads of all processes wait for each other.

    If a process dies that waits: the barrier breaks when its lease has run out, and the others get a `threading.BrokenBarrierError`.
    """

    def __new__(
        cls,
        cluster: _native.Cluster,
        parties: int = 1,
        action: Callable[[], Any] | None = None,
        timeout: float | None = None,
        *,
        name: str | None = None,
        attach: bool = False,
    ) -> Self:
        if not attach:
            check_parties(parties)
        barrier = _native.ClusterBarrier.__new__(cls, cluster, name, attach, parties)
        barrier._action = action
        barrier._timeout = timeout
        return barrier
