"""Runs tests in several processes side by side.

A test that hangs, or takes its process with it, costs that test alone: the others of its class go on in
another process.
"""

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from outcome import DIED, FAILED, HUNG, PASSED, SKIPPED, Outcome
from worker_process import Ended, NotStarted, Silence, WorkerProcess

Listener = Callable[[str, str, Outcome], None]
"""Is told the start method, the test and its outcome."""

Starter = Callable[[str], WorkerProcess]
"""Starts a worker for a start method."""

EXIT = "exit of the interpreter"
"""Stands for a test: a process that has run tests ends by itself."""

SURROUNDINGS = "set-up or clean-up"
"""Stands for a test: what prepares a class, and clears up after it."""


def is_test(name: str) -> bool:
    """Return whether an outcome is that of a test, which can be run again alone."""
    return name != EXIT and not name.endswith(SURROUNDINGS)


@dataclass
class Job:
    """Tests of one class under one start method."""

    method: str
    tests: list[str]


def by_class(method: str, tests: Iterable[str]) -> list[Job]:
    """Return a job for each class."""
    classes: dict[str, list[str]] = {}
    for test in tests:
        classes.setdefault(test.split(".")[0], []).append(test)
    return [Job(method, members) for members in classes.values()]


def run(jobs: Iterable[Job], processes: int, start: Starter, tell: Listener) -> None:
    """Run all jobs, at most `processes` at a time."""
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    seats = [_Seat(start, tell) for _ in range(processes)]
    threads = [threading.Thread(target=seat.serve, args=(waiting,), daemon=True) for seat in seats]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        # Workers are out of the terminal's reach.
        for seat in seats:
            seat.abandon()
        raise


class _Seat:
    """A place for one worker at a time."""

    def __init__(self, start: Starter, tell: Listener) -> None:
        self._start = start
        self._tell = tell
        self._worker: WorkerProcess | None = None

    def serve(self, waiting: "queue.SimpleQueue[Job]") -> None:
        """Run jobs until none is left."""
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                break
            remaining = job.tests
            while remaining:
                remaining = self._attempt(Job(job.method, remaining))
        self._dismiss()

    def abandon(self) -> None:
        """End the worker at once, whatever it does."""
        if self._worker is not None:
            self._worker.end()

    def _attempt(self, job: Job) -> list[str]:
        """Run tests up to one that hangs or takes its process with it; return those behind it."""
        try:
            worker = self._worker_for(job.method)
        except NotStarted as reason:
            for test in job.tests:
                self._tell(job.method, test, Outcome(DIED, 0.0, f"its process did not start: {reason}"))
            return []
        progress = _Progress(job, self._tell)
        try:
            worker.order(job.tests)
            while not (report := worker.report()).get("finished"):
                progress.take(report)
        except Silence:
            return self._broken(worker, progress, HUNG, worker.stacks())
        except (Ended, BrokenPipeError) as reason:
            return self._broken(worker, progress, DIED, f"{reason}\n{worker.output()}")
        progress.finish()
        return []

    def _broken(self, worker: WorkerProcess, progress: "_Progress", verdict: str, detail: str) -> list[str]:
        worker.close()
        self._worker = None
        return progress.break_off(verdict, detail)

    def _worker_for(self, method: str) -> WorkerProcess:
        if self._worker is not None and self._worker.method != method:
            self._dismiss()
        if self._worker is None:
            self._worker = self._start(method)
        return self._worker

    def _dismiss(self) -> None:
        if self._worker is None:
            return
        outcome = Outcome(PASSED, 0.0)
        try:
            self._worker.leave()
        except Silence:
            outcome = Outcome(HUNG, 0.0, self._worker.stacks())
        except Ended as reason:
            outcome = Outcome(DIED, 0.0, f"{reason}\n{self._worker.output()}")
        self._tell(self._worker.method, EXIT, outcome)
        self._worker.close()
        self._worker = None


class _Progress:
    """How far the tests of a job are."""

    def __init__(self, job: Job, tell: Listener) -> None:
        self._method = job.method
        self._remaining = list(job.tests)
        self._class = job.tests[0].split(".")[0]
        self._running: str | None = None
        self._tell = tell
        # What becomes of tests that are not run.
        self._verdict = FAILED
        self._detail = "it was not run"

    def take(self, report: dict[str, str | float]) -> None:
        """Note what a report says."""
        if "begun" in report:
            self._running = str(report["begun"])
            return
        verdict, detail = str(report["verdict"]), str(report["detail"])
        if "ended" in report:
            self._running = None
            self._settle(str(report["ended"]), Outcome(verdict, float(report["seconds"]), detail))
        elif verdict == SKIPPED:
            self._verdict, self._detail = verdict, detail
        else:
            self._tell(self._method, f"{self._class}: {SURROUNDINGS}", Outcome(verdict, 0.0, detail))

    def finish(self) -> None:
        """The class is through: tests that were not run share its fate."""
        for test in list(self._remaining):
            self._settle(test, Outcome(self._verdict, 0.0, self._detail))

    def break_off(self, verdict: str, detail: str) -> list[str]:
        """The process is gone; return the tests that another has to run."""
        test = self._running or self._remaining[0]
        self._settle(test, Outcome(verdict, 0.0, detail))
        return self._remaining

    def _settle(self, test: str, outcome: Outcome) -> None:
        self._remaining.remove(test)
        self._tell(self._method, test, outcome)
