"""Locks of managers on a server, and their kin. They have the interface of those of `threading`."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc, override"
from __future__ import annotations

from collections.abc import Callable
from multiprocessing import managers as stdlib
from typing import Any

from .. import _native
from ..proxies.threading_methods import (
    ThreadingBarrier,
    ThreadingCondition,
    ThreadingEvent,
    ThreadingLock,
    ThreadingRLock,
    ThreadingSemaphore,
    check_permits,
)
from ..proxies.threading_queue import ThreadingQueue
from . import synchronize
from .proxy import ClusterProxy
from .queues import JoinableQueue

__all__ = [
    "BarrierProxy",
    "BoundedSemaphoreProxy",
    "ConditionProxy",
    "EventProxy",
    "LockProxy",
    "QueueProxy",
    "RLockProxy",
    "SemaphoreProxy",
]


class LockProxy(ThreadingLock, ClusterProxy, synchronize.Lock, stdlib.AcquirerProxy):
    """A lock; otherwise as that of a context on a server."""

    _typeid = "Lock"
    _name = "AcquirerProxy"


class RLockProxy(ThreadingRLock, ClusterProxy, synchronize.RLock, stdlib.AcquirerProxy):
    """A reentrant lock; otherwise as that of a context on a server."""

    _typeid = "RLock"
    _name = "AcquirerProxy"


class SemaphoreProxy(ThreadingSemaphore, ClusterProxy, synchronize.Semaphore, stdlib.AcquirerProxy):
    """A semaphore; otherwise as that of a context on a server."""

    _typeid = "Semaphore"

    def __new__(
        cls, cluster: _native.Cluster, value: int = 1, *, name: str | None = None, attach: bool = False
    ) -> SemaphoreProxy:
        check_permits(value)
        return synchronize.Semaphore.__new__(cls, cluster, value, name=name, attach=attach)


class BoundedSemaphoreProxy(ThreadingSemaphore, ClusterProxy, synchronize.BoundedSemaphore, stdlib.AcquirerProxy):
    """A bounded semaphore; otherwise as that of a context on a server."""

    _typeid = "BoundedSemaphore"

    def __new__(
        cls, cluster: _native.Cluster, value: int = 1, *, name: str | None = None, attach: bool = False
    ) -> BoundedSemaphoreProxy:
        check_permits(value)
        return synchronize.BoundedSemaphore.__new__(cls, cluster, value, name=name, attach=attach)


class ConditionProxy(ThreadingCondition, ClusterProxy, synchronize.Condition, stdlib.ConditionProxy):
    """A condition that goes with a lock of a manager; otherwise as that of a context on a server."""

    _typeid = "Condition"
    _name = "ConditionProxy"

    def __new__(
        cls, cluster: _native.Cluster, lock: Any = None, *, name: str | None = None, attach: bool = False
    ) -> ConditionProxy:
        if lock is None:
            lock = RLockProxy(cluster, name=name)
        return synchronize.Condition.__new__(cls, cluster, lock, name=name, attach=attach)

    def _construction(self) -> dict[str, Any]:
        return synchronize.Condition._construction(self)


class EventProxy(ThreadingEvent, ClusterProxy, synchronize.Event, stdlib.EventProxy):
    """An event; otherwise as that of a context on a server."""

    _typeid = "Event"
    _name = "EventProxy"


class BarrierProxy(ThreadingBarrier, ClusterProxy, synchronize.Barrier, stdlib.BarrierProxy):
    """A barrier; otherwise as that of a context on a server. Whoever comes last runs the action, in its own process."""

    _typeid = "Barrier"
    _name = "BarrierProxy"

    def __new__(
        cls,
        cluster: _native.Cluster,
        parties: int = 1,
        action: Callable[[], Any] | None = None,
        timeout: float | None = None,
        *,
        name: str | None = None,
        attach: bool = False,
    ) -> BarrierProxy:
        return synchronize.Barrier.__new__(cls, cluster, parties, action, timeout, name=name, attach=attach)


class QueueProxy(ThreadingQueue, ClusterProxy, JoinableQueue[Any]):
    """A queue with the interface of `queue.Queue`, which is what managers of the stdlib have.

    An item that was taken is marked as done by the process that took it.

    If a process dies: as with the `JoinableQueue` of a context on a server.
    """

    def __new__(
        cls,
        cluster: _native.Cluster,
        maxsize: int = 0,
        *,
        typeid: str = "Queue",
        name: str | None = None,
        attach: bool = False,
    ) -> QueueProxy:
        queue = JoinableQueue.__new__(cls, cluster, maxsize, name=name, attach=attach)
        queue._typeid = typeid
        return queue
