"""What arrays of managers do in Python, whatever they are made of."""

from __future__ import annotations

import array
from operator import index as as_index
from typing import TYPE_CHECKING, Any

__all__ = ["ArrayMethods"]


class ArrayMethods:
    """An array: mixed in before the class that has the rest."""

    _typecode: str

    if TYPE_CHECKING:

        def __len__(self) -> int: ...
        def _read_one(self, place: int) -> bytes: ...
        def _read(self, start: int, stop: int) -> bytes: ...
        def _write(self, start: int, elements: bytes) -> None: ...

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
