"""What dicts of managers do in Python, whatever they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

__all__ = ["DictMethods"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

_MISSING: Any = object()


class DictMethods(Generic[K, V]):
    """A dict: mixed in before the class that has the rest."""

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
        items.update(*(dict(arg) if isinstance(arg, DictMethods) else arg for arg in args), **kwds)
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
        return self.copy() | (other.copy() if isinstance(other, DictMethods) else other)

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

        def _extend(self, items: Mapping[Any, Any], /) -> None: ...
        def _update_with(self, key: Any, function: Callable[[Any], Any], /, *default: Any) -> Any: ...
        def __getitem__(self, key: K, /) -> V: ...
        def __setitem__(self, key: K, value: V, /) -> None: ...
        def __delitem__(self, key: K, /) -> None: ...
        def __contains__(self, key: object, /) -> bool: ...
        def __len__(self) -> int: ...
        def copy(self) -> dict[K, V]: ...
        def keys(self) -> list[K]: ...
        def values(self) -> list[V]: ...
        def items(self) -> list[tuple[K, V]]: ...
        def popitem(self) -> tuple[K, V]: ...
        def clear(self) -> None: ...
