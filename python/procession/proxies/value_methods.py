"""What values of managers do in Python, whatever they are made of."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, attr-defined"
from __future__ import annotations

from collections.abc import Callable
from multiprocessing import managers as stdlib
from typing import TYPE_CHECKING, Any, Generic, TypeVar

__all__ = ["ValueMethods"]

T = TypeVar("T")


class ValueMethods(Generic[T]):
    """A value: mixed in before the class that has the rest."""

    _typecode: Any

    if TYPE_CHECKING:

        def get(self) -> T: ...
        def set(self, value: T, /) -> None: ...
        def _update_with(self, function: Callable[[Any], Any], /) -> Any: ...

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
        updated: T = self._update_with(function)
        return updated

    def add(self, n: Any = 1) -> Any:
        """Adds `n` to the value, as one step, and returns the sum."""
        return self._update_with(lambda value: value + n)

    def _construction(self) -> dict[str, Any]:
        return {"typecode": self._typecode}

    def __getstate__(self) -> Any:
        return None

    def _getvalue(self) -> stdlib.Value:
        return stdlib.Value(self._typecode, self.get())
