"""Dask distributed: tasks by a scheduler of its own, in place of the server; its queues and locks live in the scheduler as well."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dask.bag
import distributed
from programs import running, running_modules, until

__all__ = ["context"]

LOCAL = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")


class Result:
    """What a future is called elsewhere."""

    def __init__(self, future: Any) -> None:
        self.get = future.result


class Pool:
    """The same methods under the stdlib's names."""

    def __init__(self, client: distributed.Client) -> None:
        self._client = client

    def apply(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return self.apply_async(function, arguments).get()

    def apply_async(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Result:
        return Result(self._client.submit(function, *arguments, pure=False))

    def map(self, function: Callable[..., Any], items: Sequence[Any], chunksize: int) -> list[Any]:
        if chunksize > 1:
            bag = dask.bag.from_sequence(items, partition_size=chunksize)
            return list(bag.map(function).compute(scheduler=self._client))
        return list(self._client.gather(self._client.map(function, items, pure=False)))


class Context:
    """What it offers."""

    def __init__(self, url: str) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Context:
        directory = self._stack.enter_context(TemporaryDirectory())
        os.environ["DASK_TEMPORARY_DIRECTORY"] = directory
        self._file = Path(directory, "scheduler.json")
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
        self._stack.enter_context(running([*command, "--port", "0", "--scheduler-file", str(self._file), *LOCAL]))
        until(self._file.exists, "the scheduler of Dask")
        self._client = self._stack.enter_context(distributed.Client(scheduler_file=str(self._file)))
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @contextmanager
    def Pool(self, workers: int) -> Iterator[Pool]:
        arguments = ["distributed.cli.dask_worker", "--scheduler-file", str(self._file), "--nthreads", "1", "--no-nanny"]
        with running_modules([*arguments, *LOCAL], workers):
            self._client.wait_for_workers(workers)
            yield Pool(self._client)

    def Queue(self) -> distributed.Queue:
        return distributed.Queue("queue")

    def Lock(self) -> distributed.Lock:
        return distributed.Lock("lock")


def context(method: str | None) -> type[Context]:
    """What it offers."""
    return Context
