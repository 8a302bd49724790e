"""Queues, as they are used by one process or a few, all of which live."""

import collections
import copyreg
import enum
import functools
import os
import pickle
import queue as standard
import socket
import threading
from multiprocessing.context import BaseContext
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy
import procession
import procession.queues
import pytest


class Color(enum.IntEnum):
    RED = 1


class Text(str):
    pass


Point = collections.namedtuple("Point", "x y")

VALUES = [
    None,
    True,
    False,
    0,
    -1,
    2**63 - 1,
    -(2**63),
    2**63,
    2**200,
    0.0,
    -0.0,
    1.5,
    float("inf"),
    1 + 2j,
    "",
    "text",
    "ünïcödé \U0001f600",
    "\ud800",
    "nul \0 inside",
    b"",
    b"bytes",
    b"x" * 100_000,
    bytearray(b"array"),
    bytearray(b"y" * 100_000),
    (),
    (1,),
    (1, "two", 3.0, None, True, b"six"),
    (1, (2, (3, (4, (5, (6,)))))),
    tuple(range(100)),
    ([1], {"a": 2}),
    [],
    [1, [2, [3]]],
    {"key": ["value"]},
    {1, 2},
    frozenset({1, 2}),
    range(10),
    Color.RED,
    Text("derived"),
    Point(1, 2),
    (Color.RED, Text("derived"), Point(1, 2)),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_a_value_arrives_as_it_was(value: Any) -> None:
    queue = procession.Queue()
    queue.put(value)
    received = queue.get()
    assert received == value
    assert type(received) is type(value)
    if isinstance(value, tuple):
        assert [type(item) for item in received] == [type(item) for item in value]


def test_a_nan_arrives() -> None:
    queue = procession.Queue()
    queue.put(float("nan"))
    received = queue.get()
    assert received != received


def test_what_is_the_same_inside_an_item_stays_the_same() -> None:
    queue = procession.Queue()
    shared: list[Any] = []
    queue.put([shared, shared])
    first, second = queue.get()
    assert first is second


@pytest.mark.parametrize("size", [0, 1, 7, 100, 100_000])
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8", "c16"])
def test_arrays_arrive_writable_and_aligned(size: int, dtype: str) -> None:
    queue = procession.Queue()
    array = numpy.arange(size).astype(dtype)
    queue.put((array, {"again": array, "every other": array[::2]}))
    received, others = queue.get()
    assert numpy.array_equal(received, array)
    assert received.dtype == array.dtype
    assert received.flags.writeable and received.flags.aligned
    assert numpy.array_equal(others["every other"], array[::2])
    received[:] = 0


def test_an_array_that_cannot_be_written_arrives_so() -> None:
    queue = procession.Queue()
    array = numpy.arange(1000)
    array.flags.writeable = False
    queue.put(array)
    assert not queue.get().flags.writeable


def test_an_array_outlives_the_queue_it_came_through() -> None:
    queue = procession.Queue()
    queue.put(numpy.ones(100_000))
    received = queue.get()
    del queue
    assert received.sum() == 100_000


def test_the_item_is_what_it_was_when_it_was_put() -> None:
    queue = procession.Queue()
    item = [1]
    queue.put(item)
    item.append(2)
    assert queue.get() == [1]


def test_what_cannot_be_pickled_is_refused_by_put_and_leaves_nothing() -> None:
    queue = procession.Queue()
    with pytest.raises((pickle.PicklingError, AttributeError)):
        queue.put(lambda: None)
    with pytest.raises(TypeError):
        queue.put([1, threading.Lock()])
    assert queue.empty()
    queue.put("next")
    assert queue.get() == "next"


class Fickle:
    """Can be pickled, and not unpickled."""

    def __reduce__(self) -> Any:
        return functools.partial(int), ("no number",)


def test_what_cannot_be_unpickled_raises_from_get_and_is_gone() -> None:
    queue = procession.Queue()
    queue.put(Fickle())
    queue.put("next")
    with pytest.raises(ValueError, match="no number"):
        queue.get()
    assert queue.get() == "next"


def test_get_many_returns_the_others_if_one_cannot_be_unpickled() -> None:
    queue = procession.Queue()
    queue.put_many([1, Fickle(), [2]])
    with pytest.raises(ValueError, match="no number") as caught:
        queue.get_many(10)
    assert caught.value.items == [1, [2]]  # type: ignore[attr-defined]


class Registered:
    def __init__(self, number: int) -> None:
        self.number = number


def restore(number: int) -> Registered:
    return Registered(-number)


@pytest.mark.parametrize("registry", [ForkingPickler.register, copyreg.pickle])
def test_reducers_are_honoured_even_if_they_are_registered_late(registry: Any) -> None:
    class Late(Registered):
        pass

    queue = procession.Queue()
    registry(Late, lambda late: (restore, (late.number,)))
    try:
        queue.put(Late(5))
        assert queue.get().number == -5
    finally:
        ForkingPickler._extra_reducers.pop(Late, None)  # type: ignore[attr-defined]
        copyreg.dispatch_table.pop(Late, None)


def test_sockets_and_connections_travel() -> None:
    queue = procession.Queue()
    here, there = socket.socketpair()
    one, other = procession.Pipe()
    queue.put((there, other))
    received_socket, received_connection = queue.get()
    here.sendall(b"word")
    assert received_socket.recv(4) == b"word"
    one.send("word")
    assert received_connection.recv() == "word"
    for end in (here, there, received_socket, one, other, received_connection):
        end.close()


def test_cloudpickle_carries_lambdas() -> None:
    queue = procession.Queue(serializer="cloudpickle")
    secret = 41
    queue.put(lambda number: number + secret)
    assert queue.get()(1) == 42


def test_a_serializer_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="serializer must be 'pickle' or 'cloudpickle'"):
        procession.Queue(serializer="telepathy")


def _answer(queue: Any, answers: Any) -> None:
    answers.put(queue.get()(1))


def test_the_serializer_goes_along_with_the_queue(context: BaseContext) -> None:
    there, back = context.Queue(serializer="cloudpickle"), context.Queue()  # type: ignore[call-arg]
    process = context.Process(target=_answer, args=(there, back))  # type: ignore[attr-defined]
    process.start()
    there.put(lambda number: number + 1)
    assert back.get() == 2
    process.join()


@pytest.mark.parametrize("kind", ["Queue", "JoinableQueue"])
def test_limits_are_kept(kind: str) -> None:
    queue = getattr(procession, kind)(maxsize=2)
    assert queue.empty() and not queue.full() and queue.qsize() == 0
    queue.put(1)
    queue.put_nowait(2)
    assert queue.full() and queue.qsize() == 2
    with pytest.raises(standard.Full):
        queue.put_nowait(3)
    with pytest.raises(standard.Full):
        queue.put(3, timeout=0.001)
    with pytest.raises(standard.Full):
        queue.put(3, True, -1)
    assert [queue.get(), queue.get_nowait()] == [1, 2]
    with pytest.raises(standard.Empty):
        queue.get_nowait()
    with pytest.raises(standard.Empty):
        queue.get(timeout=0.001)
    with pytest.raises(standard.Empty):
        queue.get(True, -1)


@pytest.mark.parametrize("maxsize", [0, -1])
def test_a_queue_without_limit_takes_more_than_any_pipe(maxsize: int) -> None:
    queue = procession.Queue(maxsize)
    for number in range(100_000):
        queue.put(number)
    assert queue.qsize() == 100_000 and not queue.full()
    assert sum(queue.get() for _ in range(100_000)) == sum(range(100_000))


def test_put_many_and_get_many_keep_the_order_and_the_limit() -> None:
    queue = procession.Queue(maxsize=5)
    assert queue.put_many(iter(range(8)), False) == 5
    with pytest.raises(standard.Full):
        queue.put_many([8], False)
    assert queue.get_many(3) == [0, 1, 2]
    assert queue.put_many([], False) == 0
    assert queue.get_many(100) == [3, 4]
    with pytest.raises(standard.Empty):
        queue.get_many(1, False)
    assert queue.get_many(0) == []


def test_put_many_takes_items_of_every_kind() -> None:
    queue = procession.Queue()
    items = [1, "two", b"3" * 1_000_000, [4], numpy.arange(1000), procession.Lock(), None]
    assert queue.put_many(items) == len(items)
    received = queue.get_many(100)
    assert received[:4] == items[:4]
    assert numpy.array_equal(received[4], items[4])
    assert received[5].handle == items[5].handle
    assert received[6] is None


def _feed(queue: Any, count: int) -> None:
    queue.put_many(range(count))


def test_put_many_waits_for_room(context: BaseContext) -> None:
    queue = context.Queue(maxsize=3)
    process = context.Process(target=_feed, args=(queue, 1000))  # type: ignore[attr-defined]
    process.start()
    received: list[int] = []
    while len(received) < 1000:
        received.extend(queue.get_many(7))  # type: ignore[attr-defined]
    assert received == list(range(1000))
    process.join()


def _put_and_end(queue: Any) -> None:
    queue.put(b"x" * 10_000_000)


def test_a_large_item_outlives_its_producer(context: BaseContext) -> None:
    queue = context.Queue()
    process = context.Process(target=_put_and_end, args=(queue,))  # type: ignore[attr-defined]
    process.start()
    # With a feeder thread this would wait for ever: nobody has read anything yet.
    process.join()
    assert process.exitcode == 0
    assert len(queue.get()) == 10_000_000


def test_closing_concerns_this_process_alone() -> None:
    queue = procession.Queue()
    queue.put(1)
    twin = queue._another_handle()
    queue.close()
    for use in (queue.get, queue.get_nowait, lambda: queue.put(2), lambda: queue.put_many([2]), lambda: queue.get_many(1)):
        with pytest.raises(ValueError, match="is closed"):
            use()
    queue.join_thread()
    queue.cancel_join_thread()
    assert twin.get() == 1


def test_join_thread_wants_the_queue_closed() -> None:
    with pytest.raises(AssertionError):
        procession.Queue().join_thread()


@pytest.mark.parametrize("kind", ["Queue", "JoinableQueue"])
def test_a_queue_that_is_shut_down_ends_when_it_is_empty(kind: str) -> None:
    queue = getattr(procession, kind)()
    queue.put_many([1, 2])
    queue.shutdown()
    with pytest.raises(procession.ShutDown):
        queue.put(3)
    assert [queue.get(), queue.get()] == [1, 2]
    for use in (queue.get, queue.get_nowait, lambda: queue.get_many(3)):
        with pytest.raises(procession.ShutDown):
            use()


@pytest.mark.parametrize("kind", ["Queue", "JoinableQueue"])
def test_an_immediate_shutdown_throws_everything_away(kind: str) -> None:
    queue = getattr(procession, kind)()
    queue.put_many(range(5000))
    queue.shutdown(immediate=True)
    with pytest.raises(procession.ShutDown):
        queue.get()
    if kind == "JoinableQueue":
        assert queue.join(timeout=60)


def _wait_for_the_end(queue: Any, answers: Any) -> None:
    answers.put("waiting")
    try:
        queue.get()
    except procession.ShutDown:
        answers.put("ended")


def test_shutting_down_wakes_those_who_wait(context: BaseContext) -> None:
    queue, answers = context.Queue(), context.Queue()
    process = context.Process(target=_wait_for_the_end, args=(queue, answers))  # type: ignore[attr-defined]
    process.start()
    assert answers.get() == "waiting"
    queue.shutdown()  # type: ignore[attr-defined]
    assert answers.get() == "ended"
    process.join()


def test_tasks_are_counted() -> None:
    queue = procession.JoinableQueue()
    assert queue.join() is True
    queue.put(1)
    queue.put(2)
    assert queue.join(timeout=0.001) is False
    queue.get()
    queue.task_done()
    assert queue.unfinished() == 1
    assert queue.join(timeout=0) is False
    queue.get()
    queue.task_done()
    assert queue.join() is True
    with pytest.raises(ValueError, match="task_done"):
        queue.task_done()


@pytest.mark.parametrize("on_lost", ["lose", "", "Report"])
def test_a_policy_that_does_not_exist_is_refused(on_lost: str) -> None:
    with pytest.raises(ValueError, match="on_lost must be"):
        procession.JoinableQueue(on_lost=on_lost)


def test_simple_queues_do_the_simple_things() -> None:
    queue = procession.SimpleQueue()
    assert queue.empty()
    queue.put([1])
    assert not queue.empty()
    assert queue.get() == [1]
    queue.close()
    for use in (queue.get, lambda: queue.put(1), queue.empty):
        with pytest.raises(OSError, match="closed"):
            use()


def test_queues_travel_through_queues() -> None:
    outer, inner = procession.Queue(), procession.JoinableQueue(maxsize=1)
    inner.put("word")
    outer.put({"inner": inner, "lock": procession.Lock(), "again": inner})
    # What the item holds is all that is left of it.
    del inner
    received = outer.get()
    assert received["inner"] is received["again"]
    assert received["inner"].get() == "word"
    received["inner"].task_done()
    assert received["inner"].join()
    assert received["inner"].full() is False


def test_a_queue_is_pickled_for_nothing_but_procession() -> None:
    with pytest.raises(RuntimeError, match="inheritance"):
        pickle.dumps(procession.Queue())


def test_derived_queues_keep_what_is_theirs(context: BaseContext) -> None:
    queue = Tagged(tag="mine")
    answers = context.Queue()
    process = context.Process(target=_tell_tag, args=(queue, answers))  # type: ignore[attr-defined]
    process.start()
    assert answers.get() == ("Tagged", "mine")
    process.join()


class Tagged(procession.queues.Queue):
    def __init__(self, maxsize: int = 0, *, tag: str = "") -> None:
        super().__init__(maxsize)
        self.tag = tag

    def __new__(cls, maxsize: int = 0, *, tag: str = "", **options: Any) -> Any:
        return super().__new__(cls, maxsize, **options)


def _tell_tag(queue: Any, answers: Any) -> None:
    answers.put((type(queue).__name__, queue.tag))


def test_a_small_array_does_not_keep_the_memory_of_a_large_item() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    queue = procession.Queue()
    large, small = bytes(2 << 20), numpy.zeros(4)
    before = resident()
    kept = []
    for _ in range(100):
        queue.put(large)
        queue.get()
        queue.put(small)
        kept.append(queue.get())
    # The session's memory is resident as well.
    assert resident() - before < 50 << 20
    assert all(array.tolist() == [0.0] * 4 for array in kept)
