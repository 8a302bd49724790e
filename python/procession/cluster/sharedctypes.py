"""Values and arrays of C types on a server.

They have the interface of what `multiprocessing.Value` and `multiprocessing.Array` return, with their locks. Only simple types can be there: a structure or a
pointer means something to the memory of one machine alone.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.sharedctypes import typecode_to_type  # type: ignore[attr-defined]
from operator import index as as_index
from typing import Any, Self

from .. import _native
from .cluster_object import ClusterObject
from .synchronize import RLock

__all__ = ["Array", "RawArray", "RawString", "RawValue", "String", "Value", "array_of", "value_of"]

#: Simple types whose values are places in memory.
_PLACES = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_wchar_p, ctypes.py_object)


def _element_type(typecode_or_type: Any) -> Any:
    element = typecode_to_type.get(typecode_or_type, typecode_or_type)
    is_simple = isinstance(element, type) and issubclass(element, ctypes._SimpleCData)
    if not is_simple or issubclass(element, _PLACES):
        raise TypeError(
            f"{typecode_or_type!r} cannot live on a server: only simple C types can, such as 'i', 'd' or ctypes.c_long; put anything else into a dict or "
            f"a namespace of Manager()"
        )
    return element


class _Elements(ClusterObject, _native.ClusterArray):
    """Elements of a simple C type."""

    _element: Any

    def __new__(
        cls, cluster: _native.Cluster, element: Any, contents: bytes = b"", *, name: str | None = None, attach: bool = False
    ) -> Self:
        meaning = f"C {element.__name__}"
        elements = _native.ClusterArray.__new__(cls, cluster, name, attach, contents, ctypes.sizeof(element), meaning)
        elements._element = element
        return elements

    def _construction(self) -> dict[str, Any]:
        return {"element": self._element}

    def __getstate__(self) -> Any:
        return None

    def _decoded(self, contents: bytes) -> Any:
        """The values, in an array of this process."""
        return (self._element * (len(contents) // ctypes.sizeof(self._element))).from_buffer_copy(contents)


class RawValue(_Elements):
    """A value of a simple C type, without a lock.

    If a process dies: a value that it was setting is the former one or the new one.
    """

    @property
    def value(self) -> Any:
        """The value."""
        return self._decoded(self._read_one(0))[0]

    @value.setter
    def value(self, value: Any) -> None:
        self._write(0, bytes(self._element(value)))

    def __repr__(self) -> str:
        return f"{self._element.__name__}({self.value!r})"


class RawArray(_Elements):
    """Values of a simple C type, without a lock. Up to 256 KiB are read or written as one step.

    If a process dies: of the values that it was setting, some are as before and the others new.
    """

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._all()[index]
        return self._decoded(self._read_one(self._place(index)))[0]

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            place = self._place(index)
            self._write(place, bytes((self._element * 1)(value)))
            return
        places = range(len(self))[index]
        if len(places) != len(value):
            raise ValueError("Can only assign sequence of same size")
        elements = bytes((self._element * len(places))(*value))
        if places.step == 1:
            self._write(places.start, elements)
            return
        size = ctypes.sizeof(self._element)
        for number, place in enumerate(places):
            self._write(place, elements[number * size : (number + 1) * size])

    def _place(self, index: Any) -> int:
        place = as_index(index)
        if place < 0:
            place += len(self)
        if not 0 <= place < len(self):
            raise IndexError("invalid index")
        return place

    def _all(self) -> Any:
        return self._decoded(self._read(0, len(self)))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all())


class RawString(RawArray):
    """Characters, without a lock."""

    @property
    def value(self) -> bytes:
        """What is in front of the first zero."""
        value: bytes = self._all().value
        return value

    @value.setter
    def value(self, value: bytes) -> None:
        if len(value) > len(self):
            raise ValueError("byte string too long")
        self._write(0, value if len(value) == len(self) else value + b"\0")

    @property
    def raw(self) -> bytes:
        """All characters."""
        return self._read(0, len(self))

    @raw.setter
    def raw(self, value: bytes) -> None:
        if len(value) > len(self):
            raise ValueError("byte string too long")
        self._write(0, value)


class _Locked:
    """Something that is used under its lock."""

    def __init__(self, obj: Any, lock: Any) -> None:
        self._obj = obj
        self._lock = lock
        self.acquire: Callable[..., bool] = lock.acquire
        self.release: Callable[[], None] = lock.release

    def __reduce__(self) -> Any:
        return type(self), (self._obj, self._lock)

    def get_obj(self) -> Any:
        """What it is without a lock."""
        return self._obj

    def get_lock(self) -> Any:
        """The lock, a reentrant one unless another was given. Who holds it keeps all others from reading and changing."""
        return self._lock

    @property
    def name(self) -> str:
        """What it is called on the server."""
        name: str = self._obj.name
        return name

    def unlink(self) -> None:
        """Removes it from the server, for everybody, and its lock if that was made along with it."""
        self._obj.unlink()
        if isinstance(self._lock, RLock) and not self._lock.is_anonymous and self._lock.name == self._obj.name:
            self._lock.unlink()

    def __enter__(self) -> Any:
        return self._lock.__enter__()

    def __exit__(self, *exception: object) -> None:
        self._lock.__exit__(*exception)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} wrapper for {self._obj!r}>"


class Value(_Locked):
    """A value of a simple C type, with a lock.

    If a process dies: a value that it was setting is the former one or the new one; for its lock see `RLock`.
    """

    @property
    def value(self) -> Any:
        """The value. ``v.value += 1`` is two steps: hold the lock meanwhile."""
        with self._lock:
            return self._obj.value

    @value.setter
    def value(self, value: Any) -> None:
        with self._lock:
            self._obj.value = value


class Array(_Locked):
    """Values of a simple C type, with a lock.

    If a process dies: of the values that it was setting, some are as before and the others new; for its lock see `RLock`.
    """

    def __len__(self) -> int:
        return len(self._obj)

    def __getitem__(self, index: Any) -> Any:
        with self._lock:
            return self._obj[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        with self._lock:
            self._obj[index] = value

    def __getslice__(self, start: int, stop: int) -> Any:
        return self[start:stop]

    def __setslice__(self, start: int, stop: int, values: Any) -> None:
        self[start:stop] = values

    def __iter__(self) -> Iterator[Any]:
        with self._lock:
            return iter(self._obj)


class String(Array):
    """Characters, with a lock."""

    @property
    def value(self) -> bytes:
        """What is in front of the first zero."""
        with self._lock:
            value: bytes = self._obj.value
            return value

    @value.setter
    def value(self, value: bytes) -> None:
        with self._lock:
            self._obj.value = value

    @property
    def raw(self) -> bytes:
        """All characters."""
        with self._lock:
            raw: bytes = self._obj.raw
            return raw

    @raw.setter
    def raw(self, value: bytes) -> None:
        with self._lock:
            self._obj.raw = value


def value_of(
    cluster: _native.Cluster, typecode_or_type: Any, args: Sequence[Any], lock: Any, name: str | None
) -> RawValue | Value:
    """What `Value` and `RawValue` of a context return."""
    element = _element_type(typecode_or_type)
    raw = RawValue(cluster, element, bytes(element(*args)), name=name)
    return raw if lock is False else Value(raw, _lock_of(cluster, lock, name))


def array_of(
    cluster: _native.Cluster, typecode_or_type: Any, size_or_initializer: Any, lock: Any, name: str | None
) -> RawArray | Array:
    """What `Array` and `RawArray` of a context return."""
    element = _element_type(typecode_or_type)
    if isinstance(size_or_initializer, int):
        values = (element * size_or_initializer)()
    else:
        given = tuple(size_or_initializer)
        values = (element * len(given))(*given)
    is_text = element is ctypes.c_char
    raw = (RawString if is_text else RawArray)(cluster, element, bytes(values), name=name)
    if lock is False:
        return raw
    return (String if is_text else Array)(raw, _lock_of(cluster, lock, name))


def _lock_of(cluster: _native.Cluster, lock: Any, name: str | None) -> Any:
    if lock is True or lock is None:
        return RLock(cluster, name=name)
    if not hasattr(lock, "acquire"):
        raise AttributeError(f"{lock!r} has no method 'acquire'")
    return lock
