"""Arrays of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc"
from __future__ import annotations

import array
from collections.abc import Iterable
from multiprocessing import managers as stdlib
from typing import Any

from .. import _native
from .array_methods import ArrayMethods
from .proxy import SharedProxy

__all__ = ["SharedArray"]


class SharedArray(ArrayMethods, SharedProxy, _native.Array, stdlib.ArrayProxy):
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
