"""Worker hosts for tests: programs of their own, which end with the tests."""

from __future__ import annotations

import atexit
import functools
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from servers import end_with_this_process

#: The namespace of the pools that tests share.
NAMESPACE = f"pools-{os.getpid()}"
_HERE = Path(__file__).parent


class Host:
    """`python -m procession worker`, with what a test gives it; it knows the tests' functions."""

    def __init__(self, url: str, *arguments: str, **environment: str) -> None:
        paths = [str(_HERE), os.environ.get("PYTHONPATH", "")]
        self._output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "procession", "worker", url, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
            stdin=subprocess.DEVNULL,
            stderr=self._output,
            preexec_fn=end_with_this_process,
        )

    def output(self) -> str:
        """What it has said so far."""
        self._output.seek(0)
        return self._output.read()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it, and returns its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)


@functools.cache
def shared(url: str) -> Host:
    """The host that tests share which need one: it serves the pool "default" of their namespace."""
    host = Host(f"{url}?namespace={NAMESPACE}&lease=2", "--slots", "2")
    owner = os.getpid()

    def end() -> None:
        if os.getpid() == owner:
            host.end(signal.SIGKILL)

    atexit.register(end)
    return host
