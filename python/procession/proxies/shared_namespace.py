"""Namespaces of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc"
from __future__ import annotations

from collections.abc import Callable
from multiprocessing import managers as stdlib
from typing import Any

from .. import _native
from .proxy import SharedProxy

__all__ = ["SharedNamespace"]


class SharedNamespace(SharedProxy, stdlib.NamespaceProxy):
    """An object whose attributes all processes of the session read and change.

    It has the interface of a manager's namespace of the stdlib: an attribute whose name begins with an underscore belongs to this
    process alone. What is read is a copy: to change a value that is mutable, set it again.

    If a process dies: an attribute that it was setting has its former value or the new one.
    """

    _typeid = "Namespace"
    _name = "NamespaceProxy"

    #: The attributes; in a dict, since a namespace has no names of its own that a user could not use.
    _attributes: _native.Dict

    def __new__(cls, attributes: dict[str, Any] | None = None, *, handle: tuple[int, int] | None = None) -> SharedNamespace:
        namespace = object.__new__(cls)
        namespace._attributes = _native.Dict(handle)
        if attributes:
            namespace._attributes._extend(attributes)
        return namespace

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
        """Sets an attribute to what `function` makes of it, or of the default if it is not there: as `SharedDict.update_with`.

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

    def _shared_handle(self) -> tuple[int, int]:
        return self._attributes.handle

    def _callmethod(self, methodname: str, args: Any = (), kwds: Any = {}) -> Any:
        if methodname == "__getattribute__":
            return getattr(self, *args)
        return super()._callmethod(methodname, args, kwds)

    def _getvalue(self) -> stdlib.Namespace:
        return stdlib.Namespace(**self._attributes.copy())

    def __getstate__(self) -> Any:
        return None


def _missing(key: str) -> AttributeError:
    return AttributeError(f"'Namespace' object has no attribute {key!r}")
