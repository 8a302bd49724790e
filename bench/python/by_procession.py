"""procession: pools and objects on the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import procession
from programs import running_modules

__all__ = ["context"]


class Context:
    """What it offers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._context = procession.connect(url)

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    @contextmanager
    def Pool(self, workers: int) -> Iterator[Any]:
        arguments = ["procession", "worker", self._url, "--slots", str(workers), "--app", "work"]
        with running_modules(arguments, 1), self._context.Pool() as pool:
            yield pool

    def Queue(self) -> Any:
        return self._context.Queue()

    def dict(self) -> Any:
        return self._context.dict()

    def Lock(self) -> Any:
        return self._context.Lock()


def context(method: str | None) -> type[Context]:
    """What it offers."""
    return Context
