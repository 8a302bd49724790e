"""The dicts, lists, namespaces, values and arrays of managers that live on a server."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc, type-arg"
from __future__ import annotations

import array
import collections.abc
from collections.abc import Iterable, Mapping
from multiprocessing import managers as stdlib
from typing import Any, TypeVar

from .. import _native
from ..proxies.array_methods import ArrayMethods
from ..proxies.dict_methods import DictMethods
from ..proxies.list_methods import ListMethods
from ..proxies.namespace_methods import NamespaceMethods
from ..proxies.value_methods import ValueMethods
from .proxy import ClusterProxy, ProxyByName

__all__ = ["ClusterArray", "ClusterDict", "ClusterList", "ClusterNamespace", "ClusterValue"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class ClusterDict(DictMethods[K, V], ClusterProxy, _native.ClusterDict, stdlib.DictProxy):
    """A dict that any number of processes on any number of machines read and change, in the order of insertion; otherwise as that of a manager in memory.

    If a process dies: inside a change it is wholly made or wholly not, an `update` of many entries as well.
    """

    _typeid = "dict"
    _name = "DictProxy"

    def __new__(
        cls,
        cluster: _native.Cluster,
        items: Mapping[K, V] | None = None,
        *,
        name: str | None = None,
        attach: bool = False,
    ) -> ClusterDict[K, V]:
        shared = _native.ClusterDict.__new__(cls, cluster, name, attach)
        if items:
            shared._extend(items)
        return shared


collections.abc.MutableMapping.register(ClusterDict)


class ClusterList(ListMethods[T], ClusterProxy, _native.ClusterList, stdlib.ListProxy):
    """A list that any number of processes on any number of machines read and change; otherwise as that of a manager in memory.

    If a process dies: inside a change it is wholly made or wholly not, an `extend` by many values or a `sort` as well. The exceptions are assigning to
    a slice with a step, and ``*=``.
    """

    _typeid = "list"
    _name = "ListProxy"

    def __new__(
        cls,
        cluster: _native.Cluster,
        values: Iterable[T] = (),
        *,
        name: str | None = None,
        attach: bool = False,
    ) -> ClusterList[T]:
        shared = _native.ClusterList.__new__(cls, cluster, name, attach)
        if values:
            shared.extend(values)
        return shared


collections.abc.MutableSequence.register(ClusterList)


class ClusterNamespace(NamespaceMethods, ProxyByName, stdlib.NamespaceProxy):
    """An object whose attributes any number of processes on any number of machines read and change; otherwise as that of a manager in memory.

    All names without an underscore are the user's; so what is `unlink` of others is `_unlink` here.

    If a process dies: an attribute that it was setting has its former value or the new one.
    """

    _typeid = "Namespace"
    _name = "NamespaceProxy"

    _attributes: _native.ClusterDict

    def __new__(
        cls,
        cluster: _native.Cluster,
        attributes: dict[str, Any] | None = None,
        *,
        name: str | None = None,
        attach: bool = False,
    ) -> ClusterNamespace:
        namespace = object.__new__(cls)
        namespace._attributes = _native.ClusterDict(cluster, name, attach)
        if attributes:
            namespace._attributes._extend(attributes)
        return namespace

    @property
    def _on_server(self) -> _native.ClusterObject:
        return self._attributes

    def _unlink(self) -> None:
        """Removes it from the server, for everybody."""
        self._attributes.unlink()


class ClusterValue(ValueMethods[T], ClusterProxy, _native.ClusterValue, stdlib.ValueProxy):
    """A value that any number of processes on any number of machines read and change; otherwise as that of a manager in memory.

    If a process dies: a value that it was setting is the former one or the new one.
    """

    _typeid = "Value"
    _name = "ValueProxy"

    def __new__(
        cls,
        cluster: _native.Cluster,
        typecode: Any = None,
        value: Any = None,
        lock: Any = True,
        *,
        name: str | None = None,
        attach: bool = False,
    ) -> ClusterValue[Any]:
        shared = _native.ClusterValue.__new__(cls, cluster, name, attach, value)
        shared._typecode = typecode
        return shared


class ClusterArray(ArrayMethods, ClusterProxy, _native.ClusterArray, stdlib.ArrayProxy):
    """An array of numbers that any number of processes on any number of machines read and change. Its length is fixed.

    It has the interface of a manager's array of the stdlib: elements are checked as those of an `array.array`, and a slice is one. Up to 256 KiB are
    read or written as one step.

    If a process dies: of the elements that it was setting, some are as before and the others new.
    """

    _typeid = "Array"
    _name = "ArrayProxy"

    def __new__(
        cls,
        cluster: _native.Cluster,
        typecode: str,
        values: Iterable[Any] = (),
        lock: Any = True,
        *,
        name: str | None = None,
        attach: bool = False,
    ) -> ClusterArray:
        elements = array.array(typecode, values)
        contents = f"Python array of {typecode}"
        shared = _native.ClusterArray.__new__(
            cls, cluster, name, attach, elements.tobytes(), elements.itemsize, contents
        )
        shared._typecode = typecode
        return shared
