"""Dicts of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="type-arg"
from __future__ import annotations

import collections.abc
from collections.abc import Mapping
from multiprocessing import managers as stdlib
from typing import TypeVar

from .. import _native
from .dict_methods import DictMethods
from .proxy import SharedProxy

__all__ = ["SharedDict"]

K = TypeVar("K")
V = TypeVar("V")


class SharedDict(DictMethods[K, V], SharedProxy, _native.Dict, stdlib.DictProxy):
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


collections.abc.MutableMapping.register(SharedDict)
