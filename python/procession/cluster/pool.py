"""Pools whose workers are on many machines.

They have the interface of `procession.pool`. The workers belong to *hosts*, one process on each machine: ``python -m procession worker URL --slots 8 --app module``. Who has the pool
gives tasks to the server; the hosts take them, as many as they have slots, and the results come back the same way.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from multiprocessing import util
from multiprocessing.process import parent_process
from multiprocessing.pool import INIT, RUN
from typing import Any

from .. import _native
from ..pool import Pool as LocalPool
from ..pool import usable_processors
from ..serialization import serializer as dump_of
from .code import code

__all__ = ["DEFAULT_NAME", "Pool"]

#: The pool that hosts serve and programs use if nothing else is said.
DEFAULT_NAME = "default"


#: How long `terminate` waits for callbacks that run, in seconds.
_PATIENCE = 5.0


class Pool(LocalPool):
    """Tasks for the workers of all hosts that serve the pool of this name.

    A function goes by its name, so that the program, or the module that it is in, must be there on all hosts; one of the main program is found on hosts that
    were given the program as `--app`. Arguments and results are pickled. By cloudpickle the code of a function goes along: also of a lambda, or one of a notebook.

    Args:
        processes: how many tasks may be with workers at a time; by default as many as there are workers.
        name: of the pool; "default" if nothing is said.
        app_version: of the program: only hosts that serve the same version get its tasks, and only those that serve none if nothing is said.
        serializer: "pickle" or "cloudpickle", a package that must be on this machine and on the hosts.
        patience_for_hosts: seconds for which tasks wait while no host at all serves the pool; then they raise `NoWorkers`; 60 if nothing is said.

    A task whose worker or host is lost is run again, twice at most unless `retries` says otherwise: it must do no harm if it is done twice. `retries=0` has
    it fail instead, with `WorkerLost`, or `HostLost` if it was lost with its host. What a task raises has a note that says on which host.

    If a process dies: if it is a worker, its task goes to another one at once, and if it is a host, when its lease has run out. If it is the one that has the
    pool, its tasks are dropped when a host comes to them.
    """

    _retries = 2

    def __init__(
        self,
        cluster: _native.Cluster,
        processes: int | None = None,
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        *,
        name: str | None = None,
        patience_for_hosts: float | None = None,
        app_version: str | None = None,
        serializer: str | None = None,
    ) -> None:
        # First, for `__del__` of a pool that could not be made.
        self._state = INIT
        self._pool: list[Any] = []
        self._owner = os.getpid()
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if initializer is not None or maxtasksperchild is not None:
            raise ValueError(
                "initializer and maxtasksperchild concern workers, and those of a pool on a server are started by its hosts: say "
                "`python -m procession worker --initializer module:function` or `--max-tasks N` there"
            )
        dump = dump_of(serializer)
        cluster.check_signatures()
        self._name = name or DEFAULT_NAME
        self._processes = processes or usable_processors()
        self._native = _native.Pool.on_server(cluster, self._name, code(app_version), processes, patience_for_hosts, dump)
        self._terminate = util.Finalize(self, _terminate, args=(self._native,), exitpriority=15)
        self._state = RUN

    def __del__(self, _warn: Any = warnings.warn, _running: str = RUN, _pid: Any = os.getpid) -> None:
        super().__del__(_warn, _running, _pid)

    def __repr__(self) -> str:
        cls = type(self)
        return f"<{cls.__module__}.{cls.__qualname__} state={self._state} name={self._name!r}>"

    def _join_workers(self) -> None:
        """Nothing: they are those of the hosts."""


def _terminate(native: Any) -> None:
    if util.is_exiting() and parent_process() is None:
        _native.interpreter_exits()
    native.terminate()
    native.join(_PATIENCE)
