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

__all__ = ["executable", "redis_server"]

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
    program = executable()
    for _ in range(ATTEMPTS):
        port = _free_port()
        with tempfile.TemporaryDirectory() as directory, running(_command(program, port, directory)) as process:
            if _comes_up(process, port):
                yield f"redis://127.0.0.1:{port}/0"
                return
    raise OSError(f"{program} ended {ATTEMPTS} times while it was starting")


def executable() -> str:
    """The program that is a server.

    Raises:
        FileNotFoundError: if there is none.
    """
    found = os.environ.get(VARIABLE) or shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise FileNotFoundError(
            f"redis-server was not found: install it (Debian, Ubuntu: apt install redis-server; or set {VARIABLE} to its path)"
        )
    return found


def _command(program: str, port: int, directory: str) -> list[str]:
    return [
        program, "--bind", "127.0.0.1", "--port", str(port), "--dir", directory, "--save", "", "--appendonly", "no",
    ]  # fmt: skip


def _comes_up(process: subprocess.Popen[bytes], port: int) -> bool:
    """Waits until the server answers, or has ended."""
    until(lambda: _answers(port) or process.poll() is not None, "the server")
    return process.poll() is None


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
