"""Real servers for tests: one alone, and a cluster of three with a replica each. They listen on this machine alone, and end with the tests."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import Any, Self

#: Names another executable: another version, or one that is not on the PATH.
VARIABLE = "PROCESSION_REDIS_SERVER"
#: Seconds after which a server that has not come up will not.
_PATIENCE = 60.0

_SLOTS = 16384
_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


def executable() -> str:
    """The server's executable."""
    named = os.environ.get(VARIABLE)
    found = named or shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None or not os.path.isfile(found):
        raise FileNotFoundError(
            f"{named or 'redis-server'} was not found: install it (Debian, Ubuntu: apt install redis-server; or set {VARIABLE} to its path)"
        )
    return found


class Server:
    """A server process of its own."""

    def __init__(self, *settings: str) -> None:
        self.directory = tempfile.mkdtemp(prefix="procession-server-")
        self.port = _free_port()
        self._settings = settings
        self.start()

    def start(self) -> None:
        """Starts it, or starts it again where it was and with what it had."""
        command = [executable(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory, "--save", ""]
        with open(os.path.join(self.directory, "output"), "wb") as output:
            self.process = subprocess.Popen(
                [*command, *self._settings],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=end_with_this_process,
            )
        self.wait_for(self._answers)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Returns when the server has answered so that the condition is true."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError, ServerRefusal):
                if condition():
                    return
            time.sleep(0.02)
        with open(os.path.join(self.directory, "output"), errors="replace") as output:
            raise RuntimeError(f"the server does not do what it should:\n{output.read()}")

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == b"PONG"
        except ServerRefusal as refusal:
            return str(refusal).startswith("NOAUTH")

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/"

    def ask(self, *command: Any) -> Any:
        """What it answers."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            parts = [part if isinstance(part, bytes) else str(part).encode() for part in command]
            request = b"*%d\r\n" % len(parts)
            connection.sendall(request + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
            return _read_reply(connection.makefile("rb"))

    def kill(self) -> None:
        """Kills it, as the power does."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Kills it and removes what it has written."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()


class ServerRefusal(Exception):
    """The server answered with an error."""


def _read_reply(replies: Any) -> Any:
    line = replies.readline().rstrip(b"\r\n")
    if not line:
        raise ConnectionResetError("the server has closed the connection")
    kind, rest = line[:1], line[1:]
    if kind == b"+":
        return rest
    if kind == b"-":
        raise ServerRefusal(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if rest == b"-1" else replies.read(int(rest) + 2)[:-2]
    return None if rest == b"-1" else [_read_reply(replies) for _ in range(int(rest))]


def _free_port() -> int:
    # A node of a cluster listens on a second one, 10000 above.
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            if port + 10000 > 65535:
                continue
            try:
                second.bind(("127.0.0.1", port + 10000))
            except OSError:
                continue
            return port


def end_with_this_process() -> None:
    """In a process that is just being started: has it killed when whoever starts it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _ended_at_exit(server: Server) -> Server:
    owner = os.getpid()

    def end() -> None:
        if os.getpid() == owner:
            server.end()

    atexit.register(end)
    return server


@functools.cache
def single() -> Server:
    """The server that tests share which need one."""
    return _ended_at_exit(Server())


@functools.cache
def nodes() -> tuple[Server, ...]:
    """The cluster that tests share: three primaries and a replica of each."""
    settings = ("--cluster-enabled", "yes", "--cluster-node-timeout", "5000")
    servers = tuple(_ended_at_exit(Server(*settings)) for _ in range(6))
    primaries, replicas = servers[:3], servers[3:]
    bounds = [_SLOTS * number // 3 for number in range(4)]
    for primary, (first, end) in zip(primaries, itertools.pairwise(bounds), strict=True):
        primary.ask("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
    for server in servers[1:]:
        server.ask("CLUSTER", "MEET", "127.0.0.1", servers[0].port)
    for server in servers:
        server.wait_for(lambda server=server: server.ask("CLUSTER", "NODES").count(b"connected") == 6)  # type: ignore[misc]
    for primary, replica in zip(primaries, replicas, strict=True):
        identity = primary.ask("CLUSTER", "MYID")
        replica.wait_for(lambda replica=replica, identity=identity: replica.ask("CLUSTER", "REPLICATE", identity) == b"OK")  # type: ignore[misc]
    for server in servers:
        server.wait_for(lambda server=server: b"cluster_state:ok" in server.ask("CLUSTER", "INFO"))  # type: ignore[misc]
        server.wait_for(lambda server=server: server.ask("CLUSTER", "NODES").count(b" slave ") + server.ask("CLUSTER", "NODES").count(b",slave ") == 3)  # type: ignore[misc]
    return servers


def url(place: str) -> str:
    """The address of the server, or of the cluster."""
    if place == "server":
        return single().url
    return "redis://" + ",".join(f"127.0.0.1:{server.port}" for server in nodes()) + "/"
