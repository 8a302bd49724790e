"""What lists of managers do in Python, whatever they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, SupportsIndex, TypeVar, overload

__all__ = ["ListMethods"]

T = TypeVar("T")


class ListMethods(Generic[T]):
    """A list: mixed in before the class that has the rest."""

    def __reversed__(self) -> Iterator[T]:
        return reversed(self.copy())

    def __add__(self, other: list[T]) -> list[T]:
        return self.copy() + other

    def __iadd__(self, values: Iterable[T]) -> Any:
        self.extend(values)
        return self

    def __mul__(self, n: SupportsIndex) -> list[T]:
        return self.copy() * n

    __rmul__ = __mul__

    def __imul__(self, n: SupportsIndex) -> Any:
        values = self.copy()
        more = values * n
        if more:
            self.extend(more[len(values) :])
        else:
            self.clear()
        return self

    def update_with(self, index: SupportsIndex, function: Callable[[T], T]) -> T:
        """Replaces the value at `index` by what `function` makes of it, as one step, and returns that.

        Nothing is locked while `function` runs: if somebody else changes the value meanwhile, it is called again with what is there then.
        So it should do nothing else.
        """
        updated: T = self._update_with(index, function)
        return updated

    def _getvalue(self) -> list[T]:
        return self.copy()

    if TYPE_CHECKING:

        def _update_with(self, index: Any, function: Callable[[Any], Any], /) -> Any: ...
        @overload
        def __getitem__(self, index: SupportsIndex, /) -> T: ...
        @overload
        def __getitem__(self, index: slice, /) -> list[T]: ...
        def __getitem__(self, index: Any, /) -> Any: ...
        @overload
        def __setitem__(self, index: SupportsIndex, value: T, /) -> None: ...
        @overload
        def __setitem__(self, index: slice, value: Iterable[T], /) -> None: ...
        def __setitem__(self, index: Any, value: Any, /) -> None: ...
        def __delitem__(self, index: SupportsIndex | slice, /) -> None: ...
        def __contains__(self, value: object, /) -> bool: ...
        def __iter__(self) -> Iterator[T]: ...
        def __len__(self) -> int: ...
        def append(self, value: T, /) -> None: ...
        def extend(self, values: Iterable[T], /) -> None: ...
        def insert(self, index: SupportsIndex, value: T, /) -> None: ...
        def pop(self, index: SupportsIndex = -1, /) -> T: ...
        def remove(self, value: T, /) -> None: ...
        def index(self, value: T, /, *bounds: SupportsIndex) -> int: ...
        def count(self, value: T, /) -> int: ...
        def reverse(self) -> None: ...
        def clear(self) -> None: ...
        def copy(self) -> list[T]: ...
        def sort(self, *, key: Callable[[T], Any] | None = None, reverse: bool = False) -> None: ...
