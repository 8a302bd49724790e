"""Workers that are killed: only what they were doing is lost, and nothing hangs."""

import os
import random
import signal
import threading
import time
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import procession
import programs
import pytest


def square(number: int) -> int:
    return number * number


def end_by(number: int) -> None:
    os.kill(os.getpid(), number)
    signal.pause()


def end_with(code: int) -> None:
    os._exit(code)


def stay(event: Any) -> None:
    event.set()
    signal.pause()


def end_the_first_time(counter: Any) -> str:
    with counter.get_lock():
        counter.value += 1
    if counter.value == 1:
        os._exit(1)
    return "the second time"


def mark_and_stay(directory: str) -> None:
    with open(os.path.join(directory, f"{os.getpid()}-{time.monotonic_ns()}"), "w"):
        pass
    signal.pause()


def process_number() -> int:
    return os.getpid()


def test_a_lost_task_says_which_worker_ended_and_how(context: BaseContext) -> None:
    with context.Pool(1) as pool:
        for task, argument, exitcode in [(end_by, signal.SIGKILL, -signal.SIGKILL), (end_with, 9, 9)]:
            worker = pool.apply(process_number)
            with pytest.raises(procession.WorkerLost) as caught:
                pool.apply(task, (argument,))
            assert (caught.value.pid, caught.value.exitcode) == (worker, exitcode)
            assert str(worker) in str(caught.value)
            assert pool.apply(square, (3,)) == 9


def test_only_the_chunk_of_the_dead_worker_is_lost() -> None:
    with procession.Pool(2) as pool:
        results = [pool.apply_async(square, (n,)) for n in range(20)]
        lost = pool.apply_async(end_with, (1,))
        more = [pool.apply_async(square, (n,)) for n in range(20)]
        with pytest.raises(procession.WorkerLost):
            lost.get()
        assert [result.get() for result in results + more] == [n * n for n in range(20)] * 2


def test_the_death_of_an_idle_worker_costs_nothing(context: BaseContext) -> None:
    with context.Pool(2) as pool:
        for _ in range(3):
            pool.map(square, range(10))
            victim = pool._pool[0]
            os.kill(victim.pid, signal.SIGKILL)
            assert pool.map(square, range(10)) == [n * n for n in range(10)]


def test_a_lost_task_is_run_again_if_that_was_asked_for() -> None:
    counter = procession.Value("i", 0)
    with procession.Pool(1, initializer=remember, initargs=(counter,)) as pool:
        assert pool.apply(with_remembered, (end_the_first_time,), retries=1) == "the second time"
    assert counter.value == 2


_remembered: list[Any] = []


def remember(value: Any) -> None:
    _remembered.append(value)


def with_remembered(task: Any) -> Any:
    return task(_remembered[0])


def test_a_task_past_its_time_is_ended_with_its_worker(context: BaseContext) -> None:
    with context.Pool(1) as pool:
        worker = pool.apply(process_number)
        with pytest.raises(procession.TaskTimeout):
            pool.apply(signal.pause, timeout=0.1)
        assert pool.apply(process_number) != worker
        with pytest.raises(procession.TaskTimeout):
            list(pool.imap(time.sleep, [0, 1000], timeout=0.2))
        assert pool.map(square, range(5), timeout=60) == [0, 1, 4, 9, 16]
        with pytest.raises(ValueError):
            pool.apply(square, (1,), timeout=0)


def test_a_late_task_is_tried_as_often_as_was_asked_for(tmp_path: Path) -> None:
    with procession.Pool(1) as pool:
        with pytest.raises(procession.TaskTimeout):
            pool.apply(mark_and_stay, (str(tmp_path),), timeout=0.1, retries=2)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_running_task_can_be_cancelled() -> None:
    event = procession.Event()
    with procession.Pool(1) as pool:
        running = pool.apply_async(stay, (event,))
        waiting = pool.apply_async(square, (4,))
        event.wait()
        assert running.cancel()
        with pytest.raises(procession.TaskCancelled):
            running.get()
        assert waiting.get() == 16
        assert not waiting.cancel()


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_moments_lose_nothing_but_what_was_running(context: BaseContext, seed: int) -> None:
    chance = random.Random(seed)
    stop = threading.Event()
    killed: set[int] = set()

    def kill_one_after_the_other() -> None:
        while not stop.is_set():
            # One that was ready: starting takes longer than killing.
            victim = pool.apply(process_number)
            killed.add(victim)
            stop.wait(chance.uniform(0.0, 0.02))
            os.kill(victim, signal.SIGKILL)

    with context.Pool(2) as pool:
        killer = threading.Thread(target=kill_one_after_the_other)
        killer.start()
        try:
            results = [pool.apply_async(square, (n,)) for n in range(300)]
            lists = [pool.map_async(square, range(50), 10) for _ in range(10)]
            iterators = [pool.imap(square, range(200)), pool.imap(square, iter(range(200)), 7)]
            for number, result in enumerate(results):
                assert_right_or_lost(result.get, number * number, killed)
            for result in lists:
                assert_right_or_lost(result.get, [n * n for n in range(50)], killed)
            for iterator in iterators:
                count_to_the_end(iterator, killed)
        finally:
            stop.set()
            killer.join()
        pool.close()
        pool.join()


def assert_right_or_lost(get: Any, expected: Any, killed: set[int]) -> None:
    try:
        assert get(timeout=60) == expected
    except procession.WorkerLost as lost:
        assert lost.pid in killed


def count_to_the_end(iterator: Any, killed: set[int]) -> None:
    while True:
        try:
            next(iterator)
        except StopIteration:
            return
        except procession.WorkerLost as lost:
            assert lost.pid in killed


_OWNER = """
import os, signal, sys
import procession

def meet(barrier):
    barrier.wait()
    return os.getpid()

if __name__ == "__main__":
    context = procession.get_context(sys.argv[1])
    pool = context.Pool(2)
    print(*pool.map(meet, [context.Barrier(2)] * 2, 1), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_workers_of_a_killed_owner_end(tmp_path: Path, method: str) -> None:
    # The workers hold the other end of the pipe from which this reads: it ends when they have.
    ended = programs.run(tmp_path, _OWNER, method)
    assert ended.returncode == -signal.SIGKILL
    assert len(set(ended.stdout.split())) == 2
