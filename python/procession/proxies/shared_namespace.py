"""Namespaces of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc"
from __future__ import annotations

from multiprocessing import managers as stdlib
from typing import Any

from .. import _native
from .namespace_methods import NamespaceMethods
from .proxy import SharedProxy

__all__ = ["SharedNamespace"]


class SharedNamespace(NamespaceMethods, SharedProxy, stdlib.NamespaceProxy):
    """An object whose attributes all processes of the session read and change.

    It has the interface of a manager's namespace of the stdlib: an attribute whose name begins with an underscore belongs to this
    process alone. What is read is a copy: to change a value that is mutable, set it again.

    If a process dies: an attribute that it was setting has its former value or the new one.
    """

    _typeid = "Namespace"
    _name = "NamespaceProxy"

    _attributes: _native.Dict

    def __new__(cls, attributes: dict[str, Any] | None = None, *, handle: tuple[int, int] | None = None) -> SharedNamespace:
        namespace = object.__new__(cls)
        namespace._attributes = _native.Dict(handle)
        if attributes:
            namespace._attributes._extend(attributes)
        return namespace

    def _shared_handle(self) -> tuple[int, int]:
        return self._attributes.handle
