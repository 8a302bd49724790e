"""How far a pool is, shown while it goes on: by tqdm if that is installed, else by a plain line on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

__all__ = ["Progress", "follow", "watch"]

#: True, a title, or options for tqdm; False for nothing.
Progress = bool | str | dict[str, Any]

#: Seconds between two looks, and between two changes of a plain line.
_PAUSE = 0.1


def watch(progress: Progress, result: Any, count: int, chunksize: int) -> None:
    """Shows how far a `MapResult` of so many items is, until it is ready."""
    bar = _bar(progress, count)
    shown = 0
    try:
        while True:
            result.wait(_PAUSE)
            is_ready = result.ready()
            done = min(result._progress()[0] * chunksize, count)
            bar.update(done - shown)
            shown = done
            if is_ready:
                return
    finally:
        bar.close()


def follow(progress: Progress, results: Iterator[Any], count: int | None) -> Iterator[Any]:
    """Yields the results and shows how many there were."""
    # Made at once, so that a wrong argument is told where it was given.
    return _follow(_bar(progress, count), results)


def _follow(bar: Any, results: Iterator[Any]) -> Iterator[Any]:
    try:
        for result in results:
            bar.update(1)
            yield result
    finally:
        bar.close()


def _bar(progress: Progress, count: int | None) -> Any:
    options: dict[str, Any]
    if progress is True:
        options = {}
    elif isinstance(progress, str):
        options = {"desc": progress}
    elif isinstance(progress, dict):
        options = dict(progress)
    else:
        raise TypeError(f"progress must be a bool, a title or a dict of options for tqdm, not {progress!r}")
    options.setdefault("total", count)
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return _Line(options.get("desc"), options["total"])
    return tqdm(**options)


class _Line:
    """A line on standard error that is written again and again."""

    def __init__(self, title: str | None, total: int | None) -> None:
        self._title = f"{title}: " if title else ""
        self._total = "" if total is None else f"/{total}"
        self._count = 0
        self._next = 0.0

    def update(self, count: int) -> None:
        self._count += count
        if time.monotonic() >= self._next:
            self._write("")
            self._next = time.monotonic() + _PAUSE

    def close(self) -> None:
        self._write("\n")

    def _write(self, end: str) -> None:
        # A program without standard error is shown nothing.
        if sys.stderr is not None:
            sys.stderr.write(f"\r{self._title}{self._count}{self._total}{end}")
            sys.stderr.flush()
