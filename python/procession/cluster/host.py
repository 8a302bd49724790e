"""A worker host: a process that has workers of its own carry out the tasks of pools on a server."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import _native
from ..context import _default_context
from ..pool import Pool
from .address import VARIABLE
from .pool import code

__all__ = ["serve"]


def serve(
    url: str,
    *,
    slots: int,
    pools: Sequence[str],
    apps: Sequence[str] = (),
    initializer: str | None = None,
    max_tasks: int | None = None,
    drain: float = 30.0,
    name: str | None = None,
) -> None:
    """Serves until the process gets `SIGTERM` or Ctrl-C: then what runs may go on for `drain` seconds. A second one ends it at once.

    Args:
        url: where the server is.
        slots: how many tasks are carried out at a time.
        pools: whose tasks.
        apps: modules, or files, that each worker imports before its first task. Functions of a main program are looked for in the last one.
        initializer: ``module:function``, called by each worker before its first task.
        max_tasks: after so many tasks a worker ends and another takes its place.
        drain: seconds.
        name: what to call this host; its host name if nothing is said.

    Raises:
        NotSigned: if the server is on another machine and there is no key: whoever could write to it could run anything here.
        PoolBroken: if no worker can be started, for instance since an app cannot be imported.
        ClusterError: if the server cannot be used.
    """
    cluster = _native.Cluster(url)
    cluster.check_signatures()
    # Workers, and what they start, know the server by it.
    os.environ[VARIABLE] = url
    stop = _native.HostStop()
    context = _default_context.get_context("spawn")
    pool = Pool(slots, _prepare, (list(apps), initializer), max_tasks, context, daemon=False)
    try:
        # No task is fetched before a worker has imported what it needs. Until then signals do what they always do: there is nothing to give back, and
        # an import may take for ever.
        pool.apply(_do_nothing)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.insist())
        print(f"procession worker: serving {', '.join(pools)} on {cluster.location} with {slots} slots, {code()}", file=sys.stderr, flush=True)
        start = partial(_start_process, context, list(apps), initializer)
        _native.serve_as_host(cluster, pool._native, stop, name, list(pools), slots, code(), drain, start)
    finally:
        pool.terminate()
        pool.join()


def _start_process(context: Any, apps: Sequence[str], initializer: str | None, name: str, data: bytes) -> BaseProcess:
    """Starts a process for somebody else, which ends with this host."""
    process: BaseProcess = context.Process(target=_be_process, args=(apps, initializer, data), name=name, daemon=True)
    process.start()
    return process


def _be_process(apps: Sequence[str], initializer: str | None, data: bytes) -> None:
    """In a process of its own: becomes the process that has come to this host."""
    _prepare(apps, initializer)
    process: BaseProcess = _native.arrived_process(data)
    sys.exit(process._bootstrap())  # type: ignore[attr-defined]


def _do_nothing() -> None:
    """The first task of a host: once it is done, there is a worker."""


def _prepare(apps: Sequence[str], initializer: str | None) -> None:
    """In a worker, before its first task."""
    # Ctrl-C in a terminal goes to all processes there; it is the host who decides how long tasks may go on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for app in apps:
        # What a main program pickles by name is in the module that it is here.
        sys.modules["__main__"] = _import(app)
    if initializer is not None:
        module, _, function = initializer.partition(":")
        getattr(importlib.import_module(module), function)()


def _import(app: str) -> ModuleType:
    """The module of that name, or in that file."""
    if not app.endswith(".py"):
        return importlib.import_module(app)
    path = Path(app).resolve()
    sys.path.insert(0, str(path.parent))
    return importlib.import_module(path.stem)

