"""Contexts: the same factories for each way of starting processes.

They derive from the stdlib's contexts, so that whoever takes one of those takes one of these. How processes are started is the stdlib's business;
what they share is procession's.
"""

from __future__ import annotations

import multiprocessing.context as stdlib
from multiprocessing.context import (
    AuthenticationError,
    BufferTooShort,
    ProcessError,
    TimeoutError,
    assert_spawning,
    get_spawning_popen,
    set_spawning_popen,
)
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from . import _native, known_servers
from .session import reference_for

if TYPE_CHECKING:
    from . import managers, pool, queues, synchronize

__all__ = ()


class BaseContext(stdlib.BaseContext):
    """The factories of all contexts. Those that are not here are the stdlib's."""

    def Manager(self) -> managers.SyncManager:
        """Returns a manager, whose objects live in shared memory."""
        from .managers import SyncManager

        manager = SyncManager(ctx=self.get_context())
        manager.start()
        return manager

    def Lock(self) -> synchronize.Lock:  # type: ignore[override]
        """Returns a lock."""
        from .synchronize import Lock

        return Lock(ctx=self.get_context())

    def RLock(self) -> synchronize.RLock:  # type: ignore[override]
        """Returns a reentrant lock."""
        from .synchronize import RLock

        return RLock(ctx=self.get_context())

    def Condition(self, lock: Any = None) -> synchronize.Condition:  # type: ignore[override]
        """Returns a condition, which goes with `lock` or with a new `RLock`."""
        from .synchronize import Condition

        return Condition(lock, ctx=self.get_context())

    def Semaphore(self, value: int = 1, *, attributed: bool = False) -> synchronize.Semaphore:  # type: ignore[override]
        """Returns a semaphore with so many permits."""
        from .synchronize import Semaphore

        return Semaphore(value, attributed=attributed, ctx=self.get_context())

    def BoundedSemaphore(self, value: int = 1) -> synchronize.BoundedSemaphore:  # type: ignore[override]
        """Returns a semaphore that never has more permits than these."""
        from .synchronize import BoundedSemaphore

        return BoundedSemaphore(value, ctx=self.get_context())

    def Event(self) -> synchronize.Event:  # type: ignore[override]
        """Returns an event."""
        from .synchronize import Event

        return Event(ctx=self.get_context())

    def Barrier(  # type: ignore[override]
        self, parties: int, action: Callable[[], Any] | None = None, timeout: float | None = None
    ) -> synchronize.Barrier:
        """Returns a barrier for so many parties."""
        from .synchronize import Barrier

        return Barrier(parties, action, timeout, ctx=self.get_context())

    def Queue(self, maxsize: int = 0, *, serializer: str | None = None) -> queues.Queue[Any]:  # type: ignore[override]
        """Returns a queue."""
        from .queues import Queue

        return Queue(maxsize, serializer=serializer, ctx=self.get_context())

    def JoinableQueue(  # type: ignore[override]
        self,
        maxsize: int = 0,
        *,
        on_lost: str = "report",
        max_deliveries: int = 3,
        serializer: str | None = None,
    ) -> queues.JoinableQueue[Any]:
        """Returns a queue that knows which items are done."""
        from .queues import JoinableQueue

        return JoinableQueue(
            maxsize, on_lost=on_lost, max_deliveries=max_deliveries, serializer=serializer, ctx=self.get_context()
        )

    def SimpleQueue(self) -> queues.SimpleQueue[Any]:  # type: ignore[override]
        """Returns a queue with nothing but put and get."""
        from .queues import SimpleQueue

        return SimpleQueue(ctx=self.get_context())

    def Pool(  # type: ignore[override]
        self,
        processes: int | None = None,
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        **options: Any,
    ) -> pool.Pool:
        """Returns a pool of worker processes."""
        from .pool import Pool

        return Pool(processes, initializer, initargs, maxtasksperchild, context=self.get_context(), **options)

    def get_context(self, method: str | None = None) -> Any:
        """Returns the context of that start method; without one, this context."""
        return self if method is None else _concrete_context(method)


class _SessionMember:
    """Mixed in before a process class of the stdlib: what it starts takes part in this session."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        reduced: Any = super().__reduce_ex__(protocol)
        popen: Any = get_spawning_popen()
        if popen is None:
            return reduced
        construct, arguments, *rest = reduced
        start_method = _default_context.get_start_method(allow_none=True)
        # The session comes first, so that the session is there when the arguments of the target need it.
        surroundings = (reference_for(popen), known_servers.known_urls(), start_method)
        return _construct, (*surroundings, construct, arguments), *rest

    def _bootstrap(self, parent_sentinel: int | None = None) -> int:
        start_method: str | None = self._start_method  # type: ignore[attr-defined]
        if start_method is not None:
            _force_start_method(start_method)
        daemon: bool = self.daemon  # type: ignore[attr-defined]
        parent: int = self._parent_pid  # type: ignore[attr-defined]
        if daemon and parent_sentinel is not None:
            # The stdlib ends daemonic processes when their parent ends in good order; these end with it in any case.
            _native.end_with_parent(parent, parent_sentinel)
        code: int = super()._bootstrap(parent_sentinel)  # type: ignore[misc]
        return code


def _construct(
    _session: None, servers: dict[tuple[str, str], str], start_method: str | None, construct: Any, arguments: Any
) -> Any:
    known_servers.learn(servers)
    _default_context.set_start_method(start_method, force=True)
    return construct(*arguments)


class Process(_SessionMember, stdlib.Process):
    """A process, started by the method of the default context."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        return _default_context.get_context().Process._Popen(process_obj)

    @staticmethod
    def _after_fork() -> Any:
        return _default_context.get_context().Process._after_fork()


class ForkProcess(_SessionMember, stdlib.ForkProcess):
    """A process that begins as a copy of this one."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        from .popen_fork import Popen

        return Popen(process_obj)


class SpawnProcess(_SessionMember, stdlib.SpawnProcess):
    """A process that begins with a fresh interpreter."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        from .popen_spawn_posix import Popen

        return Popen(process_obj)


class ForkServerProcess(_SessionMember, stdlib.ForkServerProcess):
    """A process that begins as a copy of a server, which has no threads."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        from .popen_forkserver import Popen

        return Popen(process_obj)


class ForkContext(BaseContext, stdlib.ForkContext):
    """The context of the start method *fork*."""

    Process = ForkProcess


class SpawnContext(BaseContext, stdlib.SpawnContext):
    """The context of the start method *spawn*."""

    Process = SpawnProcess


class ForkServerContext(BaseContext, stdlib.ForkServerContext):
    """The context of the start method *forkserver*."""

    Process = ForkServerProcess


class DefaultContext(BaseContext, stdlib.DefaultContext):
    """The context whose start method can be chosen, once."""

    Process = Process
    _default_context: BaseContext
    _actual_context: BaseContext | None

    def get_context(self, method: str | None = None) -> Any:
        """Returns the context of that start method; without one, the one that was chosen, or the interpreter's default."""
        if method is not None:
            return _concrete_context(method)
        if self._actual_context is None:
            self._actual_context = self._default_context
        return self._actual_context


_concrete_contexts: dict[str, BaseContext] = {
    "fork": ForkContext(),
    "spawn": SpawnContext(),
    "forkserver": ForkServerContext(),
}


def _concrete_context(method: str) -> BaseContext:
    try:
        context = _concrete_contexts[method]
    except KeyError:
        raise ValueError(f"cannot find context for {method!r}") from None
    context._check_available()
    return context


def _force_start_method(method: str) -> None:
    _default_context._actual_context = _concrete_contexts[method]


_default_context = DefaultContext(_concrete_contexts[stdlib._default_context._default_context._name])  # type: ignore[attr-defined]
