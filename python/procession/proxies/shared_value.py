"""Values of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, attr-defined, type-arg, no-any-return"
from __future__ import annotations

from multiprocessing import managers as stdlib
from typing import Any, TypeVar

from .. import _native
from .proxy import SharedProxy
from .value_methods import ValueMethods

__all__ = ["SharedValue"]

T = TypeVar("T")


class SharedValue(ValueMethods[T], SharedProxy, _native.Value, stdlib.ValueProxy):
    """A value that all processes of the session read and change.

    It has the interface of a manager's value of the stdlib; the typecode is for show there, too. ``v.value += 1`` is two steps, reading and writing; `add`
    is one.

    If a process dies: a value that it was setting is the former one or the new one.
    """

    _typeid = "Value"
    _name = "ValueProxy"

    def __new__(
        cls, typecode: Any = None, value: Any = None, lock: Any = True, *, handle: tuple[int, int] | None = None
    ) -> SharedValue[Any]:
        shared = _native.Value.__new__(cls, handle, value)
        shared._typecode = typecode
        return shared
