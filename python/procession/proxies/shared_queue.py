"""Queues of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="misc, attr-defined, return-value, override"
from __future__ import annotations

from typing import Any

from ..queues import JoinableQueue
from .proxy import SharedProxy
from .threading_queue import ThreadingQueue

__all__ = ["SharedQueue"]


class SharedQueue(ThreadingQueue, SharedProxy, JoinableQueue[Any]):
    """A queue with the interface of `queue.Queue`, which is what managers of the stdlib have.

    An item that was taken is marked as done by the process that took it.

    If a process dies: as with `procession.JoinableQueue`.
    """

    def __new__(
        cls, maxsize: int = 0, *, typeid: str = "Queue", handle: tuple[int, int] | None = None
    ) -> SharedQueue:
        queue = JoinableQueue.__new__(cls, maxsize, handle=handle)
        queue._typeid = typeid
        return queue
