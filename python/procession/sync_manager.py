"""The manager whose objects live in shared memory."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="attr-defined, misc"
from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from multiprocessing import managers as stdlib
from multiprocessing import util
from multiprocessing.managers import State
from typing import Any

from .manager_context import InContext
from .shared_factories import SharedFactories

__all__ = ["SyncManager"]


def _pool(*args: Any, **kwds: Any) -> Any:
    from .pool import Pool

    return Pool(*args, **kwds)


class SyncManager(SharedFactories, InContext, stdlib.SyncManager):
    """A manager whose dicts, lists, namespaces, values, arrays, queues and locks live in shared memory.

    A server process runs only if something needs it: a pool, a type that was registered, an address, an initializer. A manager that is
    connected to the server of another one has all its objects there, as in the stdlib.

    If a process dies: the objects in shared memory go on without whichever it was. After `shutdown` no more objects are made, and those that
    there are live on until nobody uses them.
    """

    #: Whether it has its objects in the server of another manager.
    _is_connected = False
    #: Starts the server when it is needed; None if it was started in the first place, or nothing was started.
    _late_server: _LateServer | None = None
    _started_process: Any = None

    def start(self, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()) -> None:
        """Starts the manager.

        Raises:
            ProcessError: if it was started before, or has shut down.
        """
        is_new = self._state.value == State.INITIAL
        if not is_new or initializer is not None or self._address is not None or self._has_types_of_its_own():
            super().start(initializer, initargs)
            return
        self._late_server = _LateServer()
        self._state.value = State.STARTED
        self.shutdown = util.Finalize(self, _LateServer.shut_down, args=(self._late_server, self._state), exitpriority=0)

    def connect(self) -> None:
        """Connects to the server of another manager, in which all objects are made from then on."""
        super().connect()
        self._is_connected = True

    @classmethod
    def _has_types_of_its_own(cls) -> bool:
        return any(entry is not SyncManager._registry.get(typeid) for typeid, entry in cls._registry.items())

    def _makes_shared_objects(self) -> bool:
        if self._is_connected:
            return False
        # While a late server is being started, the manager goes on making what needs none.
        is_started = self._state.value == State.STARTED or (
            self._late_server is not None and self._state.value != State.SHUTDOWN
        )
        assert is_started, "server not yet started"
        return True

    def _need_server(self) -> None:
        """Starts the server if that was put off."""
        late = self._late_server
        if late is None or self._state.value != State.STARTED:
            return
        with late.mutex:
            if not late.is_started:
                self._start_late(late)

    def _start_late(self, late: _LateServer) -> None:
        shutdown = self.shutdown
        late.is_started = True
        self._state.value = State.INITIAL
        try:
            super().start()
            late.shutdown = self.shutdown
        except BaseException:
            late.is_started = False
            raise
        finally:
            self._state.value = State.STARTED
            self.shutdown = shutdown

    @property
    def address(self) -> Any:
        """Where the server listens; starts it if it does not run yet."""
        self._need_server()
        return self._address

    @property
    def _process(self) -> Any:
        self._need_server()
        return self._started_process

    @_process.setter
    def _process(self, process: Any) -> None:
        self._started_process = process

    def join(self, timeout: float | None = None) -> None:
        """Waits until the server process has ended, if there was one."""
        if self._started_process is not None:
            super().join(timeout)

    def _create(self, typeid: str, /, *args: Any, **kwds: Any) -> Any:
        self._need_server()
        return super()._create(typeid, *args, **kwds)

    def _number_of_objects(self) -> int:
        """How many objects the server has."""
        return super()._number_of_objects() if self._has_server() else 0

    def _debug_info(self) -> str:
        return super()._debug_info() if self._has_server() else ""

    def _has_server(self) -> bool:
        return self._late_server is None or self._late_server.is_started


SyncManager.register("Pool", _pool, stdlib.PoolProxy)


class _LateServer:
    """A server that runs only if something needs it."""

    def __init__(self) -> None:
        self.is_started = False
        #: Ends the server, once it is started.
        self.shutdown: Any = None
        self._begin_anew()
        # A thread that held the mutex is not in the copy.
        util.register_after_fork(self, _LateServer._begin_anew)

    def _begin_anew(self) -> None:
        #: Reentrant, since starting the server looks at the process that it is about to be.
        self.mutex = threading.RLock()

    def shut_down(self, state: State) -> None:
        """Ends the server, if there is one, and the manager."""
        if self.shutdown is not None:
            self.shutdown()
        state.value = State.SHUTDOWN
