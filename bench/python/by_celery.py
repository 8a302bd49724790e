"""Celery: tasks by a Redis broker, with their results on it; and the queues of kombu, which comes with it.

Workers are one program with two processes, as `celery worker` makes them. Tuned means: more tasks reserved in advance, and no talk among workers.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any

import celery
from programs import running
from work import answer

__all__ = ["app", "context", "tuned"]

#: Tells the workers where the server is.
VARIABLE = "BENCH_SERVER"
#: Seconds between two looks for the last results of a group: it misses those that come before it listens, and looks twice a second if nothing is said.
INTERVAL = 0.01
#: Tasks that are reserved for each process of a tuned worker.
RESERVED = 64

app = celery.Celery("bench")


def _connect(url: str) -> None:
    app.conf.update(broker_url=url, result_backend=url, task_ignore_result=False)


if VARIABLE in os.environ:
    _connect(os.environ[VARIABLE])

TASKS = {answer: app.task(answer, name="answer")}


class Pool:
    """The same methods under the stdlib's names."""

    def apply(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return self.apply_async(function, arguments).get()

    def apply_async(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return TASKS[function].apply_async(arguments)

    def map(self, function: Callable[..., Any], items: Sequence[Any], chunksize: int) -> list[Any]:
        task = TASKS[function]
        if chunksize > 1:
            chunks = task.chunks([(item,) for item in items], chunksize)
            return list(chain.from_iterable(chunks.apply_async().get(interval=INTERVAL)))
        results: list[Any] = celery.group(task.s(item) for item in items).apply_async().get(interval=INTERVAL)
        return results


class Queue:
    """A queue of kombu, whose elements are acknowledged when they are taken."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def put(self, element: Any) -> None:
        self._queue.put(element)

    def get(self) -> Any:
        message = self._queue.get()
        message.ack()
        return message.payload


class Tasks:
    """Where its tasks are carried out."""

    options: Sequence[str] = ()

    def __init__(self, url: str) -> None:
        _connect(url)
        self._url = url
        self._stack = ExitStack()

    def __enter__(self) -> Tasks:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @contextmanager
    def Pool(self, workers: int) -> Iterator[Pool]:
        os.environ[VARIABLE] = self._url
        command = [sys.executable, "-m", "celery", "--app", "by_celery", "--quiet", "worker"]
        with running([*command, "--pool", "prefork", "--concurrency", str(workers), *self.options]):
            yield Pool()


class Context(Tasks):
    """What it offers."""

    def Queue(self) -> Queue:
        connection = self._stack.enter_context(app.connection_for_write())
        return Queue(self._stack.enter_context(connection.SimpleQueue("queue")))


class Tuned(Tasks):
    """What it offers that can be tuned."""

    options = (
        "--prefetch-multiplier", str(RESERVED), "--without-gossip", "--without-mingle", "--without-heartbeat",
    )  # fmt: skip


def context(method: str | None) -> type[Context]:
    """What it offers, as it is set up unless told otherwise."""
    return Context


def tuned(method: str | None) -> type[Tuned]:
    """What it offers that can be tuned, set up for speed."""
    return Tuned
