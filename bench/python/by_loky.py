"""loky: pools with the interface of `concurrent.futures`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import loky
from procession.benchmark.measurement import NotOffered

__all__ = ["context"]


class Result:
    """What a future is called elsewhere."""

    def __init__(self, future: Any) -> None:
        self.get = future.result


class Pool:
    """The methods that it has a counterpart of."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor = loky.ProcessPoolExecutor(workers)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exception: object) -> None:
        self._executor.shutdown(kill_workers=True)

    def apply(self, function: Callable[..., Any], arguments: tuple[Any, ...] = ()) -> Any:
        return self._executor.submit(function, *arguments).result()

    def apply_async(self, function: Callable[..., Any], arguments: tuple[Any, ...] = ()) -> Result:
        return Result(self._executor.submit(function, *arguments))

    def map(self, function: Callable[..., Any], items: Sequence[Any], chunksize: int | None = None) -> list[Any]:
        """Chunks as the stdlib makes them, unless told otherwise."""
        return list(self._executor.map(function, items, chunksize=chunksize or -(-len(items) // (4 * self._workers))))

    def imap(self, function: Callable[..., Any], items: Sequence[Any]) -> Iterator[Any]:
        results: Iterator[Any] = self._executor.map(function, items, chunksize=1)
        return results

    def imap_unordered(self, function: Callable[..., Any], items: Sequence[Any]) -> Iterator[Any]:
        raise NotOffered("its results come in order")


class Context:
    """What it offers."""

    Pool = Pool


def context(method: str | None) -> Context:
    """What it offers: its workers are new programs, whatever is asked for."""
    if method not in (None, "spawn"):
        raise NotOffered(method)
    return Context()
