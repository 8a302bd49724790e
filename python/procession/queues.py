"""Queues in shared memory.

They have the interface of `multiprocessing.queues`. An item is pickled by whoever puts it, and is in the queue when `put` returns: there is no
feeder thread, an item survives its producer, and an item that cannot be pickled raises its error from `put`.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from queue import Empty, Full
from typing import Any

from . import _native
from .serialization import serializer as _serializer
from .shared_object import SharedObject

__all__ = ["Empty", "Full", "JoinableQueue", "Queue", "SimpleQueue"]


class Queue(SharedObject, _native.Queue):
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
    ) -> Queue:
        return super().__new__(cls, handle, maxsize, dump=_serializer(serializer))

    def __init__(self, maxsize: int = 0, *, serializer: str | None = None, ctx: Any = None) -> None:
        self._closed = False
        self._serializer = serializer

    def _construction(self) -> dict[str, Any]:
        return {"serializer": self._serializer}

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError(f"Queue {self!r} is closed")

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        """Puts an item.

        Raises:
            queue.Full: if there is no room, and the time is over.
            ValueError: if this process has closed the queue.
            procession.ShutDown: if the queue was shut down.
            MemoryError: if the session's memory does not allow it.
        """
        if self._closed:
            self._check_open()
        super().put(obj, block, timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Takes an item.

        Raises:
            queue.Empty: if there is none, and the time is over.
            ValueError: if this process has closed the queue.
            procession.ShutDown: if the queue was shut down and is empty.
        """
        if self._closed:
            self._check_open()
        return super().get(block, timeout)

    def put_nowait(self, obj: Any) -> None:
        """Puts an item if there is room now; otherwise as `put`."""
        self.put(obj, False)

    def get_nowait(self) -> Any:
        """Takes an item if there is one now; otherwise as `get`."""
        return self.get(False)

    def put_many(self, items: Iterable[Any], block: bool = True, timeout: float | None = None) -> int:
        """Puts items in their order, and returns how many: all of them, unless the time is over.

        Much faster than putting them one by one, since small items become visible together.

        Raises:
            queue.Full: if there was no room for a single one. Otherwise as `put`.
        """
        self._check_open()
        return super().put_many(items, block, timeout)

    def get_many(self, limit: int, block: bool = True, timeout: float | None = None) -> list[Any]:
        """Takes up to `limit` items at once; waits only for the first.

        Raises:
            queue.Empty: if there is none. Otherwise as `get`.
        """
        self._check_open()
        return super().get_many(limit, block, timeout)

    def empty(self) -> bool:
        """Whether there is no item now."""
        return self.qsize() == 0

    def full(self) -> bool:
        """Whether there is no room now."""
        return self.limit is not None and self.qsize() >= self.limit

    def close(self) -> None:
        """Says that this process neither puts nor gets any more. What was put stays in the queue."""
        self._closed = True

    def join_thread(self) -> None:
        """Does nothing: an item is in the queue when `put` returns.

        Raises:
            AssertionError: if the queue was not closed.
        """
        assert self._closed, f"Queue {self!r} not closed"

    def cancel_join_thread(self) -> None:
        """Does nothing: there is no thread to wait for."""

    def shutdown(self, immediate: bool = False) -> None:
        """Ends the queue for all processes: `put` raises `ShutDown`, and so does `get` once everything is taken.

        With `immediate`, what is in the queue is thrown away.
        """
        self.shut_down()
        while immediate:
            try:
                taken = super().get_many(1024, False)
            except (Empty, _shut_down_class()):
                break
            self._count_as_done(len(taken))

    def _count_as_done(self, count: int) -> None:
        """Whether items that are thrown away are to be marked as done; here nobody counts."""

    def __getstate__(self) -> Any:
        state = dict(self.__dict__)
        # Each process closes it for itself.
        state["_closed"] = False
        return state

    __class_getitem__ = classmethod(types.GenericAlias)


def _shut_down_class() -> type[Exception]:
    from .exceptions import ShutDown

    return ShutDown


class JoinableQueue(Queue):
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
    ) -> JoinableQueue:
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

    def task_done(self) -> None:
        """Marks one item that this process has taken as done.

        Raises:
            ValueError: if this process has taken no more items than it has marked.
        """
        super().task_done()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until every item that was put is marked as done; returns False if the time is over.

        Raises:
            ConsumerLost: if a consumer died with items that it had not marked as done.
        """
        return super().join(timeout)

    def _count_as_done(self, count: int) -> None:
        for _ in range(count):
            self.task_done()


class SimpleQueue(SharedObject, _native.Queue):
    """A queue with nothing but `put`, `get`, `empty` and `close`.

    If a process dies: as with `Queue`.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> SimpleQueue:
        return super().__new__(cls, handle)

    def __init__(self, *, ctx: Any = None) -> None:
        self._closed = False

    def get(self) -> Any:  # type: ignore[override]
        """Takes an item; waits for one if there is none."""
        self._check_open()
        return super().get()

    def put(self, obj: Any) -> None:  # type: ignore[override]
        """Puts an item."""
        self._check_open()
        super().put(obj)

    def empty(self) -> bool:
        """Whether there is no item now."""
        self._check_open()
        return self.qsize() == 0

    def close(self) -> None:
        """Says that this process neither puts nor gets any more."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise OSError("handle is closed")

    __class_getitem__ = classmethod(types.GenericAlias)
