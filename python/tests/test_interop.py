"""Libraries that take a context, and objects of one package with the processes of the other."""

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from multiprocessing.context import BaseContext
from typing import Any

import joblib
import numpy
import procession
import pytest
from tqdm import tqdm
from tqdm.contrib.concurrent import process_map

_shared: Any = None


def keep(shared: Any) -> None:
    """Initialize a worker with an object that all share."""
    global _shared
    _shared = shared


def square(number: int) -> int:
    return number * number


def put_square(number: int) -> None:
    _shared.put(number * number)


def fail(message: str) -> None:
    raise ValueError(message)


def end_at_once(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def answer(questions: Any, answers: Any) -> None:
    answers.put(questions.get() + 1)


def add_under_lock(lock: Any, value: Any) -> None:
    for _ in range(100):
        with lock:
            value.value += 1


def test_an_executor_maps_in_order(context: BaseContext) -> None:
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        assert list(executor.map(square, range(50), chunksize=7)) == [square(number) for number in range(50)]


def test_an_executor_hands_a_queue_to_its_workers(context: BaseContext) -> None:
    queue = context.Queue()
    with ProcessPoolExecutor(2, mp_context=context, initializer=keep, initargs=(queue,)) as executor:
        list(executor.map(put_square, range(20)))
    assert sorted(queue.get() for _ in range(20)) == [square(number) for number in range(20)]
    queue.close()


def test_an_executor_tells_errors(context: BaseContext) -> None:
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        with pytest.raises(ValueError, match="told"):
            executor.submit(fail, "told").result()


def test_an_executor_whose_worker_is_killed_breaks(context: BaseContext) -> None:
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        with pytest.raises(BrokenProcessPool):
            executor.submit(end_at_once, 1).result()


def test_joblib_takes_a_context_as_its_backend(context: BaseContext) -> None:
    squares = joblib.Parallel(n_jobs=2, backend=context)(joblib.delayed(square)(number) for number in range(20))
    assert squares == [square(number) for number in range(20)]


def test_joblib_shares_arrays_between_workers(context: BaseContext) -> None:
    array = numpy.arange(300_000)
    sums = joblib.Parallel(n_jobs=2, backend=context, max_nbytes=1000)(
        joblib.delayed(numpy.sum)(part) for part in (array, array + 1)
    )
    assert sums == [array.sum(), array.sum() + len(array)]


def test_process_map_of_tqdm_takes_a_context(context: BaseContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tqdm, "_lock", context.RLock(), raising=False)
    squares = process_map(square, range(20), max_workers=2, mp_context=context, tqdm_class=tqdm, disable=True)
    assert squares == [square(number) for number in range(20)]


def test_a_process_of_the_standard_package_takes_our_queues(method: str) -> None:
    ours, theirs = procession.get_context(method), multiprocessing.get_context(method)
    questions, answers = ours.Queue(), ours.Queue()
    process = theirs.Process(target=answer, args=(questions, answers))
    process.start()
    questions.put(1)
    assert answers.get() == 2
    process.join()
    assert process.exitcode == 0


def test_a_process_of_the_standard_package_takes_our_lock(method: str) -> None:
    ours, theirs = procession.get_context(method), multiprocessing.get_context(method)
    lock, value = ours.Lock(), theirs.Value("i", 0, lock=False)
    processes = [theirs.Process(target=add_under_lock, args=(lock, value)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert value.value == 200


def test_our_process_takes_queues_of_the_standard_package(method: str) -> None:
    ours, theirs = procession.get_context(method), multiprocessing.get_context(method)
    questions, answers = theirs.Queue(), theirs.Queue()
    process = ours.Process(target=answer, args=(questions, answers))
    process.start()
    questions.put(1)
    assert answers.get() == 2
    process.join()
    assert process.exitcode == 0


def test_a_pool_of_the_standard_package_takes_our_context(context: BaseContext) -> None:
    from multiprocessing.pool import Pool

    with Pool(2, context=context) as pool:
        assert pool.map(square, range(20)) == [square(number) for number in range(20)]


def test_a_reader_is_readable_only_while_there_are_items() -> None:
    queue = procession.SimpleQueue()
    for item in range(2):
        queue.put(item)
        assert connection.wait([queue._reader])
        assert queue.get() == item
        assert not connection.wait([queue._reader], 0)
