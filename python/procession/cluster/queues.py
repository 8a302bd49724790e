"""Queues on a server.

They have the interface of `procession.queues`. The difference: the server cannot see a death. Items that a consumer of a `JoinableQueue` has taken are leased to
it; what becomes of those of a dead one, `on_lost` says, when its lease has run out.
"""

from __future__ import annotations

from typing import Any, Self, TypeVar

from .. import _native
from ..queue_methods import JoinableQueueMethods, QueueMethods, SimpleQueueMethods
from ..serialization import serializer as _serializer
from .cluster_object import ClusterObject

__all__ = ["JoinableQueue", "Queue", "SimpleQueue"]

#: What a queue holds.
T = TypeVar("T")


class Queue(QueueMethods, ClusterObject, _native.ClusterQueue[T]):
    """A first-in, first-out queue that any number of processes on any number of machines put into and get from.

    Args:
        maxsize: how many items it holds at most; 0 or less is as many as the server's memory allows.
        serializer: "pickle", or "cloudpickle" for lambdas and functions of a notebook.

    If a process dies: inside `put` the item is wholly there or wholly not; inside `get` it is in the queue or was taken.
    """

    _serializer: str | None

    def __new__(
        cls,
        cluster: _native.Cluster,
        maxsize: int = 0,
        *,
        serializer: str | None = None,
        name: str | None = None,
        attach: bool = False,
    ) -> Self:
        queue = _native.ClusterQueue.__new__(cls, cluster, name, attach, maxsize, dump=_serializer(serializer))
        queue._serializer = serializer
        return queue

    def _construction(self) -> dict[str, Any]:
        return {"serializer": self._serializer}


class JoinableQueue(JoinableQueueMethods, Queue[T]):
    """A queue that knows which items are done.

    Args:
        on_lost: what becomes of the items that a consumer had taken and not marked as done when it died. "report":
            `join` raises `ConsumerLost`, once; "redeliver": they go to other consumers, until each was delivered
            `max_deliveries` times; "ignore": they count as done.

    If a process dies: see `on_lost`. It is known when its lease has run out.
    """

    def __new__(
        cls,
        cluster: _native.Cluster,
        maxsize: int = 0,
        *,
        on_lost: str = "report",
        max_deliveries: int = 3,
        serializer: str | None = None,
        name: str | None = None,
        attach: bool = False,
    ) -> Self:
        queue = _native.ClusterQueue.__new__(
            cls, cluster, name, attach, maxsize, on_lost, max_deliveries, _serializer(serializer)
        )
        queue._serializer = serializer
        return queue


class SimpleQueue(SimpleQueueMethods, ClusterObject, _native.ClusterQueue[T]):
    """A queue with nothing but `put`, `get`, `empty` and `close`.

    If a process dies: as with `Queue`.
    """

    def __new__(cls, cluster: _native.Cluster, *, name: str | None = None, attach: bool = False) -> Self:
        return _native.ClusterQueue.__new__(cls, cluster, name, attach)
