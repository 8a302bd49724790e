"""Programs that a measurement starts and ends: servers, schedulers, workers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["running", "running_modules", "until"]

#: How long a program may take until it is ready.
PATIENCE = 30.0
#: Where the tasks are that workers import.
DIRECTORY = str(Path(__file__).parent)


@contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program in the meantime, in the process group of this process, and kills it: it has nothing to lose.

    What it says on standard output is not heard; complaints are.
    """
    process = subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """With the tasks where they can be imported, and without advice that is repeated by every worker."""
    path = filter(None, [DIRECTORY, os.environ.get("PYTHONPATH")])
    quiet = {"PYTHONWARNINGS": "ignore", "DASK_LOGGING__DISTRIBUTED": "error"}
    return {**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(path)}


@contextmanager
def running_modules(arguments: Sequence[str], count: int) -> Iterator[None]:
    """Runs a module of Python so many times, each with the same arguments."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(running([sys.executable, "-m", *arguments]))
        yield


def until(is_ready: Callable[[], bool], what: str) -> None:
    """Waits until something is ready.

    Raises:
        TimeoutError: if it takes too long.
    """
    end = time.monotonic() + PATIENCE
    while not is_ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not ready after {PATIENCE:.0f} s")
        time.sleep(0.01)
