"""RQ: tasks by lists of a Redis server, with their results on it.

Its usual worker starts a process for each task. These are of the kind that does not, `SimpleWorker`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
import rq
from procession.benchmark.measurement import NotOffered
from programs import running_modules, until

__all__ = ["context"]

#: Seconds in which a result comes.
PATIENCE = 30


class Result:
    """What a job is called elsewhere."""

    def __init__(self, job: Any) -> None:
        self._job = job

    def get(self) -> Any:
        result = self._job.latest_result(timeout=PATIENCE)
        if result is None or result.type is not result.Type.SUCCESSFUL:
            raise RuntimeError(f"the task has failed: {result}")
        return result.return_value


class Pool:
    """The same methods under the stdlib's names."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def apply(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return self.apply_async(function, arguments).get()

    def apply_async(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Result:
        return Result(self._queue.enqueue_call(function, arguments))

    def map(self, function: Callable[..., Any], items: Sequence[Any], chunksize: int) -> list[Any]:
        if chunksize > 1:
            raise NotOffered("it has no chunks")
        jobs = self._queue.enqueue_many([rq.Queue.prepare_data(function, (item,)) for item in items])
        return [Result(job).get() for job in jobs]


class Context:
    """What it offers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = redis.Redis.from_url(url)

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    @contextmanager
    def Pool(self, workers: int) -> Iterator[Pool]:
        arguments = ["rq.cli", "worker", "--quiet", "--worker-class", "rq.worker.SimpleWorker", "--url", self._url]
        with running_modules(arguments, workers):
            until(lambda: rq.Worker.count(connection=self._connection) == workers, "workers of RQ")
            yield Pool(rq.Queue(connection=self._connection))


def context(method: str | None) -> type[Context]:
    """What it offers."""
    return Context
