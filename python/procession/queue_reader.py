"""What those use of a queue who know the stdlib's by heart: the two ends of the pipe that it is there.

Queues need no descriptor. But `multiprocessing.connection.wait`, `select` and `concurrent.futures` wait for the `_reader` of a queue, and pools
that derive from the stdlib's send by its `_writer`. The ends are made when somebody asks for them; that of the reader with a thread that watches the
queue.
"""

from __future__ import annotations

import os
import threading
import weakref
from multiprocessing.connection import wait
from typing import Any

__all__ = ["QueueReader", "QueueWriter", "reader_of"]

#: How long the watching thread may outlive its reader, in seconds.
_SLICE = 1.0

_readers: weakref.WeakKeyDictionary[Any, QueueReader] = weakref.WeakKeyDictionary()


def reader_of(queue: Any) -> QueueReader:
    """The reader of that queue in this process."""
    reader = _readers.get(queue)
    if reader is None:
        reader = _readers[queue] = QueueReader(queue)
    return reader


# A copy of this process has the readers, but not their threads.
os.register_at_fork(after_in_child=_readers.clear)


class QueueWriter:
    """The end of a queue by which items are put."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    @property
    def closed(self) -> bool:
        """Whether this process has closed the queue."""
        closed: bool = self._queue.closed
        return closed

    def send(self, obj: Any) -> None:
        """Puts an item."""
        self._queue.put(obj)

    def close(self) -> None:
        """Does nothing: a queue has no end that could be closed by itself."""


class QueueReader:
    """The end of a queue by which items are taken; its descriptor is readable while there are some."""

    def __init__(self, queue: Any) -> None:
        self._original = weakref.ref(queue)
        # Not the queue itself, which would then never be let go of.
        self._queue = queue._another_handle()
        self._descriptor: int | None = None
        self._is_looked_for = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether this process has closed the queue."""
        queue = self._original()
        return queue is None or queue.closed

    def fileno(self) -> int:
        """The descriptor. Whoever waits asks for it each time, and is not told of items that were taken by other ways meanwhile."""
        if self._descriptor is None:
            self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
            # Not at the exit of the interpreter, when the thread may be about to write to it.
            weakref.finalize(self, os.close, self._descriptor).atexit = False
            self._is_looked_for.set()
            arguments = (weakref.ref(self), self._queue, self._is_looked_for)
            threading.Thread(target=_watch, args=arguments, name="QueueReader", daemon=True).start()
        else:
            self._look_again_if_empty(self._descriptor)
        return self._descriptor

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Whether there is an item, or comes within that time."""
        found: bool = self._queue.wait_for_item(timeout)
        return found

    def recv(self) -> Any:
        """Takes an item; waits for one if there is none."""
        item = self._queue.get()
        if self._descriptor is not None:
            self._look_again_if_empty(self._descriptor)
        return item

    def close(self) -> None:
        """Does nothing: a queue has no end that could be closed by itself."""

    def _look_again_if_empty(self, descriptor: int) -> None:
        if self._queue.empty():
            try:
                os.eventfd_read(descriptor)
            except BlockingIOError:
                pass
            self._is_looked_for.set()

    def _tell(self) -> None:
        if self._descriptor is not None:
            os.eventfd_write(self._descriptor, 1)


def _watch(reader: weakref.ref[QueueReader], queue: Any, is_looked_for: threading.Event) -> None:
    while reader() is not None:
        if not is_looked_for.wait(_SLICE) or not queue.wait_for_item(_SLICE):
            continue
        is_looked_for.clear()
        alive = reader()
        if alive is not None:
            alive._tell()
        del alive
