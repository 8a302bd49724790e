"""What the workers of a pool are asked to do, and what comes back."""

import itertools
import os
import threading
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from typing import Any

import numpy
import procession
import pytest


def square(number: int) -> int:
    return number * number


def combine(*arguments: Any, **named: Any) -> tuple[Any, ...]:
    return arguments, sorted(named.items())


def process_number() -> int:
    return os.getpid()


class Scale:
    def __init__(self, factor: int) -> None:
        self.factor = factor
        self.calls = 0

    def times(self, number: int) -> tuple[int, int]:
        self.calls += 1
        return self.factor * number, self.calls


_prepared: list[Any] = []


def prepare(*values: Any) -> None:
    _prepared.extend(values)


def what_was_prepared() -> list[Any]:
    return _prepared


def put(queue: Any, value: Any) -> None:
    queue.put(value)


def put_under_lock(queue: Any, lock: Any, value: Any) -> Any:
    with lock:
        queue.put(value)
    return queue


def test_apply_passes_arguments_and_returns_the_value(context: BaseContext) -> None:
    with context.Pool(2) as pool:
        assert pool.apply(square, (7,)) == 49
        assert pool.apply(combine, [1, 2], {"three": 3}) == ((1, 2), [("three", 3)])
        assert pool.apply(combine) == ((), [])
        assert pool.apply_async(square, args=(5,)).get() == 25
        assert pool.apply(max, ([3, 9, 2],), {"default": 0}) == 9


def test_map_keeps_the_order_whatever_the_chunks(context: BaseContext) -> None:
    with context.Pool(2) as pool:
        for chunksize in (None, 1, 7, 1000):
            assert pool.map(square, range(100), chunksize) == [n * n for n in range(100)]
        assert pool.map(square, iter(range(5))) == [0, 1, 4, 9, 16]
        assert pool.map(square, []) == []
        assert pool.map_async(square, {3: None}).get() == [9]
        assert pool.starmap(pow, [(2, 3), [3, 2], range(1, 3)]) == [8, 9, 1]
        assert pool.starmap_async(pow, zip((2, 3), (4, 5))).get() == [16, 243]


def test_imap_yields_in_order_and_imap_unordered_everything(context: BaseContext) -> None:
    expected = [n * n for n in range(500)]
    with context.Pool(2) as pool:
        for chunksize in (1, 9):
            assert list(pool.imap(square, range(500), chunksize)) == expected
            assert list(pool.imap(square, iter(range(500)), chunksize)) == expected
        assert sorted(pool.imap_unordered(square, range(500))) == expected
        assert sorted(pool.imap_unordered(square, (n for n in range(500)), 11)) == expected
        assert list(pool.imap(square, [])) == []


def test_the_iterator_of_imap_has_a_next_with_a_time_limit() -> None:
    event = procession.Event()
    with procession.Pool(1) as pool:
        results = pool.imap(wait_for, [event])
        with pytest.raises(procession.TimeoutError):
            results.next(timeout=0.01)
        event.set()
        assert results.next() is True
        with pytest.raises(StopIteration):
            results.next()


def wait_for(event: Any) -> bool:
    event.wait()
    return True


def test_imap_reads_an_iterable_that_depends_on_its_results() -> None:
    """As a crawler does, that finds the next addresses in the pages it is given."""
    ready = threading.Semaphore(1)

    def items() -> Iterator[int]:
        for number in range(20):
            ready.acquire()
            yield number

    with procession.Pool(2) as pool:
        for result in pool.imap(square, items()):
            ready.release()
            last = result
    assert last == 19 * 19


def test_imap_with_a_buffersize_reads_no_further_ahead() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    with procession.Pool(2) as pool:
        results = pool.imap(square, items(), buffersize=5)
        for taken, result in enumerate(results, start=1):
            assert result == (taken - 1) ** 2
            assert len(read) <= taken + 5
    assert len(read) == 100


def test_a_closed_pool_finishes_what_imap_is_still_reading() -> None:
    go = threading.Event()

    def items() -> Iterator[int]:
        go.wait()
        yield from range(100)

    with procession.Pool(2) as pool:
        results = pool.imap(square, items())
        pool.close()
        go.set()
        pool.join()
        assert list(results) == [n * n for n in range(100)]


def test_values_of_all_kinds_survive(context: BaseContext) -> None:
    values = [None, True, 1 << 70, -1.5, "text", b"bytes" * 1000, bytearray(b"x"), (1, ("2", 3.0)), [1, {2: {3}}], "\ud800", ...]
    with context.Pool(1) as pool:
        assert pool.map(identity, values) == values


def identity(value: Any) -> Any:
    return value


def test_arrays_come_back_writable() -> None:
    array = numpy.arange(100_000, dtype="f8").reshape(100, 1000)
    with procession.Pool(1) as pool:
        result = pool.apply(identity, (array,))
    assert (result == array).all()
    result += 1


def test_an_object_with_a_state_is_a_new_one_for_every_task(context: BaseContext) -> None:
    scale = Scale(3)
    with context.Pool(1) as pool:
        assert [pool.apply(scale.times, (n,)) for n in (1, 2)] == [(3, 1), (6, 1)]
        # The items of one task share it.
        assert pool.map(scale.times, [1, 2], chunksize=2) == [(3, 1), (6, 2)]


def test_shared_objects_travel_as_arguments_and_results(context: BaseContext) -> None:
    queue, lock = context.Queue(), context.Lock()
    with context.Pool(2) as pool:
        returned = pool.apply(put_under_lock, (queue, lock, "one"))
        pool.map(put_all, [(queue, number) for number in range(10)])
        assert queue.get() == "one"
        assert sorted(queue.get() for _ in range(10)) == list(range(10))
        put(returned, "two")
        assert queue.get() == "two"


def put_all(work: tuple[Any, int]) -> None:
    queue, number = work
    queue.put(number)


def test_the_initializer_runs_once_in_each_worker(context: BaseContext) -> None:
    with context.Pool(1, prepare, ("a", 2)) as pool:
        assert [pool.apply(what_was_prepared) for _ in range(3)] == [["a", 2]] * 3


def test_an_initializer_may_get_what_cannot_be_pickled_under_fork() -> None:
    with procession.get_context("fork").Pool(1, lambda value: prepare(value()), (lambda: "made",)) as pool:
        assert pool.apply(what_was_prepared) == ["made"]


def test_workers_end_after_maxtasksperchild_tasks(context: BaseContext) -> None:
    with context.Pool(1, maxtasksperchild=2) as pool:
        numbers = [pool.apply(process_number) for _ in range(6)]
        assert [len(list(group)) for _, group in itertools.groupby(numbers)] == [2, 2, 2]
        # A chunk is one task.
        numbers = pool.map(process_number_of, range(8), chunksize=4)
        assert len(set(numbers)) == 1


def process_number_of(_item: Any) -> int:
    return os.getpid()


def test_workers_have_the_names_of_the_stdlib() -> None:
    with procession.get_context("fork").Pool(2) as pool:
        assert all(process.name.startswith("ForkPoolWorker-") for process in pool._pool)
        assert all(process.daemon for process in pool._pool)
        assert repr(pool) == "<procession.pool.Pool state=RUN pool_size=2>"


def test_threads_may_share_a_pool() -> None:
    with procession.Pool(2) as pool:
        results: dict[int, list[int]] = {}

        def use(start: int) -> None:
            results[start] = [pool.apply(square, (n,)) for n in range(start, start + 50)]

        threads = [threading.Thread(target=use, args=(start,)) for start in range(0, 400, 50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == {start: [n * n for n in range(start, start + 50)] for start in range(0, 400, 50)}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"processes": 0}, ValueError),
        ({"processes": 1, "maxtasksperchild": 0}, ValueError),
        ({"processes": 1, "maxtasksperchild": "2"}, ValueError),
        ({"processes": 1, "initializer": 5}, TypeError),
    ],
)
def test_settings_that_cannot_be_had_are_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        procession.Pool(**arguments)


def test_a_context_of_the_stdlib_is_taken_for_ours() -> None:
    import multiprocessing

    from procession.pool import Pool

    with Pool(1, context=multiprocessing.get_context("spawn")) as pool:
        assert pool.apply(square, (3,)) == 9
        assert pool._pool[0].name.startswith("SpawnPoolWorker")
