"""Values of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, attr-defined, type-arg, no-any-return"
from __future__ import annotations

from collections.abc import Callable
from multiprocessing import managers as stdlib
from typing import Any, Generic, TypeVar

from .. import _native
from .proxy import SharedProxy

__all__ = ["SharedValue"]

T = TypeVar("T")


class SharedValue(SharedProxy, _native.Value, stdlib.ValueProxy, Generic[T]):
    """A value that all processes of the session read and change.

    It has the interface of a manager's value of the stdlib; the typecode is for show there, too. ``v.value += 1`` is two steps, reading and writing; `add`
    is one.

    If a process dies: a value that it was setting is the former one or the new one.
    """

    _typeid = "Value"
    _name = "ValueProxy"

    _typecode: Any

    def __new__(
        cls, typecode: Any = None, value: Any = None, lock: Any = True, *, handle: tuple[int, int] | None = None
    ) -> SharedValue[Any]:
        shared = _native.Value.__new__(cls, handle, value)
        shared._typecode = typecode
        return shared

    @property
    def value(self) -> T:
        """The value."""
        return self.get()

    @value.setter
    def value(self, value: T) -> None:
        self.set(value)

    def update_with(self, function: Callable[[T], T]) -> T:
        """Replaces the value by what `function` makes of it, as one step, and returns that.

        Nothing is locked while `function` runs: if somebody else sets the value meanwhile, it is called again with what is there then. So it should do
        nothing else.
        """
        return self._update_with(function)

    def add(self, n: Any = 1) -> Any:
        """Adds `n` to the value, as one step, and returns the sum."""
        return self._update_with(lambda value: value + n)

    def _construction(self) -> dict[str, Any]:
        return {"typecode": self._typecode}

    def __getstate__(self) -> Any:
        return None

    def _getvalue(self) -> stdlib.Value:
        return stdlib.Value(self._typecode, self.get())
