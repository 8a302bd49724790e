"""Queues in shared memory.

They have the interface of `multiprocessing.queues`. An item is pickled by whoever puts it, and is in the queue when `put` returns: there is no
feeder thread, an item survives its producer, and an item that cannot be pickled raises its error from `put`.
"""

from __future__ import annotations

import threading
from queue import Empty, Full
from typing import Any, Self, TypeVar

from . import _native
from .exceptions import ShutDown
from .queue_reader import QueueReader, QueueWriter, reader_of
from .serialization import serializer as _serializer
from .shared_object import SharedObject

__all__ = ["Empty", "Full", "JoinableQueue", "Queue", "SimpleQueue"]

#: What a queue holds.
T = TypeVar("T")


class _Piped:
    """Mixed into what the stdlib's own classes, and those that derive from them, take for a pipe with a lock."""

    @property
    def _reader(self) -> QueueReader:
        return reader_of(self)

    @property
    def _writer(self) -> QueueWriter:
        return QueueWriter(self)

    @property
    def _rlock(self) -> threading.Lock:
        # Who has it keeps nobody from reading; nobody needs to be kept from it.
        return threading.Lock()

    _wlock = _rlock


class Queue(_Piped, SharedObject, _native.Queue[T]):
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

    def _refuse_as_closed(self) -> None:
        raise ValueError(f"Queue {self!r} is closed")

    def empty(self) -> bool:
        """Whether there is no item now.

        Raises:
            OSError: if this process has closed the queue after having put something.
        """
        if self.closed and self.was_used:
            raise OSError("handle is closed")
        return super().empty()

    def full(self) -> bool:
        """Whether there is no room now."""
        return self.limit is not None and self.qsize() >= self.limit

    def join_thread(self) -> None:
        """Does nothing: an item is in the queue when `put` returns.

        Raises:
            AssertionError: if the queue was not closed.
        """
        assert self.closed, f"Queue {self!r} not closed"

    def cancel_join_thread(self) -> None:
        """Does nothing: there is no thread to wait for."""

    def shutdown(self, immediate: bool = False) -> None:
        """Ends the queue for all processes: `put` raises `ShutDown`, and so does `get` once everything is taken.

        With `immediate`, what is in the queue is thrown away.
        """
        self.shut_down()
        while immediate:
            try:
                taken = self.get_many(1024, False)
            except (Empty, ShutDown):
                break
            self._count_as_done(len(taken))

    def _count_as_done(self, count: int) -> None:
        """Whether items that are thrown away are to be marked as done; here nobody counts."""


class JoinableQueue(Queue[T]):
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

    def _count_as_done(self, count: int) -> None:
        for _ in range(count):
            self.task_done()


class SimpleQueue(_Piped, SharedObject, _native.Queue[T]):
    """A queue with nothing but `put`, `get`, `empty` and `close`.

    If a process dies: as with `Queue`.
    """

    def __new__(cls, *, ctx: Any = None, handle: tuple[int, int] | None = None) -> Self:
        return super().__new__(cls, handle)

    def empty(self) -> bool:
        """Whether there is no item now.

        Raises:
            OSError: if this process has closed the queue.
        """
        if self.closed:
            self._refuse_as_closed()
        return super().empty()

    def _refuse_as_closed(self) -> None:
        raise OSError("handle is closed")
