"""faster-fifo: queues, and the stdlib's processes."""

from __future__ import annotations

import multiprocessing
from typing import Any

import faster_fifo
from procession.benchmark.measurement import NotOffered

__all__ = ["context"]

#: What a queue may hold: as many of the largest items as the others have.
ROOM = 64 << 20
#: Its time-outs are ten seconds unless told otherwise.
FOR_EVER = float(1 << 20)


class Queue:
    """A queue that waits as long as it takes, as the others do."""

    def __init__(self, maxsize: int = 0) -> None:
        if 0 < maxsize < 64:
            raise NotOffered("it is bounded in bytes, not in items")
        self._queue = faster_fifo.Queue(max_size_bytes=ROOM)

    def put(self, item: Any) -> None:
        self._queue.put(item, True, FOR_EVER)

    def get(self) -> Any:
        return self._queue.get(True, FOR_EVER)

    def put_many(self, items: list[Any]) -> None:
        self._queue.put_many(items, True, FOR_EVER)

    def get_many(self, limit: int) -> list[Any]:
        found: list[Any] = self._queue.get_many(True, FOR_EVER, limit)
        return found


class Context:
    """What it offers."""

    def __init__(self, method: str | None) -> None:
        self.Process = multiprocessing.get_context(method).Process
        self.Queue = Queue


def context(method: str | None) -> Context:
    """What it offers."""
    return Context(method)
