"""Dicts of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="type-arg"
from __future__ import annotations

import collections.abc
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing import managers as stdlib
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .. import _native
from .proxy import SharedProxy

__all__ = ["SharedDict"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

_MISSING: Any = object()


class SharedDict(SharedProxy, _native.Dict, stdlib.DictProxy, Generic[K, V]):
    """A dict that all processes of the session read and change, in the order of insertion.

    It has the interface of a manager's dict of the stdlib. What is read is a copy: to change a value that is mutable, set it again, or use
    `update_with`. Which keys are equal is told by Python's rules; see `procession.keys` for types that compare in their own way.

    If a process dies: inside a change it is wholly made or wholly not, an `update` of many entries as well.
    """

    _typeid = "dict"
    _name = "DictProxy"

    def __new__(
        cls, items: Mapping[K, V] | None = None, *, handle: tuple[int, int] | None = None
    ) -> SharedDict[K, V]:
        shared = _native.Dict.__new__(cls, handle)
        if items:
            shared._extend(items)
        return shared

    def __iter__(self) -> Iterator[K]:
        return self._iterate(self.keys())

    def __reversed__(self) -> Iterator[K]:
        return self._iterate(self.keys()[::-1])

    def _iterate(self, keys: list[K]) -> Iterator[K]:
        length = len(keys)

        def iterate() -> Iterator[K]:
            for key in keys:
                if len(self) != length:
                    break
                yield key
            if len(self) != length:
                raise RuntimeError("dictionary changed size during iteration")

        return iterate()

    def update(self, *args: Any, **kwds: Any) -> None:
        """Sets entries from a mapping or from pairs, and from keywords: all of them as one step."""
        items: dict[Any, Any] = {}
        items.update(*(dict(arg) if isinstance(arg, SharedDict) else arg for arg in args), **kwds)
        self._extend(items)

    @overload
    def update_with(self, key: K, function: Callable[[V], V]) -> V: ...
    @overload
    def update_with(self, key: K, function: Callable[[V], V], default: V) -> V: ...
    def update_with(self, key: Any, function: Any, default: Any = _MISSING) -> Any:
        """Sets the value of `key` to what `function` makes of it, as one step, and returns that.

        Nothing is locked while `function` runs: if somebody else changes the entry meanwhile, it is called again with what is there then. So it should
        do nothing else. If there is no entry, it gets the default.

        Raises:
            KeyError: if there is neither an entry nor a default.
        """
        return self._update_with(key, function, *(() if default is _MISSING else (default,)))

    def add(self, key: K, n: Any = 1) -> Any:
        """Adds `n` to the value of `key`, as one step, and returns the sum. An entry that is not there counts as 0."""
        return self._update_with(key, lambda value: value + n, 0)

    def __or__(self, other: Any) -> Any:
        return self.copy() | (other.copy() if isinstance(other, SharedDict) else other)

    def __ror__(self, other: Any) -> Any:
        return other | self.copy()

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def fromkeys(self, iterable: Iterable[T], value: Any = None) -> dict[T, Any]:
        """As `dict.fromkeys`: a dict of this process alone."""
        return dict.fromkeys(iterable, value)

    def _getvalue(self) -> dict[K, V]:
        return self.copy()

    if TYPE_CHECKING:

        def __getitem__(self, key: K, /) -> V: ...
        def __setitem__(self, key: K, value: V, /) -> None: ...
        def __delitem__(self, key: K, /) -> None: ...
        def __contains__(self, key: object, /) -> bool: ...
        def __len__(self) -> int: ...
        def copy(self) -> dict[K, V]: ...
        def keys(self) -> list[K]: ...  # type: ignore[override]
        def values(self) -> list[V]: ...  # type: ignore[override]
        def items(self) -> list[tuple[K, V]]: ...  # type: ignore[override]
        def popitem(self) -> tuple[K, V]: ...
        def clear(self) -> None: ...


collections.abc.MutableMapping.register(SharedDict)
