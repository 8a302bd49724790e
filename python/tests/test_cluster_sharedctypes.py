"""Values and arrays of C types: those of the stdlib, and those on a server, do the same."""

import ctypes
import multiprocessing
from collections.abc import Callable
from typing import Any

import pytest
from procession.cluster import ClusterContext, ObjectGone, SettingsMismatch
from procession.cluster.synchronize import RLock

Operation = Callable[[Any], Any]


def outcome(operation: Operation, thing: Any) -> Any:
    """What it returns, or what it raises."""
    try:
        return operation(thing)
    except Exception as error:
        return type(error)


VALUES: dict[str, tuple[Any, ...]] = {
    "i": ("i", -5),
    "i of nothing": ("i",),
    "d": ("d", 2.5),
    "c": ("c", b"x"),
    "u": ("u", "ü"),
    "B": ("B", 255),
    "q": ("q", 2**62),
    "c_bool": (ctypes.c_bool, True),
    "c_longdouble": (ctypes.c_longdouble, 0.5),
    "too many": ("i", 1, 2),
    "no number": ("i", "text"),
}


@pytest.mark.parametrize("lock", [True, False])
@pytest.mark.parametrize("name", VALUES)
def test_values(name: str, lock: bool, remote: ClusterContext) -> None:
    theirs = outcome(lambda context: context.Value(*VALUES[name], lock=lock), multiprocessing)
    ours = outcome(lambda context: context.Value(*VALUES[name], lock=lock), remote)
    if isinstance(theirs, type):
        assert ours is theirs
        return
    assert (ours.value, type(ours.value)) == (theirs.value, type(theirs.value))
    for value in (1, 0.5, b"y", "z", True, None, 2**70):
        changes = [outcome(lambda thing, value=value: setattr(thing, "value", value), thing) for thing in (ours, theirs)]
        assert changes[0] == changes[1]
        assert ours.value == theirs.value


ARRAYS: dict[str, Operation] = {
    "len": len,
    "list": list,
    "getitem": lambda a: (a[0], a[-1]),
    "beyond": lambda a: a[99],
    "slices": lambda a: (a[1:3], a[::-2], a[5:1], a[:]),
    "setitem": lambda a: a.__setitem__(-1, 7),
    "set wrong": lambda a: a.__setitem__(0, "text"),
    "set beyond": lambda a: a.__setitem__(99, 7),
    "set slice": lambda a: a.__setitem__(slice(1, 3), [8, 9]),
    "set step": lambda a: a.__setitem__(slice(None, None, 2), [5, 6, 7]),
    "set slice of another length": lambda a: a.__setitem__(slice(1, 3), [8]),
}


@pytest.mark.parametrize("lock", [True, False])
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name: str, lock: bool, remote: ClusterContext) -> None:
    ours, theirs = (context.Array("h", [1, 2, 3, 4, 5], lock=lock) for context in (remote, multiprocessing))
    assert outcome(ARRAYS[name], ours) == outcome(ARRAYS[name], theirs)
    assert ours[:] == theirs[:]


STRINGS: dict[str, Operation] = {
    "both": lambda s: (s.value, s.raw),
    "items": lambda s: (s[0], s[1:3], len(s)),
    "value": lambda s: setattr(s, "value", b"ab"),
    "full value": lambda s: setattr(s, "value", b"abcdef"),
    "long value": lambda s: setattr(s, "value", b"abcdefg"),
    "raw": lambda s: setattr(s, "raw", b"abcdef"),
    "item": lambda s: s.__setitem__(0, b"z"),
}


@pytest.mark.parametrize("name", STRINGS)
def test_strings(name: str, remote: ClusterContext) -> None:
    ours, theirs = (context.Array("c", 6) for context in (remote, multiprocessing))
    for string in (ours, theirs):
        string.value = b"word"
    assert outcome(STRINGS[name], ours) == outcome(STRINGS[name], theirs)
    assert ours.raw == theirs.raw


def test_their_locks(remote: ClusterContext) -> None:
    value, array, lock = remote.Value("i"), remote.Array("i", 2), remote.Lock()
    assert isinstance(value.get_lock(), RLock) and isinstance(array.get_lock(), RLock)
    assert remote.Value("i", lock=lock).get_lock() is lock
    with pytest.raises(AttributeError, match="acquire"):
        remote.Value("i", lock="no lock")
    assert value.get_obj().value == 0 and array.get_obj()[:] == [0, 0]
    assert remote.RawValue("i", 3).value == 3 and remote.RawArray("i", [3])[:] == [3]
    with value, array.get_lock():
        assert value.acquire() and value.release() is None
        value.value += 1
    assert value.value == 1


@pytest.mark.parametrize("element", [ctypes.c_void_p, ctypes.c_char_p, ctypes.py_object, ctypes.POINTER(ctypes.c_int), "?", int])
def test_what_is_nothing_elsewhere_is_refused(element: Any, remote: ClusterContext) -> None:
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int)]

    for kind in (element, Point):
        with pytest.raises(TypeError, match="cannot live on a server"):
            remote.Value(kind)
        with pytest.raises(TypeError, match="cannot live on a server"):
            remote.Array(kind, 1)


def test_names_lead_to_the_same_values(remote: ClusterContext) -> None:
    remote.Value("i", 5, name="count").value += 1
    again = remote.Value("i", 0, name="count")
    assert (again.value, again.name, again.get_lock().name) == (6, "count", "count")
    with pytest.raises(SettingsMismatch):
        remote.Value("f", 0, name="count")
    with pytest.raises(SettingsMismatch):
        remote.Array("i", 2, name="count")
    again.unlink()
    with pytest.raises(ObjectGone):
        again.get_obj().value


def _count_up(value: Any, array: Any, times: int) -> None:
    for _ in range(times):
        with value.get_lock():
            value.value += 1
        with array:
            array[0] += 1


def test_they_are_guarded_by_their_locks(remote: ClusterContext, method: str) -> None:
    context = remote.get_context(method)
    value, array = context.Value("i", 0), context.Array("i", 2)
    processes = [context.Process(target=_count_up, args=(value, array, 100)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert value.value == 200 and array[:] == [200, 0]
