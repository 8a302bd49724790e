"""Lists of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="type-arg"
from __future__ import annotations

import collections.abc
from collections.abc import Iterable
from multiprocessing import managers as stdlib
from typing import TypeVar

from .. import _native
from .list_methods import ListMethods
from .proxy import SharedProxy

__all__ = ["SharedList"]

T = TypeVar("T")


class SharedList(ListMethods[T], SharedProxy, _native.List, stdlib.ListProxy):
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


collections.abc.MutableSequence.register(SharedList)
