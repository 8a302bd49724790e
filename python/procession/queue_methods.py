"""What queues do in Python, whatever they are made of: mixed in before the class that has the rest."""

from __future__ import annotations

import threading
from queue import Empty
from typing import TYPE_CHECKING, Any

from .exceptions import ShutDown
from .queue_reader import QueueReader, QueueWriter, reader_of

__all__ = ["JoinableQueueMethods", "QueueMethods", "SimpleQueueMethods"]


class _Piped:
    """What the stdlib's own classes, and those that derive from them, take for a pipe with a lock."""

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


class QueueMethods(_Piped):
    """A queue."""

    if TYPE_CHECKING:

        @property
        def limit(self) -> int | None: ...
        @property
        def closed(self) -> bool: ...
        @property
        def was_used(self) -> bool: ...
        def qsize(self) -> int: ...
        def get_many(self, limit: int, block: bool = True, timeout: float | None = None) -> list[Any]: ...
        def shut_down(self) -> None: ...

    def _refuse_as_closed(self) -> None:
        raise ValueError(f"Queue {self!r} is closed")

    def empty(self) -> bool:
        """Whether there is no item now.

        Raises:
            OSError: if this process has closed the queue after having put something.
        """
        if self.closed and self.was_used:
            raise OSError("handle is closed")
        empty: bool = super().empty()  # type: ignore[misc]
        return empty

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


class JoinableQueueMethods(QueueMethods):
    """A queue that knows which items are done."""

    if TYPE_CHECKING:

        def task_done(self) -> None: ...

    def _count_as_done(self, count: int) -> None:
        for _ in range(count):
            self.task_done()


class SimpleQueueMethods(_Piped):
    """A queue with nothing but `put`, `get`, `empty` and `close`."""

    if TYPE_CHECKING:

        @property
        def closed(self) -> bool: ...

    def empty(self) -> bool:
        """Whether there is no item now.

        Raises:
            OSError: if this process has closed the queue.
        """
        if self.closed:
            self._refuse_as_closed()
        empty: bool = super().empty()  # type: ignore[misc]
        return empty

    def _refuse_as_closed(self) -> None:
        raise OSError("handle is closed")
