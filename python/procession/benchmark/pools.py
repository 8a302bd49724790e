"""Pools: single tasks, many tasks, large arguments."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .measurement import NotOffered, Scenario, Unit

__all__ = ["scenarios"]

#: Workers, as many as the smallest machine has processors.
WORKERS = 2
MEBIBYTE = 1 << 20


def scenarios() -> list[Scenario]:
    """All of them."""
    return [
        _seconds("`apply`, at once", _apply, brief=True),
        _seconds("`apply`, after a rest", _apply_after_a_rest),
        _rate("`apply_async`, all results", _apply_async),
        _rate("`map`, tiny tasks", _map, brief=True),
        _rate("`map`, `chunksize=1`", _map_one_by_one),
        _rate("`imap`, `chunksize=1`", _imap, brief=True),
        _rate("`imap_unordered`, `chunksize=1`", _imap_unordered),
        _bytes("NumPy arguments of 1 MiB", _large_arguments),
        _bytes("NumPy results of 1 MiB", _large_results),
    ]


def _seconds(name: str, run: Callable[[Any, int], float], brief: bool = False) -> Scenario:
    return Scenario("pool", name, Unit.SECONDS, ("Pool",), _in_a_pool(run), brief=brief)


def _rate(name: str, run: Callable[[Any, int], float], brief: bool = False) -> Scenario:
    return Scenario("pool", name, Unit.RATE, ("Pool",), _in_a_pool(run), brief=brief)


def _bytes(name: str, run: Callable[[Any, int], float]) -> Scenario:
    return Scenario("pool", name, Unit.BYTES, ("Pool",), _in_a_pool(run), weight=MEBIBYTE)


def _in_a_pool(run: Callable[[Any, int], float]) -> Callable[[Any, int], float]:
    """With a pool whose workers are all there."""

    def with_pool(context: Any, repetitions: int) -> float:
        with context.Pool(WORKERS) as pool:
            pool.map(_same, range(4 * WORKERS))
            return run(pool, repetitions)

    return with_pool


def _same(value: Any) -> Any:
    """The tiny task."""
    return value


def _size(array: Any) -> int:
    return int(array.nbytes)


def _zeros(length: int) -> Any:
    import numpy

    return numpy.zeros(length // 8)


def _apply(pool: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for number in range(repetitions):
        pool.apply(_same, (number,))
    return time.perf_counter() - start


def _apply_after_a_rest(pool: Any, repetitions: int) -> float:
    """The workers have gone to sleep before each task; the rest itself does not count."""
    seconds = 0.0
    for number in range(repetitions):
        time.sleep(0.001)
        start = time.perf_counter()
        pool.apply(_same, (number,))
        seconds += time.perf_counter() - start
    return seconds


def _apply_async(pool: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for result in [pool.apply_async(_same, (number,)) for number in range(repetitions)]:
        result.get()
    return time.perf_counter() - start


def _map(pool: Any, repetitions: int) -> float:
    start = time.perf_counter()
    pool.map(_same, range(repetitions))
    return time.perf_counter() - start


def _map_one_by_one(pool: Any, repetitions: int) -> float:
    start = time.perf_counter()
    pool.map(_same, range(repetitions), 1)
    return time.perf_counter() - start


def _imap(pool: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for _ in pool.imap(_same, range(repetitions)):
        pass
    return time.perf_counter() - start


def _imap_unordered(pool: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for _ in pool.imap_unordered(_same, range(repetitions)):
        pass
    return time.perf_counter() - start


def _large_arguments(pool: Any, repetitions: int) -> float:
    _need_numpy()
    array = _zeros(MEBIBYTE)
    start = time.perf_counter()
    for _ in range(repetitions):
        pool.apply(_size, (array,))
    return time.perf_counter() - start


def _large_results(pool: Any, repetitions: int) -> float:
    _need_numpy()
    start = time.perf_counter()
    for _ in range(repetitions):
        pool.apply(_zeros, (MEBIBYTE,))
    return time.perf_counter() - start


def _need_numpy() -> None:
    try:
        import numpy  # noqa: F401
    except ImportError:
        raise NotOffered("numpy is not installed") from None
