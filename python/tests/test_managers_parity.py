"""The same operations on a dict or list, on the one of a manager of the stdlib, and on ours: the same results, errors and contents."""

import array
import collections.abc
import copy
import multiprocessing
import operator
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import procession
import pytest

Operation = Callable[[Any], Any]


@pytest.fixture
def manager() -> Iterator[Any]:
    with procession.Manager() as manager:
        yield manager


@pytest.fixture
def model() -> Iterator[Any]:
    """A manager of the stdlib."""
    with multiprocessing.Manager() as model:
        yield model


def outcome(operation: Operation, thing: Any) -> Any:
    """What it returns, or what it raises."""
    try:
        return operation(thing)
    except Exception as error:
        return type(error), str(error)


DICTS: dict[str, Operation] = {
    "getitem": lambda d: d["a"],
    "getitem missing": lambda d: d["z"],
    "getitem tuple missing": lambda d: d[1, 2],
    "getitem unhashable": lambda d: d[[]],
    "contains unhashable": lambda d: {} in d,
    "setitem": lambda d: d.__setitem__("a", [1]),
    "setitem unhashable": lambda d: d.__setitem__({}, 1),
    "setitem unhashable inside": lambda d: d.__setitem__((1, []), 1),
    "delitem": lambda d: d.__delitem__("b"),
    "delitem missing": lambda d: d.__delitem__("z"),
    "contains": lambda d: ("a" in d, "z" in d, 1 in d, 1.0 in d, None in d),
    "len": len,
    "bool": bool,
    "get": lambda d: (d.get("a"), d.get("z"), d.get("z", 7)),
    "pop": lambda d: d.pop("a"),
    "pop default": lambda d: d.pop("z", "default"),
    "pop missing": lambda d: d.pop("z"),
    "pop of two defaults": lambda d: d.pop("z", 1, 2),
    "popitem": lambda d: d.popitem(),
    "popitem twice": lambda d: (d.popitem(), d.popitem()),
    "popitem empty": lambda d: (d.clear(), d.popitem()),
    "setdefault": lambda d: (d.setdefault("a", 9), d.setdefault("new", [9]), d.setdefault("none")),
    "clear": lambda d: d.clear(),
    "copy": lambda d: d.copy(),
    "keys": lambda d: list(d.keys()),
    "values": lambda d: list(d.values()),
    "items": lambda d: list(d.items()),
    "iter": list,
    "iter changed": lambda d: [d.pop(key) for key in d],
    "iter emptied": lambda d: (iterator := iter(d), d.clear(), next(iterator))[2],
    "update": lambda d: d.update({"a": 0, "new": 1}, more=2),
    "update pairs": lambda d: d.update([("b", 0), ("c", 1), ("b", 2)]),
    "update keywords": lambda d: d.update(a=1, z=2),
    "update nothing": lambda d: d.update(),
    "update no pairs": lambda d: d.update([1]),
    "update no iterable": lambda d: d.update(1),
    "update two": lambda d: d.update({}, {}),
    "order after replacing": lambda d: (d.__setitem__("a", 0), d.__delitem__("b"), d.__setitem__("b", 0), list(d)),
    "first key stays": lambda d: (d.__setitem__(1.0, "float"), d.__setitem__(True, "bool"), list(d.items())),
    "str": str,
    "dict": dict,
    "deepcopy": copy.deepcopy,
}

LISTS: dict[str, Operation] = {
    "getitem": lambda l: (l[0], l[-1], l[-4], l[True]),
    "getitem beyond": lambda l: l[99],
    "getitem before": lambda l: l[-99],
    "getitem wrong": lambda l: l["a"],
    "getitem float": lambda l: l[1.0],
    "getitem huge": lambda l: l[10**30],
    **{
        f"slice {bounds}": lambda l, bounds=bounds: l[slice(*bounds)]
        for bounds in [
            (None,),
            (1, 3),
            (2, None),
            (-3, None),
            (None, -2),
            (-3, -1),
            (3, 1),
            (None, None, 2),
            (None, None, -1),
            (-1, 0, -2),
            (5, -9, -3),
            (0, 10**30),
            (-(10**30), 3),
            (None, None, 0),
            ("a",),
        ]
    },
    "setitem": lambda l: l.__setitem__(1, [1]),
    "setitem last": lambda l: l.__setitem__(-1, "last"),
    "setitem beyond": lambda l: l.__setitem__(99, 1),
    "setitem before": lambda l: l.__setitem__(-99, 1),
    "set slice": lambda l: l.__setitem__(slice(1, 3), [7, 8, 9, 10]),
    "set slice at the end": lambda l: l.__setitem__(slice(-2, None), "xyz"),
    "set slice backwards": lambda l: l.__setitem__(slice(4, 1), [0]),
    "set slice beyond": lambda l: l.__setitem__(slice(99, 100), [0]),
    "set slice with step": lambda l: l.__setitem__(slice(None, None, 2), [9, 9, 9]),
    "set slice with step and too few": lambda l: l.__setitem__(slice(None, None, 2), [9]),
    "set slice to no iterable": lambda l: l.__setitem__(slice(0, 1), 1),
    "set slice with step to no iterable": lambda l: l.__setitem__(slice(0, 1, 2), 1),
    "delitem": lambda l: (l.__delitem__(0), l.__delitem__(-1), l.__delitem__(-2)),
    "delitem beyond": lambda l: l.__delitem__(99),
    "delete slice": lambda l: l.__delitem__(slice(1, 3)),
    "delete slice at the end": lambda l: l.__delitem__(slice(-2, None)),
    "delete slice with step": lambda l: l.__delitem__(slice(None, None, -2)),
    "contains": lambda l: (3 in l, 3.0 in l, "z" in l),
    "len": len,
    "bool": bool,
    "append": lambda l: l.append({"a": 1}),
    "extend": lambda l: l.extend([7, 8]),
    "extend by text": lambda l: l.extend("ab"),
    "extend by no iterable": lambda l: l.extend(7),
    "insert": lambda l: (l.insert(0, "first"), l.insert(-1, "b"), l.insert(99, "c"), l.insert(-99, "d")),
    "insert wrong": lambda l: l.insert("a", 1),
    "pop": lambda l: (l.pop(), l.pop(0), l.pop(-2), l.pop(1)),
    "pop beyond": lambda l: l.pop(99),
    "pop before": lambda l: l.pop(-99),
    "pop empty": lambda l: [l.pop() for _ in range(99)],
    "remove": lambda l: (l.remove(1.0), l.remove(5)),
    "remove missing": lambda l: l.remove("z"),
    "index": lambda l: (l.index(1), l.index(5, 3), l.index(5, 2, -1)),
    "index missing": lambda l: l.index("z"),
    "count": lambda l: (l.count(1), l.count("z")),
    "reverse": lambda l: l.reverse(),
    "sort": lambda l: l.sort(),
    "sort by key": lambda l: l.sort(key=operator.neg),
    "sort reversed": lambda l: l.sort(reverse=True),
    "sort by position": lambda l: l.sort(1),
    "add": lambda l: l + [1],
    "add tuple": lambda l: l + (1,),
    "multiply": lambda l: (l * 2, 2 * l, l * 0, l * -1),
    "iadd": lambda l: (operator.iadd(l, [1, 2]), None)[1],
    "imul": lambda l: (operator.imul(l, 3), None)[1],
    "imul zero": lambda l: (operator.imul(l, 0), None)[1],
    "iter": list,
    "iter growing": lambda l: [l.append(0) or value for value in l if len(l) < 20],
    "iter exhausted": lambda l: (iterator := iter(l), list(iterator), l.append(1), list(iterator))[3],
    "reversed": lambda l: list(reversed(l)),
    "str": str,
    "deepcopy": copy.deepcopy,
}

CONTENTS: dict[str, Any] = {"a": 1, "b": [2, 3], 1: "one", (1, "x"): None, None: b"bytes"}
VALUES: list[Any] = [3, 1, 4, 1, 5]

# Only the text of these differs between list and proxy, or between versions.
_TEXT_DIFFERS = {"sort by position", "set slice to no iterable"}


@pytest.mark.parametrize("name", DICTS)
def test_dict(name: str, manager: Any, model: Any) -> None:
    operation = DICTS[name]
    real, theirs, ours = dict(CONTENTS), model.dict(CONTENTS), manager.dict(CONTENTS)
    expected = outcome(operation, real)
    assert outcome(operation, ours) == expected
    assert list(ours.items()) == list(real.items())
    if name == "iter emptied" or (name == "iter changed" and sys.version_info < (3, 12)):
        return
    assert outcome(operation, theirs) == expected, "the table asks for what managers cannot do"


@pytest.mark.parametrize("name", LISTS)
def test_list(name: str, manager: Any, model: Any) -> None:
    operation = LISTS[name]
    real, theirs, ours = list(VALUES), model.list(VALUES), manager.list(VALUES)
    expected = outcome(operation, real)
    found = outcome(operation, ours)
    if name in _TEXT_DIFFERS:
        expected, found = expected[0], found[0]
    assert found == expected
    assert ours[:] == real
    theirs_found = outcome(operation, theirs)
    assert (theirs_found[0] if name in _TEXT_DIFFERS else theirs_found) == expected, "managers cannot do this"


def test_a_sort_that_fails_changes_nothing(manager: Any) -> None:
    shared = manager.list([2, "a", 1])
    with pytest.raises(TypeError):
        shared.sort()
    assert shared[:] == [2, "a", 1]


def test_values_are_copies(manager: Any) -> None:
    shared = manager.dict(values=[1])
    shared["values"].append(2)
    assert shared["values"] == [1]
    values = shared["values"]
    values.append(2)
    shared["values"] = values
    assert shared["values"] == [1, 2]


@pytest.mark.parametrize("kind", ["dict", "list", "Namespace", "Queue", "Lock", "Event", "Condition", "Barrier"])
def test_repr_is_that_of_the_proxy(kind: str, manager: Any, model: Any) -> None:
    args = (2,) if kind == "Barrier" else ()
    ours, theirs = (repr(getattr(its, kind)(*args)).partition(" at ")[0] for its in (manager, model))
    assert ours == theirs


def test_namespace(manager: Any, model: Any) -> None:
    def use(namespace: Any) -> list[Any]:
        namespace.x = [1]
        namespace._local = 2
        namespace.handle, namespace.keys = "free", "names"
        result = [namespace.x, namespace._local, namespace.handle, namespace.keys, str(namespace)]
        del namespace.x, namespace._local
        for name in ("x", "_local"):
            result.append(hasattr(namespace, name))
        result.append(outcome(lambda namespace: namespace.x, namespace)[0])
        result.append(outcome(lambda namespace: delattr(namespace, "x"), namespace)[0])
        return result

    assert use(manager.Namespace(y=1)) == use(model.Namespace(y=1))


def test_value(manager: Any, model: Any) -> None:
    def use(value: Any) -> list[Any]:
        value.value += 1
        value.set(value.get() * 2)
        return [value.value, str(value)]

    assert use(manager.Value("i", 20)) == use(model.Value("i", 20))
    anything = manager.Value(typecode=object, value=None)
    anything.value = {"a": [1]}
    assert anything.value == {"a": [1]}


ARRAYS: dict[str, Operation] = {
    "getitem": lambda a: (a[0], a[-1], a[True]),
    "getitem beyond": lambda a: a[9],
    "getitem wrong": lambda a: a["x"],
    "slices": lambda a: (a[:], a[1:], a[::-2], a[5:]),
    "setitem": lambda a: (a.__setitem__(0, 9), a.__setitem__(-1, 8), a[:]),
    "setitem beyond": lambda a: a.__setitem__(9, 1),
    "setitem of wrong type": lambda a: a.__setitem__(0, "x"),
    "setitem too large": lambda a: a.__setitem__(0, 10**30),
    "set slice": lambda a: (a.__setitem__(slice(1, 3), array.array("i", [7, 8])), a[:]),
    "set slice with step": lambda a: (a.__setitem__(slice(None, None, 2), array.array("i", [7, 8])), a[:]),
    "set slice with step and too few": lambda a: a.__setitem__(slice(None, None, 2), array.array("i", [7])),
    "set slice to a list": lambda a: a.__setitem__(slice(0, 1), [1]),
    "len": len,
    "list": list,
    "str": str,
}


@pytest.mark.parametrize("name", ARRAYS)
def test_array(name: str, manager: Any, model: Any) -> None:
    operation = ARRAYS[name]
    real, theirs, ours = array.array("i", range(4)), model.Array("i", range(4)), manager.Array("i", range(4))
    expected = outcome(operation, real)
    kind_only = name in {"getitem wrong", "setitem of wrong type"}
    for shared in (ours, theirs):
        found = outcome(operation, shared)
        assert (found[0] == expected[0]) if kind_only else (found == expected)


def test_an_array_keeps_its_length(manager: Any) -> None:
    shared = manager.Array("d", [1.5, 2.5])
    with pytest.raises(ValueError, match="fixed"):
        shared[0:1] = array.array("d", [1, 2, 3])
    assert list(shared) == [1.5, 2.5]


def test_queue(manager: Any, model: Any) -> None:
    def use(shared: Any) -> list[Any]:
        result = [shared.empty(), shared.full()]
        shared.put({"a": 1})
        shared.put(item=None)
        result += [shared.full(), shared.qsize()]
        for attempt in (
            lambda queue: queue.put_nowait(1),
            lambda queue: queue.put(1, False),
            lambda queue: queue.put(1, timeout=0.001),
            lambda queue: queue.put(1, timeout=-1),
        ):
            result.append(outcome(attempt, shared)[0])
        result += [shared.get(), shared.get_nowait()]
        for attempt in (
            lambda queue: queue.get_nowait(),
            lambda queue: queue.get(block=False),
            lambda queue: queue.get(True, 0.001),
            lambda queue: queue.get(timeout=-1),
        ):
            result.append(outcome(attempt, shared)[0])
        shared.task_done()
        shared.task_done()
        shared.join()
        result.append(outcome(lambda queue: queue.task_done(), shared)[0])
        return result

    assert use(manager.Queue(2)) == use(model.Queue(2))
    assert use(manager.JoinableQueue(maxsize=2))[-1] is ValueError


def test_a_queue_that_is_shut_down(manager: Any) -> None:
    shared = manager.Queue()
    shared.put(1)
    shared.shutdown()
    with pytest.raises(procession.ShutDown):
        shared.put(2)
    assert shared.get() == 1
    with pytest.raises(procession.ShutDown):
        shared.get()


LOCKS: dict[str, Operation] = {
    "release": lambda its: its.release(),
    "acquire": lambda its: (its.acquire(), its.release()),
    "acquire with timeout": lambda its: (its.acquire(True, 1), its.release()),
    "acquire for ever": lambda its: (its.acquire(timeout=None), its.release()),
    "acquire not waiting with timeout": lambda its: its.acquire(False, 1),
    "with": lambda its: its.__enter__() and its.__exit__(None, None, None),
}


@pytest.mark.parametrize("kind", ["Lock", "RLock", "Semaphore", "BoundedSemaphore"])
@pytest.mark.parametrize("name", LOCKS)
def test_locks(kind: str, name: str, manager: Any, model: Any) -> None:
    def use(lock: Any) -> Any:
        found = outcome(LOCKS[name], lock)
        return found[0] if isinstance(found, tuple) and isinstance(found[0], type) else found

    assert use(getattr(manager, kind)()) == use(getattr(model, kind)())


@pytest.mark.parametrize("kind", ["Lock", "Semaphore", "BoundedSemaphore"])
def test_a_lock_that_is_held(kind: str, manager: Any) -> None:
    lock = getattr(manager, kind)()
    assert lock.acquire()
    assert not lock.acquire(False)
    assert not lock.acquire(True, 0.001)
    threading.Thread(target=lock.release).start()
    assert lock.acquire()


def test_semaphores_begin_with_permits(manager: Any) -> None:
    with pytest.raises(ValueError):
        manager.Semaphore(-1)
    semaphore = manager.BoundedSemaphore(2)
    assert semaphore.acquire() and semaphore.acquire() and not semaphore.acquire(False)


def test_condition(manager: Any) -> None:
    condition = manager.Condition()
    for attempt in (condition.wait, condition.notify, condition.notify_all, condition.release):
        with pytest.raises(RuntimeError):
            attempt()
    with condition:
        assert not condition.wait(0.001)
        condition.notify()
    lock = manager.Lock()
    with manager.Condition(lock):
        assert not lock.acquire(False)


def test_conditions_wake_each_other(manager: Any) -> None:
    condition, shared = manager.Condition(manager.RLock()), manager.dict(count=0)

    def count() -> None:
        with condition:
            shared.add("count")
            condition.notify_all()

    threads = [threading.Thread(target=count) for _ in range(4)]
    with condition:
        for thread in threads:
            thread.start()
        assert condition.wait_for(lambda: shared["count"] == 4)


def test_event_and_barrier(manager: Any) -> None:
    event = manager.Event()
    assert (event.is_set(), event.wait(0.001)) == (False, False)
    threading.Thread(target=event.set).start()
    assert event.wait()
    event.clear()
    assert not event.is_set()
    barrier = manager.Barrier(2, timeout=60)
    places: "queue.Queue[int]" = queue.Queue()
    thread = threading.Thread(target=lambda: places.put(barrier.wait()))
    thread.start()
    assert sorted([barrier.wait(), places.get()]) == [0, 1]
    assert (barrier.parties, barrier.n_waiting, barrier.broken) == (2, 0, False)
    barrier.abort()
    with pytest.raises(threading.BrokenBarrierError):
        barrier.wait()
    barrier.reset()
    assert not barrier.broken


def test_they_are_what_they_look_like(manager: Any) -> None:
    from procession.managers import BaseProxy, DictProxy, ListProxy

    shared, values = manager.dict(), manager.list()
    assert isinstance(shared, (collections.abc.MutableMapping)) and isinstance(shared, DictProxy)
    assert isinstance(values, collections.abc.MutableSequence) and isinstance(values, ListProxy)
    assert isinstance(manager.Lock(), BaseProxy)
    assert shared._callmethod("setdefault", ("a", 1)) == 1
    assert shared._getvalue() == {"a": 1}
    assert values != [] and values == values


def test_dict_operators(manager: Any) -> None:
    shared = manager.dict(a=1)
    assert shared | {"b": 2} == {"a": 1, "b": 2}
    assert {"b": 2} | shared == {"b": 2, "a": 1}
    shared |= manager.dict(c=3)
    assert dict(shared) == {"a": 1, "c": 3}
    assert list(reversed(shared)) == ["c", "a"]
    assert shared.fromkeys("ab", 0) == {"a": 0, "b": 0}
