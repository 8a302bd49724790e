"""Each measurement in a process of its own, so that none leaves anything to the next, and one that hangs costs only itself."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from typing import Any

from procession.benchmark.measurement import NotOffered, Scenario, run_here

__all__ = ["run_apart"]

#: No measurement takes as long.
MOST_SECONDS = 60.0


def run_apart(scenario: Scenario, context: Any, repetitions: int) -> float:
    """Runs a scenario, and returns the seconds that it says.

    Raises:
        NotOffered: if the contestant has not come to the end.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setsid()
        _report(writing, scenario, context, repetitions)
    os.close(writing)
    try:
        ready, _, _ = select.select([reading], [], [], MOST_SECONDS)
        answer = os.read(reading, 64).decode() if ready else ""
    finally:
        os.close(reading)
        _end(child)
    try:
        return float(answer)
    except ValueError:
        raise NotOffered(f"{scenario.name}: {'no end' if not ready else 'an error'}") from None


def _report(writing: int, scenario: Scenario, context: Any, repetitions: int) -> None:
    """Does not return."""
    try:
        os.write(writing, repr(run_here(scenario, context, repetitions)).encode())
    except NotOffered:
        pass
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(0)


def _end(child: int) -> None:
    """Ends the process and everything that it has started."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(child, 0)
