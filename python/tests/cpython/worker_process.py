"""The handle of a process that runs tests."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

_SLICE = 0.5
"""Seconds between two looks at whether the process still lives: its children may hold its pipe open."""

_STACKS = 5.0
"""Seconds for writing the stacks of all threads."""


_MOST_OUTPUT = 100_000
"""Bytes of output that are kept with a failure."""


class Silence(Exception):
    """The process lives, and has reported nothing for too long."""


class Ended(Exception):
    """The process has ended."""


class NotStarted(Exception):
    """The process did not come as far as its tests."""


class WorkerProcess:
    """A process that runs tests under one start method.

    It leads a process group of its own, so that what its tests leave behind can be ended with it.
    """

    def __init__(self, method: str, environment: dict[str, str], patience: float) -> None:
        """Start it, and wait until it has named its tests.

        Args:
            method: the start method.
            environment: what leads to the tests and to the package.
            patience: seconds without a report after which it counts as hanging.

        Raises:
            NotStarted: it did not come so far.
        """
        self.method = method
        self._patience = patience
        self._lines = bytearray()
        self._directory = tempfile.TemporaryDirectory(prefix="suite-", ignore_cleanup_errors=True)
        self._output = open(Path(self._directory.name) / "output", "a+b", buffering=0)
        self._printed_before = 0
        theirs, ours = os.pipe()
        self._reports, reports = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), method, str(theirs), str(reports)],
            env=environment,
            cwd=self._directory.name,
            pass_fds=(theirs, reports),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )
        os.close(theirs)
        os.close(reports)
        self._orders = open(ours, "w", encoding="utf-8")
        try:
            self.tests: list[str] = self.report()["tests"]
        except (Ended, Silence) as reason:
            stacks = self.stacks()
            self.close()
            raise NotStarted(f"{reason}\n{stacks}") from None

    def order(self, tests: list[str]) -> None:
        """Have some tests run, all of the same class."""
        self._printed_before = os.fstat(self._output.fileno()).st_size
        self._orders.write(json.dumps(tests) + "\n")
        self._orders.flush()

    def report(self) -> dict[str, Any]:
        """Return the next report.

        Raises:
            Silence, Ended: there will be none.
        """
        deadline = time.monotonic() + self._patience
        while b"\n" not in self._lines:
            if select.select([self._reports], [], [], _SLICE)[0]:
                received = os.read(self._reports, 1 << 16)
                if not received:
                    raise Ended(self._how_it_ended())
                self._lines += received
            elif self._process.poll() is not None:
                raise Ended(self._how_it_ended())
            elif time.monotonic() > deadline:
                raise Silence
        line, _, rest = bytes(self._lines).partition(b"\n")
        self._lines = bytearray(rest)
        report: dict[str, Any] = json.loads(line)
        return report

    def stacks(self) -> str:
        """End it and its descendants; return what they have printed, the stacks of all threads at the end."""
        self._signal(signal.SIGABRT)
        deadline = time.monotonic() + _STACKS
        while self._signal(0) and time.monotonic() < deadline:
            self._process.poll()
            time.sleep(0.05)
        return self.output()

    def output(self) -> str:
        """Return what was printed since the last order."""
        printed = os.pread(self._output.fileno(), _MOST_OUTPUT, self._printed_before)
        return printed.decode(errors="replace")

    def leave(self) -> None:
        """Let it end by itself.

        Raises:
            Silence: it has not ended.
            Ended: it has ended in an unusual way.
        """
        self._orders.close()
        try:
            status = self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            raise Silence from None
        if status != 0:
            raise Ended(self._how_it_ended())

    def end(self) -> None:
        """End it and its descendants."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """End it, its descendants, and what it used."""
        self.end()
        self._process.wait()
        self._orders.close()
        os.close(self._reports)
        self._output.close()
        self._directory.cleanup()

    def _signal(self, number: int) -> bool:
        """Send a signal to it and its descendants; return whether there are any."""
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True

    def _how_it_ended(self) -> str:
        status = self._process.wait()
        return f"the process ended with {status}"
