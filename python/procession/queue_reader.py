"""A file descriptor that is readable while a queue has items, for those who wait for several things at once.

Queues need no descriptor. But `multiprocessing.connection.wait`, `select` and `concurrent.futures` wait for the `_reader` of a queue of the stdlib; here
it is made when somebody asks for it, with a thread that watches the queue.
"""

from __future__ import annotations

import os
import threading
import weakref
from multiprocessing.connection import wait
from typing import Any

from . import _native

__all__ = ["QueueReader", "reader_of"]

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


class QueueReader:
    """What of a connection those use who read from a queue by it."""

    def __init__(self, queue: Any) -> None:
        # Not the queue itself, which would then never be let go of.
        self._queue = queue.__class__.__new__(queue.__class__, handle=queue.handle)
        self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        weakref.finalize(self, os.close, self._descriptor)
        self._is_looked_for = threading.Event()
        self._is_looked_for.set()
        arguments = (weakref.ref(self), self._queue, self._descriptor, self._is_looked_for)
        threading.Thread(target=_watch, args=arguments, name="QueueReader", daemon=True).start()

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Whether there is an item, or comes within that time."""
        return bool(wait([self], timeout))

    def recv(self) -> Any:
        """Takes an item; waits for one if there is none."""
        item = self._queue.get()
        if self._queue.empty():
            self._look_again()
        return item

    def _look_again(self) -> None:
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            pass
        self._is_looked_for.set()


def _watch(reader: weakref.ref[QueueReader], queue: Any, descriptor: int, is_looked_for: threading.Event) -> None:
    while reader() is not None:
        if not is_looked_for.wait(_SLICE):
            continue
        if queue.wait_for_item(_SLICE):
            is_looked_for.clear()
            alive = reader()
            if alive is not None:
                os.eventfd_write(descriptor, 1)
