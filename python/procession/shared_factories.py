"""The methods of a manager that make objects in shared memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .proxies.shared_array import SharedArray
from .proxies.shared_dict import SharedDict
from .proxies.shared_list import SharedList
from .proxies.shared_locks import (
    SharedBarrier,
    SharedBoundedSemaphore,
    SharedCondition,
    SharedEvent,
    SharedLock,
    SharedRLock,
    SharedSemaphore,
)
from .proxies.shared_namespace import SharedNamespace
from .proxies.shared_queue import SharedQueue
from .proxies.shared_value import SharedValue

__all__ = ["SharedFactories"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class SharedFactories:
    """Mixed in before a manager of the stdlib: what it makes lives in shared memory, unless the manager is connected to another one's server.

    Raises:
        AssertionError: from each method, if the manager was not started, or has shut down.
    """

    def _makes_shared_objects(self) -> bool:
        """Whether objects are to be made in shared memory, and not in a server."""
        raise NotImplementedError

    def _make(self, typeid: str, construct: Callable[..., Any], /, *args: Any, **kwds: Any) -> Any:
        if self._makes_shared_objects():
            return construct(*args, **kwds)
        return getattr(super(), typeid)(*args, **kwds)

    if TYPE_CHECKING:

        @overload
        def dict(self, /) -> SharedDict[Any, Any]: ...
        @overload
        def dict(self, /, **entries: V) -> SharedDict[str, V]: ...
        @overload
        def dict(self, entries: Mapping[K, V] | Iterable[tuple[K, V]], /) -> SharedDict[K, V]: ...
        @overload
        def dict(self, entries: Mapping[str, V] | Iterable[tuple[str, V]], /, **more: V) -> SharedDict[str, V]: ...
        def dict(self, /, *args: Any, **kwds: Any) -> SharedDict[Any, Any]: ...
        @overload
        def list(self, /) -> SharedList[Any]: ...
        @overload
        def list(self, values: Iterable[T], /) -> SharedList[T]: ...
        def list(self, /, *args: Any) -> SharedList[Any]: ...

    else:

        def dict(self, /, *args, **kwds):
            """Returns a shared dict with what `dict(*args, **kwds)` has."""
            return self._make("dict", _dict, *args, **kwds)

        def list(self, /, *args):
            """Returns a shared list with what `list(*args)` has."""
            return self._make("list", _list, *args)

    def Namespace(self, /, **kwds: Any) -> SharedNamespace:
        """Returns a shared namespace with these attributes."""
        namespace: SharedNamespace = self._make("Namespace", _namespace, **kwds)
        return namespace

    def Value(self, /, typecode: Any, value: T, lock: Any = True) -> SharedValue[T]:
        """Returns a shared value; `typecode` and `lock` are for show, as in the stdlib."""
        shared: SharedValue[T] = self._make("Value", SharedValue, typecode, value, lock)
        return shared

    def Array(self, /, typecode: str, sequence: Iterable[Any], lock: Any = True) -> SharedArray:
        """Returns a shared array with what `array.array(typecode, sequence)` has."""
        array: SharedArray = self._make("Array", SharedArray, typecode, sequence, lock)
        return array

    def Queue(self, /, maxsize: int = 0) -> SharedQueue:
        """Returns a queue with the interface of `queue.Queue`."""
        queue: SharedQueue = self._make("Queue", SharedQueue, maxsize)
        return queue

    def JoinableQueue(self, /, maxsize: int = 0) -> SharedQueue:
        """Returns a queue with the interface of `queue.Queue`."""
        queue: SharedQueue = self._make("JoinableQueue", _joinable_queue, maxsize)
        return queue

    def Lock(self, /) -> SharedLock:
        """Returns a lock."""
        lock: SharedLock = self._make("Lock", SharedLock)
        return lock

    def RLock(self, /) -> SharedRLock:
        """Returns a reentrant lock."""
        lock: SharedRLock = self._make("RLock", SharedRLock)
        return lock

    def Semaphore(self, /, value: int = 1) -> SharedSemaphore:
        """Returns a semaphore with so many permits."""
        semaphore: SharedSemaphore = self._make("Semaphore", SharedSemaphore, value)
        return semaphore

    def BoundedSemaphore(self, /, value: int = 1) -> SharedBoundedSemaphore:
        """Returns a semaphore that never has more permits than these."""
        semaphore: SharedBoundedSemaphore = self._make("BoundedSemaphore", SharedBoundedSemaphore, value)
        return semaphore

    def Condition(self, /, lock: SharedLock | SharedRLock | None = None) -> SharedCondition:
        """Returns a condition, which goes with `lock` or with a new `RLock`."""
        condition: SharedCondition = self._make("Condition", SharedCondition, lock)
        return condition

    def Event(self, /) -> SharedEvent:
        """Returns an event."""
        event: SharedEvent = self._make("Event", SharedEvent)
        return event

    def Barrier(
        self, /, parties: int, action: Callable[[], Any] | None = None, timeout: float | None = None
    ) -> SharedBarrier:
        """Returns a barrier for so many parties."""
        barrier: SharedBarrier = self._make("Barrier", SharedBarrier, parties, action, timeout)
        return barrier


def _dict(*args: Any, **kwds: Any) -> SharedDict[Any, Any]:
    return SharedDict(dict(*args, **kwds))


def _list(*args: Any) -> SharedList[Any]:
    return SharedList(list(*args))


def _namespace(**kwds: Any) -> SharedNamespace:
    return SharedNamespace(kwds)


def _joinable_queue(maxsize: int) -> SharedQueue:
    return SharedQueue(maxsize, typeid="JoinableQueue")
