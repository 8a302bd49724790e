"""Locks, and values that they guard."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .crew import seconds_for
from .measurement import Scenario, Unit

__all__ = ["scenarios"]


def scenarios() -> list[Scenario]:
    """All of them."""
    return [
        _seconds("`with` a `Lock`", ("Lock",), _alone("Lock"), brief=True),
        _seconds("`with` an `RLock`", ("RLock",), _alone("RLock")),
        _seconds("`with` a `Semaphore`", ("Semaphore",), _alone("Semaphore")),
        _seconds("acquire and release a `Lock`", ("Lock",), _by_call),
        _rate("`with` a `Lock`, 4 processes at it", ("Lock", "Process"), _contended, brief=True),
        _seconds("`Event`: set, is_set, clear", ("Event",), _event),
        _seconds("`Value`: add under its lock", ("Value",), _value),
    ]


def _seconds(name: str, needs: tuple[str, ...], run: Callable[[Any, int], float], brief: bool = False) -> Scenario:
    return Scenario("lock", name, Unit.SECONDS, needs, run, brief=brief)


def _rate(name: str, needs: tuple[str, ...], run: Callable[[Any, int], float], brief: bool = False) -> Scenario:
    return Scenario("lock", name, Unit.RATE, needs, run, brief=brief)


def _alone(kind: str) -> Callable[[Any, int], float]:
    def run(context: Any, repetitions: int) -> float:
        lock = getattr(context, kind)()
        start = time.perf_counter()
        _hold(lock, repetitions)
        return time.perf_counter() - start

    return run


def _hold(lock: Any, count: int) -> None:
    for _ in range(count):
        with lock:
            pass


def _by_call(context: Any, repetitions: int) -> float:
    lock = context.Lock()
    start = time.perf_counter()
    for _ in range(repetitions):
        lock.acquire()
        lock.release()
    return time.perf_counter() - start


def _contended(context: Any, repetitions: int) -> float:
    lock = context.Lock()
    return seconds_for(context, [(_hold, (lock, (repetitions + part) // 4)) for part in range(4)])


def _event(context: Any, repetitions: int) -> float:
    event = context.Event()
    start = time.perf_counter()
    for _ in range(repetitions):
        event.set()
        event.is_set()
        event.clear()
    return time.perf_counter() - start


def _value(context: Any, repetitions: int) -> float:
    value = context.Value("q", 0)
    start = time.perf_counter()
    for _ in range(repetitions):
        with value.get_lock():
            value.value += 1
    return time.perf_counter() - start
