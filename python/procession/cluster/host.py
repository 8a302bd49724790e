"""A worker host: a process that has workers of its own carry out the tasks of pools on a server."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial

from .. import _native
from ..context import _default_context
from ..pool import Pool
from . import code as codes
from .address import VARIABLE
from .application import Application, app_version
from .failures import tell
from .host_child import Child

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
        apps: modules, or files, that each worker imports before its first task; with ``:version`` behind, the host serves only programs of that version. Functions of
            a main program are looked for in the last one.
        initializer: ``module:function``, called by each worker before its first task.
        max_tasks: after so many tasks a worker ends and another takes its place.
        drain: seconds.
        name: what to call this host; its host name if nothing is said.

    Raises:
        NotSigned: if the server is on another machine and there is no key: whoever could write to it could run anything here.
        ValueError: if an app is not what it should be.
        PoolBroken: if no worker can be started, for instance since an app cannot be imported.
        ClusterError: if the server cannot be used.
    """
    applications = [Application.parse(app) for app in apps]
    version = codes.version(app_version(applications))
    code = codes.code(version)
    host = name or socket.gethostname() or "unknown"
    cluster = _native.Cluster(url)
    cluster.check_signatures()
    # Workers, and what they start, know the server by it, and which program they are.
    os.environ[VARIABLE] = url
    if version is not None:
        os.environ[codes.VARIABLE] = version
    stop = _native.HostStop()
    context = _default_context.get_context("spawn")
    prepare = partial(_prepare, host, applications, initializer)
    pool = Pool(slots, prepare, (), max_tasks, context, daemon=False)
    try:
        # No task is fetched before a worker has imported what it needs. Until then signals do what they always do: there is nothing to give back, and
        # an import may take for ever.
        pool.apply(_do_nothing)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.insist())
        print(f"procession worker: serving {', '.join(pools)} on {cluster.location} with {slots} slots, {code}", file=sys.stderr, flush=True)
        start = partial(Child, context, host, prepare)
        _native.serve_as_host(cluster, pool._native, stop, host, list(pools), slots, code, drain, start)
    finally:
        pool.terminate()
        pool.join()


def _do_nothing() -> None:
    """The first task of a host: once it is done, there is a worker."""


def _prepare(host: str, apps: Sequence[Application], initializer: str | None) -> None:
    """In a worker, before its first task."""
    # Ctrl-C in a terminal goes to all processes there; it is the host who decides how long tasks may go on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _native.tell_failures_by(partial(tell, host))
    for app in apps:
        # What a main program pickles by name is in the module that it is here.
        sys.modules["__main__"] = app.load()
    if initializer is not None:
        module, _, function = initializer.partition(":")
        getattr(importlib.import_module(module), function)()

