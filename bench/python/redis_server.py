"""A Redis or Valkey server for one measurement, which keeps nothing on disk."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from programs import running, until

__all__ = ["redis_server"]

#: Names another executable, as for the tests of the project.
VARIABLE = "PROCESSION_REDIS_SERVER"
#: Somebody else may have taken the port that has just been free.
ATTEMPTS = 5


@contextmanager
def redis_server() -> Iterator[str]:
    """Runs a server on a free port of the loopback interface, and gives its address.

    Raises:
        FileNotFoundError: if there is none to run.
    """
    executable = os.environ.get(VARIABLE) or shutil.which("redis-server") or shutil.which("valkey-server")
    if executable is None:
        raise FileNotFoundError(
            f"redis-server was not found: install it (Debian, Ubuntu: apt install redis-server; or set {VARIABLE} to its path)"
        )
    for attempt in range(ATTEMPTS):
        port = _free_port()
        with tempfile.TemporaryDirectory() as directory, running(_command(executable, port, directory)) as process:
            until(lambda: _answers(port) or process.poll() is not None, executable)
            if process.poll() is None:
                yield f"redis://127.0.0.1:{port}/0"
                return
    raise OSError(f"{executable} ended {ATTEMPTS} times while it was starting")


def _command(executable: str, port: int, directory: str) -> list[str]:
    return [
        executable, "--bind", "127.0.0.1", "--port", str(port), "--dir", directory, "--save", "", "--appendonly", "no",
    ]  # fmt: skip


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False
