"""What a kill of any participant does to the others: what the class says under "If a process dies", and never a hang."""

import os
import random
import select
import signal
import threading
import warnings
from multiprocessing.context import BaseContext
from typing import Any

import procession
import pytest


@pytest.fixture(params=["fork", "spawn"])
def context(request: pytest.FixtureRequest) -> BaseContext:
    """A copied and a fresh victim in turn."""
    return procession.get_context(request.param)


def kill(process: Any) -> None:
    """Kill a process and wait until it has ended."""
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL


def _hold(lock: Any, ready: Any) -> None:
    lock.acquire()
    ready.set()
    threading.Event().wait()


def victim(context: BaseContext, target: Any, *arguments: Any) -> Any:
    """A process that does `target(*arguments, ready)` and has said that it is ready."""
    ready = context.Event()
    process = context.Process(target=target, args=(*arguments, ready), daemon=True)  # type: ignore[attr-defined]
    process.start()
    assert ready.wait(60)
    return process


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_lock_outlives_its_holder_and_says_so_once(context: BaseContext, kind: str) -> None:
    lock = getattr(context, kind)()
    process = victim(context, _hold, lock)
    assert lock.acquire(timeout=0.001) is False
    kill(process)
    with pytest.warns(procession.LockAbandonedWarning, match=str(process.pid)):
        assert lock.acquire()
    lock.release()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with lock:
            pass


def test_a_warning_that_is_an_error_leaves_the_lock_free(context: BaseContext) -> None:
    lock = context.Lock()
    kill(victim(context, _hold, lock))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(procession.LockAbandonedWarning):
            lock.acquire()
    assert lock.acquire(timeout=60)
    lock.release()


def test_whoever_waits_for_a_lock_gets_it_when_the_holder_dies(context: BaseContext) -> None:
    lock = context.Lock()
    process = victim(context, _hold, lock)
    got: list[bool] = []

    def wait() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            got.append(lock.acquire(timeout=60))

    thread = threading.Thread(target=wait)
    thread.start()
    kill(process)
    thread.join()
    assert got == [True]


def _wait_in(condition: Any, ready: Any) -> None:
    with condition:
        ready.set()
        condition.wait()


def test_notifying_does_not_wait_for_the_dead(context: BaseContext) -> None:
    condition = context.Condition()
    process = victim(context, _wait_in, condition)
    with condition:
        pass
    kill(process)
    with condition:
        condition.notify_all()
        condition.notify(3)
        assert condition.wait(0.001) is False


def _wait_for(event: Any, ready: Any) -> None:
    ready.set()
    event.wait()


def test_an_event_is_set_although_a_waiter_died(context: BaseContext) -> None:
    event = context.Event()
    kill(victim(context, _wait_for, event))
    event.set()
    assert event.wait(60)


def test_a_barrier_breaks_when_somebody_dies_at_it(context: BaseContext) -> None:
    barrier = context.Barrier(3)
    process = victim(context, _wait_for, barrier)
    outcomes: list[str] = []

    def meet() -> None:
        try:
            barrier.wait(60)
        except threading.BrokenBarrierError:
            outcomes.append("broken")

    thread = threading.Thread(target=meet)
    thread.start()
    while barrier.n_waiting < 2:
        threading.Event().wait(0.001)
    kill(process)
    thread.join()
    assert outcomes == ["broken"]


def _take(queue: Any, count: int, ready: Any) -> None:
    for _ in range(count):
        queue.get()
    ready.set()
    threading.Event().wait()


def test_lost_items_are_reported_once(context: BaseContext) -> None:
    queue = context.JoinableQueue()
    queue.put_many(range(5))  # type: ignore[attr-defined]
    process = victim(context, _take, queue, 2)
    kill(process)
    with pytest.raises(procession.ConsumerLost, match=str(process.pid)) as caught:
        queue.join()
    assert (caught.value.pid, caught.value.count) == (process.pid, 2)
    for _ in range(3):
        queue.get()
        queue.task_done()
    assert queue.join(60)  # type: ignore[call-arg]


def test_lost_items_are_delivered_again(context: BaseContext) -> None:
    queue = context.JoinableQueue(on_lost="redeliver")  # type: ignore[call-arg]
    queue.put_many(range(5))  # type: ignore[attr-defined]
    kill(victim(context, _take, queue, 2))
    received = sorted(queue.get(timeout=60) for _ in range(5))
    assert received == list(range(5))
    for _ in range(5):
        queue.task_done()
    assert queue.join(60)  # type: ignore[call-arg]


def test_lost_items_can_be_ignored(context: BaseContext) -> None:
    queue = context.JoinableQueue(on_lost="ignore")  # type: ignore[call-arg]
    queue.put(1)
    kill(victim(context, _take, queue, 1))
    assert queue.join(60)  # type: ignore[call-arg]


def test_permits_come_back_if_they_are_attributed(context: BaseContext) -> None:
    semaphore = context.Semaphore(1, attributed=True)  # type: ignore[call-arg]
    kill(victim(context, _hold, semaphore))
    assert semaphore.acquire(timeout=60)


def _put_without_end(queue: Any, producer: int) -> None:
    number = 0
    while True:
        queue.put((producer, number, b"x" * random.choice((1, 100, 10_000, 300_000))))
        number += 1


def test_a_producer_that_is_killed_anywhere_leaves_whole_items(context: BaseContext) -> None:
    queue = context.Queue(maxsize=50)
    last: dict[int, int] = {}
    for round_number in range(10):
        process = context.Process(target=_put_without_end, args=(queue, round_number), daemon=True)  # type: ignore[attr-defined]
        process.start()
        for _ in range(random.randrange(1, 100)):
            take(queue, last)
        kill(process)
    while not queue.empty():
        take(queue, last)
    queue.put("still works")
    assert queue.get() == "still works"


def take(queue: Any, last: dict[int, int]) -> None:
    """Take an item, which must be the next of its producer."""
    producer, number, contents = queue.get(timeout=60)
    assert set(contents) == {ord("x")}
    assert number == last.get(producer, -1) + 1
    last[producer] = number


def _get_without_end(queue: Any, seen: Any) -> None:
    while True:
        seen.put(queue.get())


def test_consumers_that_are_killed_anywhere_take_no_item_twice(context: BaseContext) -> None:
    queue, seen = context.Queue(), context.Queue()
    queue.put_many(range(20_000))  # type: ignore[attr-defined]
    received: list[int] = []
    killed = 0
    while not queue.empty():
        process = context.Process(target=_get_without_end, args=(queue, seen), daemon=True)  # type: ignore[attr-defined]
        process.start()
        received.append(seen.get(timeout=60))
        kill(process)
        killed += 1
        if killed == 10:
            while not queue.empty():
                received.append(queue.get())
    while not seen.empty():
        received.append(seen.get())
    assert len(received) == len(set(received))
    # Each victim may have had one that it had taken and not passed on.
    assert len(received) >= 20_000 - killed


def _put_one_and_die(queue: Any) -> None:
    queue.put("last words")
    os.kill(os.getpid(), signal.SIGKILL)


def test_last_words_arrive(context: BaseContext) -> None:
    queue = context.Queue()
    process = context.Process(target=_put_one_and_die, args=(queue,))  # type: ignore[attr-defined]
    process.start()
    process.join()
    assert queue.get(timeout=60) == "last words"


def _live_on() -> None:
    threading.Event().wait()


def _start_daemon(pids: Any) -> None:
    context = procession.get_context("spawn")
    process = context.Process(target=_live_on, daemon=True)
    process.start()
    pids.put(process.pid)
    threading.Event().wait()


def test_a_daemonic_child_ends_with_a_parent_that_is_killed(context: BaseContext) -> None:
    pids = context.Queue()
    parent = context.Process(target=_start_daemon, args=(pids,))  # type: ignore[attr-defined]
    parent.start()
    child = os.pidfd_open(pids.get(timeout=60))
    kill(parent)
    readable, _, _ = select.select([child], [], [], 60)
    os.close(child)
    assert readable
