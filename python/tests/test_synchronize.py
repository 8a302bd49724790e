"""Locks and their kin, as they are used by processes that live."""

import copy
import threading
import warnings
import weakref
from multiprocessing.context import BaseContext
from typing import Any

import procession
import procession.sharedctypes
import procession.synchronize
import pytest


@pytest.mark.parametrize("kind", ["Lock", "RLock", "Semaphore", "BoundedSemaphore"])
def test_locks_are_context_managers(kind: str) -> None:
    lock = getattr(procession, kind)()
    with lock as taken:
        assert taken is True
        assert lock.locked()
    assert not lock.locked()


def in_thread(work: Any) -> Any:
    """What `work()` returns in another thread."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def test_a_lock_is_released_by_anybody() -> None:
    lock = procession.Lock()
    assert lock.acquire()
    assert lock.acquire(block=False) is False
    assert lock.acquire(True, 0.001) is False
    assert lock.acquire(timeout=-1) is False
    in_thread(lock.release)
    assert lock.acquire(False)
    lock.release()
    with pytest.raises(ValueError, match="released too many times"):
        lock.release()


def test_a_reentrant_lock_belongs_to_its_thread() -> None:
    lock = procession.RLock()
    assert lock.acquire() and lock.acquire()
    assert in_thread(lambda: lock.acquire(False)) is False
    lock.release()
    assert in_thread(lambda: lock.acquire(False)) is False
    lock.release()
    assert in_thread(lambda: lock.acquire(False) and lock.release() is None) is True
    with pytest.raises(AssertionError, match="not owned by thread"):
        lock.release()


def test_reprs_say_who_holds_them() -> None:
    lock, reentrant = procession.Lock(), procession.RLock()
    assert repr(lock) == "<Lock(owner=None)>"
    assert repr(reentrant) == "<RLock(None, 0)>"
    with lock, reentrant, reentrant:
        assert repr(lock) == "<Lock(owner=MainProcess)>"
        assert repr(reentrant) == "<RLock(MainProcess, 2)>"
        assert in_thread(lambda: repr(lock)) == "<Lock(owner=SomeOtherThread)>"
        assert in_thread(lambda: repr(reentrant)) == "<RLock(SomeOtherThread, nonzero)>"
    assert repr(procession.Semaphore(3)) == "<Semaphore(value=3)>"
    assert repr(procession.BoundedSemaphore(2)) == "<BoundedSemaphore(value=2, maxvalue=2)>"


def _tell_repr(lock: Any, answers: Any) -> None:
    answers.put(repr(lock))


def test_another_process_sees_that_it_is_another_process(context: BaseContext) -> None:
    lock, answers = context.Lock(), context.Queue()
    process = context.Process(target=_tell_repr, args=(lock, answers))  # type: ignore[attr-defined]
    with lock:
        process.start()
        assert answers.get() == "<Lock(owner=SomeOtherProcess)>"
    process.join()


def test_semaphores_count() -> None:
    semaphore = procession.Semaphore(2)
    assert semaphore.acquire() and semaphore.acquire()
    assert semaphore.acquire(False) is False
    assert semaphore.get_value() == 0
    semaphore.release()
    semaphore.release(2)
    assert semaphore.get_value() == 3
    bounded = procession.BoundedSemaphore(1)
    with pytest.raises(ValueError, match="released too many times"):
        bounded.release()
    assert procession.Semaphore(0).acquire(timeout=0.001) is False


@pytest.mark.parametrize("value", [-1, 2**31])
@pytest.mark.parametrize("kind", ["Semaphore", "BoundedSemaphore"])
def test_impossible_numbers_of_permits_are_refused(kind: str, value: int) -> None:
    with pytest.raises(ValueError, match="permits"):
        getattr(procession, kind)(value)


def test_a_condition_wants_its_lock_held() -> None:
    condition = procession.Condition()
    for use in (condition.wait, condition.notify, condition.notify_all):
        with pytest.raises(AssertionError):
            use()
    with condition:
        assert condition.wait(0.001) is False
        assert condition.wait_for(lambda: False, 0.001) is False
        assert condition.wait_for(lambda: "yes") == "yes"
        condition.notify()
        condition.notify(5)
        condition.notify_all()


def test_a_condition_gives_a_reentrant_lock_up_as_often_as_it_is_held() -> None:
    lock = procession.RLock()
    condition = procession.Condition(lock)
    notified = threading.Event()

    def notify() -> None:
        with condition:
            condition.notify()
            notified.set()

    with lock, condition:
        thread = threading.Thread(target=notify)
        thread.start()
        assert condition.wait(60)
        assert notified.is_set()
        assert lock.depth() == 2
    thread.join()


def test_a_condition_goes_with_our_locks_only() -> None:
    with pytest.raises(TypeError, match="Lock or RLock"):
        procession.Condition(threading.Lock())


def _wait_and_answer(condition: Any, ready: Any, answers: Any) -> None:
    with condition:
        ready.release()
        answers.put(condition.wait(60))


def test_notifications_cross_processes(context: BaseContext) -> None:
    condition, ready, answers = context.Condition(context.Lock()), context.Semaphore(0), context.Queue()
    arguments = (condition, ready, answers)
    processes = [context.Process(target=_wait_and_answer, args=arguments) for _ in range(3)]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    for _ in processes:
        assert ready.acquire(timeout=60)
    # Who has answered holds the lock until it waits.
    with condition:
        condition.notify(2)
    assert [answers.get(), answers.get()] == [True, True]
    with condition:
        condition.notify_all()
    assert answers.get() is True
    for process in processes:
        process.join()


def test_events_stay_set_until_they_are_cleared() -> None:
    event = procession.Event()
    assert not event.is_set() and event.wait(0.001) is False
    event.set()
    event.set()
    assert event.is_set() and event.wait() is True
    event.clear()
    assert event.wait(0) is False
    assert "unset" in repr(event)


def _meet(barrier: Any, answers: Any) -> None:
    answers.put(barrier.wait())


def test_barriers_bring_processes_together(context: BaseContext) -> None:
    barrier, answers = context.Barrier(3), context.Queue()
    processes = [context.Process(target=_meet, args=(barrier, answers)) for _ in range(2)]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    numbers = {barrier.wait(), answers.get(), answers.get()}
    assert numbers == {0, 1, 2}
    for process in processes:
        process.join()
    assert barrier.n_waiting == 0 and barrier.parties == 3 and not barrier.broken


def test_the_last_at_a_barrier_acts_before_the_others_go_on() -> None:
    acts: list[str] = []
    barrier = procession.Barrier(2, action=lambda: acts.append("acted"))
    seen: list[list[str]] = []

    def meet() -> None:
        barrier.wait()
        seen.append(list(acts))

    thread = threading.Thread(target=meet)
    thread.start()
    barrier.wait()
    thread.join()
    assert seen == [["acted"]] and acts == ["acted"]


def test_a_barrier_breaks_when_its_action_fails_or_somebody_gives_up() -> None:
    def fail() -> None:
        raise KeyError("action")

    barrier = procession.Barrier(1, action=fail)
    with pytest.raises(KeyError):
        barrier.wait()
    assert barrier.broken
    with pytest.raises(threading.BrokenBarrierError):
        barrier.wait()
    barrier.reset()
    assert not barrier.broken
    impatient = procession.Barrier(2, timeout=0.001)
    with pytest.raises(threading.BrokenBarrierError):
        impatient.wait()
    assert impatient.broken
    aborted = procession.Barrier(2)
    aborted.abort()
    assert aborted.broken


@pytest.mark.parametrize("parties", [0, -1, 65536])
def test_impossible_numbers_of_parties_are_refused(parties: int) -> None:
    with pytest.raises(ValueError, match="parties"):
        procession.Barrier(parties)


SHARED: dict[str, tuple[Any, ...]] = {
    "Lock": (),
    "RLock": (),
    "Semaphore": (),
    "BoundedSemaphore": (),
    "Condition": (),
    "Event": (),
    "Queue": (),
    "JoinableQueue": (),
    "SimpleQueue": (),
    "Barrier": (2,),
}


@pytest.mark.parametrize("kind", SHARED)
def test_shared_objects_can_be_referred_to_weakly_and_not_be_copied(kind: str) -> None:
    shared = getattr(procession, kind)(*SHARED[kind])
    assert copy.copy(shared) is shared
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.deepcopy(shared)
    reference = weakref.ref(shared)
    assert reference() is shared
    del shared
    assert reference() is None


def _tell_handles(shared: Any, answers: Any) -> None:
    answers.put([thing.handle for thing in shared])


def test_shared_objects_are_the_same_in_every_process(context: BaseContext) -> None:
    shared = [getattr(procession, kind)(*arguments) for kind, arguments in SHARED.items()]
    answers = context.Queue()
    process = context.Process(target=_tell_handles, args=(shared, answers))  # type: ignore[attr-defined]
    process.start()
    assert answers.get() == [thing.handle for thing in shared]
    process.join()


def _count_up(value: Any, array: Any, times: int) -> None:
    for _ in range(times):
        with value.get_lock():
            value.value += 1
        with array:
            array[0] += 1


def test_ctypes_are_guarded_by_our_locks(context: BaseContext) -> None:
    value, array = context.Value("i", 0), context.Array("i", 2)
    assert isinstance(value.get_lock(), procession.synchronize.RLock)
    assert isinstance(array.get_lock(), procession.synchronize.RLock)
    processes = [context.Process(target=_count_up, args=(value, array, 500)) for _ in range(2)]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert value.value == 1000 and array[:] == [1000, 0]
    assert isinstance(procession.sharedctypes.Value("i").get_lock(), procession.synchronize.RLock)


def test_no_warning_without_a_death() -> None:
    lock = procession.Lock()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(100):
            with lock:
                pass
