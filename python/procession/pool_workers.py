"""The worker processes of a pool: started here, watched by the native half."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from typing import Any

from . import _native
from .exceptions import StaleHandleError

__all__ = ["Workers", "work"]

#: How long it may take until the exit code of a process that has ended is known, in seconds.
_PATIENCE = 5.0


class Workers:
    """Starts processes for a pool, and knows those that have not ended."""

    def __init__(
        self,
        make: Callable[..., Any],
        context: Any,
        initializer: Callable[..., Any] | None,
        initargs: tuple[Any, ...],
        daemon: bool,
    ) -> None:
        self._make = make
        self._context = context
        self._initializer = initializer
        self._initargs = initargs
        self._daemon = daemon
        self._supervisor: threading.Thread | None = None
        self.processes: list[Any] = []

    def start(self, appointment: bytes) -> tuple[int | None, str, int | None, Callable[[], int | None]]:
        """Starts a worker; returns its pid, its name, its sentinel, and what waits for its exit code."""
        process = self._make(
            self._context, target=work, args=(appointment, self._initializer, self._initargs)
        )
        process.name = process.name.replace("Process", "PoolWorker")
        process.daemon = self._daemon
        process.start()
        self.processes.append(process)
        pid, sentinel = getattr(process, "pid", None), getattr(process, "sentinel", None)
        return pid, process.name, sentinel, functools.partial(self._see_off, process)

    def _see_off(self, process: Any) -> int | None:
        code: int | None = process.exitcode
        if code is None:
            # A fork server tells it a moment later.
            process.join(_PATIENCE)
            code = process.exitcode
        else:
            process.join(0)
        if process in self.processes:
            self.processes.remove(process)
        return code

    def supervise(self, supervision: Callable[[], None]) -> None:
        """Has the workers watched by a thread that the interpreter knows, since it starts processes."""
        self._supervisor = threading.Thread(target=supervision, name="pool supervisor", daemon=True)
        self._supervisor.start()

    def join(self) -> None:
        """Waits for the thread that watches the workers, which outlives them by a moment."""
        supervisor = self._supervisor
        if supervisor is not None and supervisor is not threading.current_thread():
            supervisor.join(_PATIENCE)

    def end(self) -> None:
        """Ends the workers of a pool that could not be made."""
        for process in self.processes:
            if process.exitcode is None:
                process.terminate()
        for process in self.processes:
            process.join()


def work(appointment: bytes, initializer: Callable[..., Any] | None, initargs: tuple[Any, ...]) -> None:
    """What a worker process does: one task after another."""

    def prepare() -> None:
        if initializer is not None:
            initializer(*initargs)

    try:
        is_prepared = _native.serve(appointment, prepare)
    except (KeyboardInterrupt, StaleHandleError):
        # The pool is being given up; whoever does so has been told why.
        sys.exit(1)
    if not is_prepared:
        # The pool has been told why.
        sys.exit(1)
