"""mpire: pools of its own interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import mpire

__all__ = ["context"]


class Pool:
    """The same methods under the stdlib's names."""

    def __init__(self, workers: int, method: str | None) -> None:
        options = {} if method is None else {"start_method": method}
        self._pool = mpire.WorkerPool(workers, keep_alive=True, **options)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.terminate()

    def apply(self, function: Callable[..., Any], arguments: tuple[Any, ...] = ()) -> Any:
        return self._pool.apply(function, arguments)

    def apply_async(self, function: Callable[..., Any], arguments: tuple[Any, ...] = ()) -> Any:
        return self._pool.apply_async(function, arguments)

    def map(self, function: Callable[..., Any], items: Sequence[Any], chunksize: int | None = None) -> Any:
        return self._pool.map(function, items, chunk_size=chunksize)

    def imap(self, function: Callable[..., Any], items: Sequence[Any]) -> Iterator[Any]:
        results: Iterator[Any] = self._pool.imap(function, items, chunk_size=1)
        return results

    def imap_unordered(self, function: Callable[..., Any], items: Sequence[Any]) -> Iterator[Any]:
        results: Iterator[Any] = self._pool.imap_unordered(function, items, chunk_size=1)
        return results


class Context:
    """What it offers."""

    def __init__(self, method: str | None) -> None:
        self._method = method

    def Pool(self, workers: int) -> Pool:
        return Pool(workers, self._method)


def context(method: str | None) -> Context:
    """What it offers."""
    return Context(method)
