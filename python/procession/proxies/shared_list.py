"""Lists of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="type-arg, no-any-return"
from __future__ import annotations

import collections.abc
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import managers as stdlib
from typing import TYPE_CHECKING, Any, Generic, SupportsIndex, TypeVar, overload

from .. import _native
from .proxy import SharedProxy

__all__ = ["SharedList"]

T = TypeVar("T")


class SharedList(SharedProxy, _native.List, stdlib.ListProxy, Generic[T]):
    """A list that all processes of the session read and change.

    It has the interface of a manager's list of the stdlib. What is read is a copy: to change a value that is mutable, set it again, or use
    `update_with`.

    If a process dies: inside a change it is wholly made or wholly not, an `extend` by many values or a `sort` as well. The exceptions are assigning to
    a slice with a step, and ``*=``.
    """

    _typeid = "list"
    _name = "ListProxy"

    def __new__(cls, values: Iterable[T] = (), *, handle: tuple[int, int] | None = None) -> SharedList[T]:
        shared = _native.List.__new__(cls, handle)
        if handle is None:
            shared.extend(values)
        return shared

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
        return self._update_with(index, function)

    def _getvalue(self) -> list[T]:
        return self.copy()

    if TYPE_CHECKING:

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


collections.abc.MutableSequence.register(SharedList)
