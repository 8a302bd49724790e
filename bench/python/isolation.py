"""Measurements in processes of their own, so that none leaves anything to the next, and one that hangs costs only itself."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from procession.benchmark.measurement import NotOffered, Run, Scenario, run_here

__all__ = ["run_apart", "staying"]

#: No measurement takes as long.
MOST_SECONDS = 60.0


def run_apart(scenario: Scenario, context: Any, repetitions: int) -> float:
    """Runs a scenario in a process for this once, and returns the seconds that it says.

    Raises:
        NotOffered: if the contestant has not come to the end.
    """
    runner = _Runner(scenario, context, lambda: None)
    try:
        return runner.run(repetitions)
    finally:
        runner.end()


@contextmanager
def staying(leave: Callable[[], None]) -> Iterator[Run]:
    """Gives what runs a scenario in a process that stays for the next time, one for each contestant.

    That is for contestants that take seconds to start. Ends the processes with everything that they have started, after they have called `leave`.
    """
    runners: dict[tuple[str, Any], _Runner] = {}

    def run(scenario: Scenario, context: Any, repetitions: int) -> float:
        key = (scenario.name, context)
        if key not in runners:
            runners[key] = _Runner(scenario, context, leave)
        return runners[key].run(repetitions)

    try:
        yield run
    finally:
        for runner in runners.values():
            runner.end()


class _Runner:
    """A process that runs a scenario as often as it is asked to, and the leader of everything that it starts.

    It leaves when nobody can ask it any more, also when that is because this process has been killed.
    """

    #: This side's ends of all pipes. Copies of them in the processes would keep others from noticing the end.
    _ends: ClassVar[set[int]] = set()

    def __init__(self, scenario: Scenario, context: Any, leave: Callable[[], None]) -> None:
        self._name = scenario.name
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._ends.update({self._requests, self._answers})
        self._child = os.fork()
        if self._child == 0:
            for end in self._ends:
                os.close(end)
            os.setsid()
            _serve(requests, answers, scenario, context, leave)
        os.close(requests)
        os.close(answers)

    def run(self, repetitions: int) -> float:
        try:
            os.write(self._requests, f"{repetitions}\n".encode())
        except BrokenPipeError:
            raise NotOffered(f"{self._name}: an error before") from None
        answer = _read(self._answers)
        try:
            return float(answer)
        except ValueError:
            raise NotOffered(f"{self._name}: {answer or 'an error'}") from None

    def end(self) -> None:
        """Lets the process leave, and ends it and everything that it has started."""
        os.close(self._requests)
        _read(self._answers)
        os.close(self._answers)
        self._ends.difference_update({self._requests, self._answers})
        try:
            os.killpg(self._child, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self._child, 0)


def _read(pipe: int) -> str:
    """What comes next; nothing if the other side has ended."""
    ready, _, _ = select.select([pipe], [], [], MOST_SECONDS)
    return os.read(pipe, 64).decode() if ready else "no end"


def _serve(requests: int, answers: int, scenario: Scenario, context: Any, leave: Callable[[], None]) -> None:
    """Does not return."""
    try:
        with os.fdopen(requests) as lines:
            for line in lines:
                os.write(answers, repr(run_here(scenario, context, int(line))).encode())
    except NotOffered:
        pass
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        try:
            leave()
        finally:
            os._exit(0)
