"""Processes that worker hosts start.

They are those of `multiprocessing`: ``Process(target=…, args=…)``, or a class of one's own that is derived from it and has a `run`. What starts them is a *host*, a program that
serves the pool "default" of the same server, on whatever machine: ``python -m procession worker URL --app module``. It has a fresh interpreter run the target, whose module must be
there, and whose arguments are pickled.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess, current_process
from typing import Any

from .. import _native
from ..exceptions import ClusterError
from .code import code
from .pool import DEFAULT_NAME

__all__ = ["HostedProcess", "process_class"]


class HostedProcess(BaseProcess):
    """A process that a worker host starts.

    Args:
        group: nothing.
        target: what it calls, by its name.
        name: what it is called; otherwise something with a number.
        args: what the target is called with.
        kwargs: what the target is called with by name.
        daemon: whether it ends with this process; otherwise as this process.
        pool: which hosts are meant: those that serve the pool of that name; "default" if nothing is said.
        patience_for_hosts: seconds for which `start` waits while there is no such host; then it raises `NoWorkers`; 60 if nothing is said.

    It takes none of the host's slots, and the hosts start processes in turn. `start` returns when one has. `pid` is the number under which that machine knows it, and
    `host` is what the host is called. Standard streams are the host's, and so is `authkey`: the one of this process stays here.

    If a process dies: if it is this one, `exitcode` says how, and `failure` what it has raised. If its host dies, it ends as well; `exitcode` is -255 when the host's lease has run out, and `failure` an
    exception that says why. It is never begun a second time. If the one that started it dies, even by `kill -9`, a daemonic process ends when the lease of that one is over, and any other goes on.
    """

    _start_method = None
    #: The server, in the classes that `process_class` makes.
    _cluster: _native.Cluster
    _app_version: str | None = None

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] = {},
        *,
        daemon: bool | None = None,
        pool: str = DEFAULT_NAME,
        patience_for_hosts: float | None = None,
    ) -> None:
        super().__init__(group, target, name, args, kwargs, daemon=daemon)
        self._pool = pool
        self._patience_for_hosts = patience_for_hosts

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        return Popen(process_obj)

    @property
    def host(self) -> str | None:
        """What the host is called that has started it; None before that."""
        popen: Popen | None = self._popen  # type: ignore[attr-defined]
        return None if popen is None else popen.host

    @property
    def failure(self) -> BaseException | None:
        """What it has raised, as a `RuntimeError` with the traceback there; or why nobody knows how it has ended; None if it has ended otherwise, or not at all."""
        popen: Popen | None = self._popen  # type: ignore[attr-defined]
        return None if popen is None else popen.native.failure()

    def __reduce_ex__(self, protocol: Any) -> Any:
        cls = type(self)
        # What `process_class` makes has no name by which it could be found.
        by_name = HostedProcess if "_cluster" in vars(cls) else cls
        state = {key: value for key, value in self.__dict__.items() if key not in ("_popen", "_sentinel")}
        # The key of one session is nothing for others.
        state["_config"] = {key: value for key, value in state["_config"].items() if key != "authkey"}
        return _arrived, (by_name, state)


def _arrived(cls: type[HostedProcess], state: dict[str, Any]) -> HostedProcess:
    process = cls.__new__(cls)
    config = {**state["_config"], "authkey": current_process().authkey}
    process.__dict__.update(state, _popen=None, _config=config)
    return process


#: What `process_class` has made, by the address of the server and the version of the program.
_classes: dict[tuple[str, str | None], type[HostedProcess]] = {}


def process_class(cluster: _native.Cluster, app_version: str | None) -> type[HostedProcess]:
    """The class of processes that the hosts of that server start which serve that version: always the same one."""
    attributes = {"_cluster": cluster, "_app_version": app_version, "__doc__": HostedProcess.__doc__, "__module__": __name__}
    return _classes.setdefault((cluster.url, app_version), type("Process", (HostedProcess,), attributes))


class Popen:
    """What `multiprocessing` knows of a process that was started: here, on a host."""

    method = "host"

    def __init__(self, process: HostedProcess) -> None:
        cluster = process._cluster
        cluster.check_signatures()
        self._owner = os.getpid()
        self.returncode: int | None = None
        self.native = _native.HostedProcess(
            cluster, process._pool, code(process._app_version), process.name, bool(process.daemon), process, process._patience_for_hosts
        )
        try:
            self.native.wait_until_begun()
        except BaseException:
            # Nobody would ever know of it. Should the server be away, it is the reason that counts.
            with suppress(ClusterError):
                self.native.kill()
            raise
        place = self.native.place()
        self.host: str | None = place[0] if place else None
        self.pid: int | None = place[1] if place else None
        self.sentinel = self.native.sentinel()

    def poll(self, flag: int = os.WNOHANG) -> int | None:
        """The exit code, if it has ended."""
        if self.returncode is None and os.getpid() == self._owner:
            self.returncode = self.native.exitcode()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, once it has ended; None if the time is over before."""
        if self.returncode is None:
            self.native.wait(timeout)
        return self.poll()

    def terminate(self) -> None:
        """Asks it to end."""
        if self.returncode is None:
            self.native.terminate()

    def kill(self) -> None:
        """Ends it."""
        if self.returncode is None:
            self.native.kill()

    def close(self) -> None:
        """Does nothing: the descriptor goes with the handle."""
