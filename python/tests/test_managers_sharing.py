"""Objects of managers on their way between processes, inside each other, and after a death."""

import copy
import gc
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import numpy
import procession
import programs
import pytest


@pytest.fixture
def manager() -> Iterator[Any]:
    with procession.Manager() as manager:
        yield manager


KINDS: dict[str, tuple[Any, ...]] = {
    "dict": (),
    "list": (),
    "Namespace": (),
    "Value": ("i", 1),
    "Array": ("i", [1, 2]),
    "Queue": (),
    "JoinableQueue": (),
    "Lock": (),
    "RLock": (),
    "Semaphore": (),
    "BoundedSemaphore": (),
    "Condition": (),
    "Event": (),
    "Barrier": (2,),
}


def change_everything(objects: dict[str, Any]) -> None:
    with objects["Lock"], objects["RLock"], objects["Semaphore"], objects["BoundedSemaphore"], objects["Condition"]:
        objects["dict"]["a"] = os.getpid()
        objects["list"].append(os.getpid())
        objects["Namespace"].x = os.getpid()
        objects["Value"].value = os.getpid()
        objects["Array"][0] = os.getpid()
        objects["Queue"].put(os.getpid())
        objects["JoinableQueue"].put(os.getpid())
        objects["Event"].set()
        objects["Condition"].notify_all()
    objects["Barrier"].wait()


@pytest.mark.parametrize("inside", ["arguments", "a dict"])
def test_all_of_them_reach_a_child(context: BaseContext, manager: Any, inside: str) -> None:
    objects = {kind: getattr(manager, kind)(*args) for kind, args in KINDS.items()}
    shared = objects if inside == "arguments" else manager.dict(objects)
    child = context.Process(target=change_everything, args=(shared,))
    child.start()
    objects["Barrier"].wait()
    pid = child.pid
    assert objects["Event"].wait()
    assert [objects["Queue"].get(), objects["JoinableQueue"].get()] == [pid, pid]
    assert objects["dict"].copy() == {"a": pid} and objects["list"][:] == [pid]
    assert (objects["Namespace"].x, objects["Value"].value, objects["Array"][:].tolist()) == (pid, pid, [pid, 2])
    child.join()
    assert child.exitcode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_pickled_anywhere(manager: Any, kind: str) -> None:
    shared = getattr(manager, kind)(*KINDS[kind])
    pickled = pickle.dumps(shared)
    again = pickle.loads(pickled)
    assert type(again) is type(shared) and again._id == shared._id
    assert repr(again).partition(" at ")[0] == repr(shared).partition(" at ")[0]
    assert copy.copy(shared)._id == shared._id
    if kind in ("dict", "list", "Namespace", "Value", "Array"):
        assert str(copy.deepcopy(shared)) == str(shared)
    del shared, again
    gc.collect()
    with pytest.raises(procession.StaleHandleError):
        pickle.loads(pickled)


def put_one_into(connection: Any) -> None:
    connection.recv().append(os.getpid())
    connection.send(None)


def test_through_a_pipe(context: BaseContext, manager: Any) -> None:
    ours, theirs = context.Pipe()
    child = context.Process(target=put_one_into, args=(theirs,))
    values = manager.list()
    child.start()
    ours.send(values)
    assert ours.recv() is None
    assert values[:] == [child.pid]
    child.join()


def test_a_stranger_is_told(tmp_path: Path, manager: Any) -> None:
    pickled = pickle.dumps(manager.dict())
    program = f"import pickle\ntry:\n    pickle.loads({pickled!r})\nexcept RuntimeError as error:\n    print(error)\n"
    ended = programs.run(tmp_path, program)
    assert "does not take part in the session" in ended.stdout, ended.stderr


def test_nested_objects_live_as_long_as_what_they_are_in(manager: Any) -> None:
    outer = manager.dict(inner=manager.list([1]))
    gc.collect()
    assert type(outer["inner"]) is type(manager.list())
    outer["inner"].append(2)
    assert outer["inner"][:] == [1, 2]
    assert str(outer).startswith("{'inner': <ListProxy object, typeid 'list' at 0x")
    kept = outer["inner"]
    outer.clear()
    gc.collect()
    kept.append(3)
    assert kept[:] == [1, 2, 3]
    stale = pickle.dumps(kept)
    del kept
    gc.collect()
    with pytest.raises(procession.StaleHandleError):
        pickle.loads(stale)


def test_nested_in_everything(manager: Any) -> None:
    values = manager.list()
    holders = [
        manager.list([values])[0],
        manager.list([[values]])[0][0],
        manager.Value("O", {"key": (values,)}).value["key"][0],
        manager.Namespace(values=values).values,
        manager.dict({1.0: values}).popitem()[1],
        manager.dict(key=values).pop("key"),
        manager.dict(key=values).items()[0][1],
        manager.list([0, values]).pop(),
        manager.list([values, 0]).pop(0),
        manager.list([values] * 2)[-2],
        manager.list([values])[:][0],
        list(manager.list([values]))[0],
        manager.dict().setdefault("key", values),
        manager.dict(key=values).update_with("key", lambda value: value),
    ]
    queue = manager.Queue()
    queue.put({"key": values})
    holders.append(queue.get()["key"])
    for number, holder in enumerate(holders):
        holder.append(number)
    assert values[:] == list(range(len(holders)))


def test_large_values(manager: Any) -> None:
    large = os.urandom(1 << 20)
    shared, values = manager.dict(), manager.list()
    shared[1.0], shared["large"] = large, {"inside": large}
    values.append(large)
    assert shared[1] == large and shared["large"]["inside"] == large and values[0] == large
    shared[1] = numpy.arange(1 << 18)
    assert (shared[1] == numpy.arange(1 << 18)).all() and list(shared)[0] == 1.0


def die_writing(step: Callable[[Any, int], None], shared: Any, started: Any) -> None:
    started.set()
    number = 0
    while True:
        step(shared, number)
        number += 1


def _step_of_dict(shared: Any, number: int) -> None:
    # Each of these leaves "first" and "second" equal.
    shared.update(first=number, second=number)
    shared[number % 50, "x" * (number % 90)] = [number]
    shared.pop((number % 31, "x" * (number % 90)), None)


def _step_of_list(shared: Any, number: int) -> None:
    # Each of these leaves the sum 0.
    shared.extend([number, -number])
    shared.reverse()
    if len(shared) > 200:
        shared[:] = [1, -1]
    shared.sort()


def _step_of_value(shared: Any, number: int) -> None:
    shared.value = (number, [number] * (number % 300))


def _consistent_dict(shared: Any) -> bool:
    items = shared.copy()
    return items.get("first") == items.get("second") and len(shared) == len(shared.items()) == len(items)


def _consistent_list(shared: Any) -> bool:
    return sum(shared[:]) == 0 and len(shared) == len(shared[:])


def _consistent_value(shared: Any) -> bool:
    number, values = shared.value
    return values == [number] * (number % 300)


@pytest.mark.parametrize(
    ("kind", "args", "step", "is_consistent"),
    [
        ("dict", (), _step_of_dict, _consistent_dict),
        ("list", (), _step_of_list, _consistent_list),
        ("Value", ("O", (0, [])), _step_of_value, _consistent_value),
    ],
    ids=["dict", "list", "Value"],
)
def test_a_kill_in_the_middle_of_writing(
    context: BaseContext, manager: Any, kind: str, args: Any, step: Any, is_consistent: Callable[[Any], bool]
) -> None:
    shared = getattr(manager, kind)(*args)
    for attempt in range(4):
        started = [context.Event() for _ in range(2)]
        # Daemonic: they would go on writing if the tests were killed.
        writers = [context.Process(target=die_writing, args=(step, shared, event), daemon=True) for event in started]
        for writer in writers:
            writer.start()
        for event in started:
            event.wait()
        for _ in range(7 * attempt):
            is_consistent(shared)
        for writer in writers:
            os.kill(writer.pid or 0, signal.SIGKILL)
        for writer in writers:
            writer.join()
            assert writer.exitcode == -signal.SIGKILL
        assert is_consistent(shared)
        step(shared, attempt)
        assert is_consistent(shared)


def hold(lock: Any, held: Any) -> None:
    lock.acquire()
    held.set()
    signal.pause()


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_lock_of_the_dead_goes_to_the_next(context: BaseContext, manager: Any, kind: str) -> None:
    lock, held = getattr(manager, kind)(), manager.Event()
    child = context.Process(target=hold, args=(lock, held))
    child.start()
    held.wait()
    child.kill()
    with pytest.warns(procession.LockAbandonedWarning):
        assert lock.acquire()
    lock.release()
    child.join()


def test_a_lock_of_the_dead_can_be_released(context: BaseContext, manager: Any) -> None:
    lock, held = manager.Lock(), manager.Event()
    child = context.Process(target=hold, args=(lock, held))
    child.start()
    held.wait()
    child.kill()
    child.join()
    lock.release()
    with pytest.raises(RuntimeError):
        lock.release()
    assert lock.acquire(False)


def test_objects_outlive_the_manager_and_the_process_that_made_them(context: BaseContext, manager: Any) -> None:
    queue = context.Queue()
    child = context.Process(target=make_and_leave, args=(queue,))
    child.start()
    shared = queue.get()
    child.join()
    shared.append(2)
    assert shared[:] == [1, 2]


def make_and_leave(queue: Any) -> None:
    with procession.Manager() as manager:
        queue.put(manager.list([1]))


def test_an_iterator_keeps_its_list(manager: Any) -> None:
    iterator = iter(manager.list([1, 2]))
    gc.collect()
    assert list(iterator) == [1, 2]


def test_two_threads_may_use_one_proxy(manager: Any) -> None:
    shared = manager.dict()

    def fill(start: int) -> None:
        for number in range(start, start + 200):
            shared[number] = [number]
            shared.add("count")

    threads = [threading.Thread(target=fill, args=(start,)) for start in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shared) == 601 and shared["count"] == 600
