"""Arrays of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc"
from __future__ import annotations

import array
from collections.abc import Iterable
from multiprocessing import managers as stdlib
from operator import index as as_index
from typing import Any

from .. import _native
from .proxy import SharedProxy

__all__ = ["SharedArray"]


class SharedArray(SharedProxy, _native.Array, stdlib.ArrayProxy):
    """An array of numbers that all processes of the session read and change. Its length is fixed.

    It has the interface of a manager's array of the stdlib: elements are checked as those of an `array.array`, and a slice is one.

    If a process dies: of the elements that it was setting, some are as before and the others new.
    """

    _typeid = "Array"
    _name = "ArrayProxy"

    def __new__(
        cls, typecode: str, values: Iterable[Any] = (), lock: Any = True, *, handle: tuple[int, int] | None = None
    ) -> SharedArray:
        elements = array.array(typecode, values)
        shared = _native.Array.__new__(cls, handle, elements.tobytes(), elements.itemsize)
        shared._typecode = typecode
        return shared

    def _construction(self) -> dict[str, Any]:
        return {"typecode": self._typecode}

    def __getstate__(self) -> Any:
        return None

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._getvalue()[index]
        elements = array.array(self._typecode)
        elements.frombytes(self._read_one(self._place(index)))
        return elements[0]

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            place = self._place(index, "array assignment index out of range")
            self._write(place, array.array(self._typecode, (value,)).tobytes())
            return
        places = range(len(self))[index]
        elements = self._getvalue()
        elements[index] = value
        if len(elements) != len(self):
            raise ValueError(f"cannot assign {len(value)} elements to {len(places)}: the length of a shared array is fixed")
        if places.step == 1:
            self._write(places.start, elements[index].tobytes())
            return
        for place in places:
            self._write(place, elements[place : place + 1].tobytes())

    def _place(self, index: Any, refusal: str = "array index out of range") -> int:
        place = as_index(index)
        if place < 0:
            place += len(self)
        if not 0 <= place < len(self):
            raise IndexError(refusal)
        return place

    def _getvalue(self) -> array.array[Any]:
        elements = array.array(self._typecode)
        elements.frombytes(self._read(0, len(self)))
        return elements
