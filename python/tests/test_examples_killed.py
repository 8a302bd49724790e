"""The programs of `examples/python`, with one of their processes killed at some moment: none of them hangs."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_examples import CHECKS, EXAMPLES, METHODS, RUN, SECONDS


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CHECKS)
def test_a_killed_process_hangs_nobody(name: str, method: str, seed: int) -> None:
    choice = random.Random(f"{name} {method} {seed}")
    code = RUN.format(package="procession", method=method, program=str(EXAMPLES / f"{name}.py"))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        # Counting down prints nothing until its end.
        for _ in range(0 if name == "countdown" else choice.randrange(8)):
            process.stdout.readline()
        kill_one_below(process, choice)
        try:
            # All that hold its standard output have ended, when this returns.
            process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            pytest.fail(f"it hangs; it has printed:\n{output.decode()}\n{errors.decode()}")


def kill_one_below(process: subprocess.Popen[bytes], choice: random.Random) -> None:
    """Kills a descendant of the process, once there is one; nobody if the process ends first."""
    while process.poll() is None:
        below = descendants(process.pid)
        if below:
            try:
                os.kill(choice.choice(below), signal.SIGKILL)
            except ProcessLookupError:
                continue
            return


def descendants(pid: int) -> list[int]:
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [found for child in children for found in (child, *descendants(child))]
