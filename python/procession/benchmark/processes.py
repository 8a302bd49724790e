"""What it costs to start things: a process, a pool, a manager."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .measurement import Scenario, Unit

__all__ = ["scenarios"]

METHODS = ("fork", "spawn", "forkserver")
#: What a package has that does not merely start the processes of another one.
OF_ITS_OWN = ("Process", "Manager")


def scenarios() -> list[Scenario]:
    """All of them."""
    return [
        *(_start(f"a process, by {method}", OF_ITS_OWN, _process, method, method == "fork") for method in METHODS),
        *(_start(f"a pool of 2, its first task, its end, by {method}", ("Pool",), _pool, method) for method in METHODS),
        _start("a manager, a dict, its end, by fork", ("Manager",), _manager, "fork"),
    ]


def _start(
    name: str, needs: tuple[str, ...], run: Callable[[Any, int], float], method: str, brief: bool = False
) -> Scenario:
    return Scenario("start", name, Unit.SECONDS, needs, run, method=method, brief=brief)


def _nothing() -> None:
    """What the processes are to do."""


def _process(context: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for _ in range(repetitions):
        process = context.Process(target=_nothing)
        process.start()
        process.join()
    return time.perf_counter() - start


def _pool(context: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for _ in range(repetitions):
        with context.Pool(2) as pool:
            pool.apply(_nothing)
    return time.perf_counter() - start


def _manager(context: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for _ in range(repetitions):
        with context.Manager() as manager:
            manager.dict()
    return time.perf_counter() - start
