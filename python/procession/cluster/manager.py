"""The manager whose objects live on a server."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="attr-defined, misc"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _native
from ..sync_manager import SyncManager
from .proxies import ClusterArray, ClusterDict, ClusterList, ClusterNamespace, ClusterValue
from .threading_proxies import (
    BarrierProxy,
    BoundedSemaphoreProxy,
    ConditionProxy,
    EventProxy,
    LockProxy,
    QueueProxy,
    RLockProxy,
    SemaphoreProxy,
)

__all__ = ["ClusterManager"]


class ClusterManager(SyncManager):
    """A manager whose dicts, lists, namespaces, values, arrays, queues and locks live on a server.

    They can be used by processes on any number of machines. A pool, and types that a program registers, live in a process of this machine, as in the stdlib.

    If a process dies: the objects on the server go on without whichever it was. After `shutdown` no more objects are made, and those that there are live
    on until nobody has used them for a while.
    """

    def __init__(self, cluster: _native.Cluster, ctx: Any) -> None:
        super().__init__(ctx=ctx)
        self._cluster = cluster

    def _make(self, typeid: str, construct: Callable[..., Any], /, *args: Any, **kwds: Any) -> Any:
        if self._makes_shared_objects():
            return _MAKERS[typeid](self._cluster, *args, **kwds)
        return super()._make(typeid, construct, *args, **kwds)


def _dict(cluster: _native.Cluster, /, *args: Any, **kwds: Any) -> Any:
    return ClusterDict(cluster, dict(*args, **kwds))


def _list(cluster: _native.Cluster, *args: Any) -> Any:
    return ClusterList(cluster, list(*args))


def _namespace(cluster: _native.Cluster, /, **kwds: Any) -> Any:
    return ClusterNamespace(cluster, kwds)


def _joinable_queue(cluster: _native.Cluster, maxsize: int) -> Any:
    return QueueProxy(cluster, maxsize, typeid="JoinableQueue")


_MAKERS: dict[str, Callable[..., Any]] = {
    "dict": _dict,
    "list": _list,
    "Namespace": _namespace,
    "Value": ClusterValue,
    "Array": ClusterArray,
    "Queue": QueueProxy,
    "JoinableQueue": _joinable_queue,
    "Lock": LockProxy,
    "RLock": RLockProxy,
    "Semaphore": SemaphoreProxy,
    "BoundedSemaphore": BoundedSemaphoreProxy,
    "Condition": ConditionProxy,
    "Event": EventProxy,
    "Barrier": BarrierProxy,
}
