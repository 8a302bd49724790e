"""Queues: items through them, and back and forth."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .crew import seconds_for
from .measurement import NotOffered, Scenario, Unit

__all__ = ["scenarios"]

#: How many items make a batch.
BATCH = 256
#: So that nobody, who is slow to take large items, makes the others hoard memory.
FEW = 64
MEBIBYTE = 1 << 20


def scenarios() -> list[Scenario]:
    """All of them."""
    needs = ("Queue", "Process")
    joinable = ("JoinableQueue", "Process")
    return [
        _rate("small items", needs, _through(_number), brief=True),
        _rate("tuples `(int, str, float)`", needs, _through(_tuple)),
        _rate("small items in batches of 256", needs, _in_batches, brief=True),
        _rate("4 producers, 4 consumers", needs, _through(_number, pairs=4)),
        _rate("bounded, `maxsize=16`", needs, _through(_number, maxsize=16)),
        _rate("`SimpleQueue`", ("SimpleQueue", "Process"), _through(_number, kind="SimpleQueue")),
        _rate("put, get, task_done, join", joinable, _joinable),
        _bytes("4 KiB", 4096, needs, _through(_bytes_of(4096), maxsize=1024)),
        _bytes("1 MiB", MEBIBYTE, needs, _through(_bytes_of(MEBIBYTE), maxsize=FEW), brief=True),
        _bytes("NumPy arrays of 1 MiB", MEBIBYTE, needs, _through(_array, maxsize=FEW)),
        _seconds("there and back, at once", needs, _there_and_back, brief=True),
        _seconds("there and back, after a rest", needs, _there_and_back_after_a_rest),
    ]


def _rate(name: str, needs: tuple[str, ...], run: Callable[[Any, int], float], brief: bool = False) -> Scenario:
    return Scenario("queue", name, Unit.RATE, needs, run, brief=brief)


def _bytes(
    name: str, weight: int, needs: tuple[str, ...], run: Callable[[Any, int], float], brief: bool = False
) -> Scenario:
    return Scenario("queue", name, Unit.BYTES, needs, run, weight=weight, brief=brief)


def _seconds(name: str, needs: tuple[str, ...], run: Callable[[Any, int], float], brief: bool = False) -> Scenario:
    return Scenario("queue", name, Unit.SECONDS, needs, run, brief=brief)


def _number() -> Any:
    return 7


def _tuple() -> Any:
    return (7, "seven", 7.0)


def _bytes_of(length: int) -> Callable[[], Any]:
    return lambda: bytes(length)


def _array() -> Any:
    try:
        import numpy
    except ImportError:
        raise NotOffered("numpy is not installed") from None
    return numpy.zeros(MEBIBYTE // 8)


def _through(
    item: Callable[[], Any], *, pairs: int = 1, maxsize: int = 0, kind: str = "Queue"
) -> Callable[[Any, int], float]:
    """Items from so many producers to as many consumers."""

    def run(context: Any, repetitions: int) -> float:
        thing = item()
        create = getattr(context, kind)
        queue = create(maxsize) if maxsize else create()
        shares = _shares(repetitions, pairs)
        return seconds_for(
            context,
            [(_put, (queue, thing, share)) for share in shares] + [(_get, (queue, share)) for share in shares],
        )

    return run


def _shares(whole: int, parts: int) -> list[int]:
    return [(whole + part) // parts for part in range(parts)]


def _put(queue: Any, item: Any, count: int) -> None:
    put = queue.put
    for _ in range(count):
        put(item)


def _get(queue: Any, count: int) -> None:
    get = queue.get
    for _ in range(count):
        get()


def _in_batches(context: Any, repetitions: int) -> float:
    """As fast as the contestant can: many at a time, if it has the means."""
    queue = context.Queue()
    if not hasattr(queue, "put_many"):
        return seconds_for(context, [(_put, (queue, 7, repetitions)), (_get, (queue, repetitions))])
    return seconds_for(context, [(_put_batches, (queue, 7, repetitions)), (_get_batches, (queue, repetitions))])


def _put_batches(queue: Any, item: Any, count: int) -> None:
    batch = [item] * BATCH
    while count >= BATCH:
        queue.put_many(batch)
        count -= BATCH
    queue.put_many(batch[:count])


def _get_batches(queue: Any, count: int) -> None:
    while count > 0:
        count -= len(queue.get_many(BATCH))


def _joinable(context: Any, repetitions: int) -> float:
    queue = context.JoinableQueue()
    return seconds_for(context, [(_put_and_join, (queue, repetitions)), (_get_and_mark, (queue, repetitions))])


def _put_and_join(queue: Any, count: int) -> None:
    _put(queue, 7, count)
    queue.join()


def _get_and_mark(queue: Any, count: int) -> None:
    for _ in range(count):
        queue.get()
        queue.task_done()


def _there_and_back(context: Any, repetitions: int) -> float:
    there, back = context.Queue(), context.Queue()
    return seconds_for(context, [(_ask, (there, back, repetitions)), (_answer, (there, back, repetitions))])


def _ask(there: Any, back: Any, count: int) -> None:
    for _ in range(count):
        there.put(7)
        back.get()


def _answer(there: Any, back: Any, count: int) -> None:
    for _ in range(count):
        back.put(there.get())


def _there_and_back_after_a_rest(context: Any, repetitions: int) -> float:
    """Both sides have gone to sleep before each question; the rest itself does not count."""
    there, back = context.Queue(), context.Queue()
    answering = context.Process(target=_answer, args=(there, back, repetitions + 1))
    answering.start()
    _ask(there, back, 1)
    seconds = sum(_timed_after_a_rest(there, back) for _ in range(repetitions))
    answering.join()
    return seconds


def _timed_after_a_rest(there: Any, back: Any) -> float:
    time.sleep(0.001)
    start = time.perf_counter()
    _ask(there, back, 1)
    return time.perf_counter() - start
