"""Many machines: tasks and objects that go through a server, which is on this machine here.

Each contestant has a server and two workers of its own for each scenario, which stay for all rounds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

from procession.benchmark.measurement import NotOffered, Scenario, Unit
from redis_server import executable, redis_server
from work import answer, text

__all__ = ["TABLE", "leave", "scenarios"]

TABLE = "cluster"
#: Workers, as many as the smallest machine has processors.
WORKERS = 2
#: Items of a chunk of tasks, or elements that are put and taken at a time.
BATCH = 100
#: Entries of the dict.
ENTRIES = 1000


def scenarios() -> list[Scenario]:
    """All of them, if there is a server to start."""
    try:
        executable()
    except FileNotFoundError as reason:
        print(f"bench: without many machines: {reason}", file=sys.stderr)
        return []
    return [
        _tasks("a task, there and back", Unit.SECONDS, _apply),
        _tasks("tasks, submitted one by one", Unit.RATE, _apply_async, BATCH),
        _tasks("tasks, submitted together", Unit.RATE, _map(1), BATCH),
        _tasks("tasks, submitted together in chunks of 100", Unit.RATE, _map(BATCH), BATCH),
        _object("queue: put and get", Unit.SECONDS, "Queue", _put_and_get),
        _object("queue: put and get in batches of 100", Unit.RATE, "Queue", _in_batches),
        _object("dict: set", Unit.SECONDS, "dict", _set),
        _object("dict: get", Unit.SECONDS, "dict", _get),
        _object("`with` a lock", Unit.SECONDS, "Lock", _hold),
    ]


def leave() -> None:
    """Ends what this process has started, before it ends itself."""
    _started.close()


#: What this process has started: it measures one contestant in one scenario.
_started = ExitStack()

#: Does something so many times, and returns how many seconds that took.
Use = Callable[[Any, int], float]


def _tasks(name: str, unit: Unit, use: Use, weight: int = 1) -> Scenario:
    """Tasks, of which so many at least are measured."""

    @cache
    def pool(context: Any) -> Any:
        url = _started.enter_context(redis_server())
        place = _started.enter_context(context(url))
        pool = _started.enter_context(place.Pool(WORKERS))
        _check(pool.map(answer, _texts(8 * WORKERS), 1), 8 * WORKERS)
        return pool

    def run(context: Any, repetitions: int) -> float:
        return use(pool(context), repetitions * weight)

    return Scenario(TABLE, name, unit, ("Pool",), run, weight=weight)


def _object(name: str, unit: Unit, kind: str, use: Use) -> Scenario:
    @cache
    def create(context: Any) -> Any:
        url = _started.enter_context(redis_server())
        place = _started.enter_context(context(url))
        return getattr(place, kind)()

    return Scenario(TABLE, name, unit, (kind,), lambda context, repetitions: use(create(context), repetitions))


def _texts(count: int) -> list[str]:
    return [text(number) for number in range(count)]


def _check(answers: Any, count: int) -> None:
    """Makes sure that all tasks have been carried out."""
    if list(answers) != [answer(text(number)) for number in range(count)]:
        raise ValueError(f"the results of {count} tasks are not what they should be")


def _apply(pool: Any, repetitions: int) -> float:
    start = time.perf_counter()
    answers = [pool.apply(answer, (question,)) for question in _texts(repetitions)]
    seconds = time.perf_counter() - start
    _check(answers, repetitions)
    return seconds


def _apply_async(pool: Any, repetitions: int) -> float:
    start = time.perf_counter()
    results = [pool.apply_async(answer, (question,)) for question in _texts(repetitions)]
    answers = [result.get() for result in results]
    seconds = time.perf_counter() - start
    _check(answers, repetitions)
    return seconds


def _map(chunksize: int) -> Use:
    def use(pool: Any, repetitions: int) -> float:
        start = time.perf_counter()
        answers = pool.map(answer, _texts(repetitions), chunksize)
        seconds = time.perf_counter() - start
        _check(answers, repetitions)
        return seconds

    return use


def _put_and_get(queue: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for element in _texts(repetitions):
        queue.put(element)
        _expect(queue.get(), element)
    return time.perf_counter() - start


def _in_batches(queue: Any, repetitions: int) -> float:
    if not hasattr(queue, "put_many"):
        raise NotOffered("it puts one at a time")
    elements = _texts(repetitions)
    start = time.perf_counter()
    for first in range(0, repetitions, BATCH):
        batch = elements[first : first + BATCH]
        queue.put_many(batch)
        found: list[str] = []
        while len(found) < len(batch):
            found += queue.get_many(len(batch) - len(found))
        _expect(found, batch)
    return time.perf_counter() - start


def _set(mapping: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for number in range(repetitions):
        mapping[f"key {number % ENTRIES}"] = text(number)
    return time.perf_counter() - start


def _get(mapping: Any, repetitions: int) -> float:
    for number in range(ENTRIES):
        mapping[f"key {number}"] = text(number)
    start = time.perf_counter()
    for number in range(repetitions):
        _expect(mapping[f"key {number % ENTRIES}"], text(number % ENTRIES))
    return time.perf_counter() - start


def _hold(lock: Any, repetitions: int) -> float:
    start = time.perf_counter()
    for _ in range(repetitions):
        with lock:
            pass
    return time.perf_counter() - start


def _expect(found: Any, expected: Any) -> None:
    if found != expected:
        raise ValueError(f"{found!r} was found instead of {expected!r}")
