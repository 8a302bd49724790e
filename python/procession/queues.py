"""Queues in shared memory.

They have the interface of `multiprocessing.queues`. An item is pickled by whoever puts it, and is in the queue when `put` returns: there is no
feeder thread, an item survives its producer, and an item that cannot be pickled raises its error from `put`.
"""

from __future__ import annotations

from queue import Empty, Full
from typing import Any, Self, TypeVar

from . import _native
from .queue_methods import JoinableQueueMethods, QueueMethods, SimpleQueueMethods
from .serialization import serializer as _serializer
from .shared_object import SharedObject

__all__ = ["Empty", "Full", "JoinableQueue", "Queue", "SimpleQueue"]

#: What a queue holds.
T = TypeVar("T")


class Queue(QueueMethods, SharedObject, _native.Queue[T]):
    """A first-in, first-out queue that any number of processes put into and get from.

    Args:
        maxsize: how many items it holds at most; 0 or less is as many as the session's memory allows.
        serializer: "pickle", or "cloudpickle" for lambdas and functions of a notebook.

    If a process dies: inside `put` the item is wholly there or wholly not; inside `get` it is in the queue or was taken.
    """

    def __new__(
        cls,
        maxsize: int = 0,
        *,
        serializer: str | None = None,
        ctx: Any = None,
        handle: tuple[int, int] | None = None,
    ) -> Self:
        return super().__new__(cls, handle, maxsize, dump=_serializer(serializer))

    def __init__(self, maxsize: int = 0, *, serializer: str | None = None, ctx: Any = None) -> None:
        self._serializer = serializer

    def _construction(self) -> dict[str, Any]:
        return {"serializer": self._serializer}


class JoinableQueue(JoinableQueueMethods, Queue[T]):
    """A queue that knows which items are done.

    Args:
        on_lost: what becomes of the items that a consumer had taken and not marked as done when it died. "report":
            `join` raises `ConsumerLost`, once; "redeliver": they go to other consumers, until each was delivered
            `max_deliveries` times; "ignore": they count as done.

    If a process dies: see `on_lost`. `join` never waits for one that cannot come.
    """

    def __new__(
        cls,
        maxsize: int = 0,
        *,
        on_lost: str = "report",
        max_deliveries: int = 3,
        serializer: str | None = None,
        ctx: Any = None,
        handle: tuple[int, int] | None = None,
    ) -> Self:
        return _native.Queue.__new__(cls, handle, maxsize, on_lost, max_deliveries, _serializer(serializer))

    def __init__(
        self,
        maxsize: int = 0,
        *,
        on_lost: str = "report",
        max_deliveries: int = 3,
        serializer: str | None = None,
        ctx: Any = None,
    ) -> None:
        super().__init__(maxsize, serializer=serializer)


class SimpleQueue(SimpleQueueMethods, SharedObject, _native.Queue[T]):
    """A queue with nothing but `put`, `get`, `empty` and `close`.

    If a process dies: as with `Queue`.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        return super().__new__(cls, handle)
