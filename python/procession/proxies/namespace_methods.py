"""What namespaces of managers do in Python, whatever they are made of."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc"
from __future__ import annotations

from collections.abc import Callable
from multiprocessing import managers as stdlib
from typing import Any

from .. import _native

__all__ = ["NamespaceMethods"]


class NamespaceMethods:
    """A namespace: mixed in before the class that has the rest."""

    #: The attributes; in a dict, since a namespace has no names of its own that a user could not use.
    _attributes: _native.Dict | _native.ClusterDict

    def __getattr__(self, key: str) -> Any:
        if key[0] == "_":
            return object.__getattribute__(self, key)
        try:
            return self._attributes[key]
        except KeyError:
            raise _missing(key) from None

    def __setattr__(self, key: str, value: Any) -> None:
        if key[0] == "_":
            object.__setattr__(self, key, value)
        else:
            self._attributes[key] = value

    def __delattr__(self, key: str) -> None:
        if key[0] == "_":
            object.__delattr__(self, key)
            return
        try:
            del self._attributes[key]
        except KeyError:
            raise _missing(key) from None

    def _update_with(self, key: str, function: Callable[[Any], Any], *default: Any) -> Any:
        """Sets an attribute to what `function` makes of it, or of the default if it is not there: as `update_with` of a dict.

        The name begins with an underscore because all others are the user's.

        Raises:
            AttributeError: if there is neither such an attribute nor a default.
        """
        try:
            return self._attributes._update_with(key, function, *default)
        except KeyError:
            raise _missing(key) from None

    def _add(self, key: str, n: Any = 1) -> Any:
        """Adds `n` to an attribute, as one step, and returns the sum. One that is not there counts as 0."""
        return self._attributes._update_with(key, lambda value: value + n, 0)

    def _callmethod(self, methodname: str, args: Any = (), kwds: Any = {}) -> Any:
        if methodname == "__getattribute__":
            return getattr(self, *args)
        return super()._callmethod(methodname, args, kwds)  # type: ignore[misc]

    def _getvalue(self) -> stdlib.Namespace:
        return stdlib.Namespace(**self._attributes.copy())

    def __getstate__(self) -> Any:
        return None


def _missing(key: str) -> AttributeError:
    return AttributeError(f"'Namespace' object has no attribute {key!r}")
