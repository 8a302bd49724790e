"""Runs the interpreter's own tests of multiprocessing against procession, or against multiprocessing itself.

    python run.py --into procession.json
    python run.py --control --unless-passed procession.json --into multiprocessing.json

`compare.py` judges the results.
"""

import argparse
import importlib.util
import os
import platform
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import exclusions
import translation
from crew import Job, by_class, is_test, run
from exclusions import EXCLUSIONS, Exclusion
from outcome import BROKEN, HOSTS, PASSED, UNNEEDED, MethodRun, Outcome, Run
from server_with_host import server_with_host
from worker_process import WorkerProcess

METHODS = ("fork", "spawn", "forkserver")
"""The start methods of `multiprocessing`; procession has `HOSTS` besides."""

RETRIES = 2
"""How often a test that has failed is run again, alone: many of these tests fail on a busy machine."""


def main() -> int:
    """Run the tests and keep what became of them."""
    arguments = _arguments()
    package = translation.STANDARD if arguments.control else "procession"
    methods = arguments.methods or (METHODS if arguments.control else (*METHODS, HOSTS))
    began = time.monotonic()
    result = Run(package, platform.python_version(), methods={name: MethodRun() for name in methods})
    with tempfile.TemporaryDirectory(prefix="suite-") as directory, ExitStack() as stack:
        try:
            start = _Starter(package, Path(directory), arguments.patience)
        except translation.NoSuite:
            print(_NO_SUITE.format(interpreter=sys.executable, version=result.version), file=sys.stderr)
            return 2
        if HOSTS in methods:
            stack.enter_context(server_with_host(start.environment))
        record = _Record(result, exclusions.read(EXCLUSIONS))
        tests = {method: _tests_under(method, start, arguments.only) for method in methods}
        if arguments.unless_passed is not None:
            _settle(tests, Run.read(arguments.unless_passed), record)
        run(_jobs(tests), arguments.processes, start, record.take)
        for attempt in range(RETRIES):
            record.retrying = attempt + 1
            run(record.failed(), 1, start, record.take)
    result.elapsed = time.monotonic() - began
    arguments.into.parent.mkdir(parents=True, exist_ok=True)
    result.write(arguments.into)
    print(f"{package} {result.version}: {result.elapsed:.0f} s", flush=True)
    return 0


_NO_SUITE = """\
{interpreter} (Python {version}) has no module test._test_multiprocessing.
Install the interpreter's own tests, or an interpreter that has them:
    Debian, Ubuntu: apt install libpython3-testsuite
    Fedora:         dnf install python3-test
    pyenv, uv, python.org: they are included"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--control", action="store_true", help="test multiprocessing itself")
    parser.add_argument("--into", type=Path, required=True, help="the file for the result")
    parser.add_argument("--unless-passed", type=Path, help="leave out tests that passed in this result")
    parser.add_argument("--methods", nargs="+", choices=(*METHODS, HOSTS), help="all if nothing is said")
    parser.add_argument("--only", default="", help="run tests whose name contains this")
    parser.add_argument("--processes", type=int, default=5, help="classes run side by side")
    parser.add_argument("--patience", type=float, default=60, help="seconds after which a test hangs")
    return parser.parse_args()


class _Starter:
    """Starts workers that find the tests and the package."""

    def __init__(self, package: str, directory: Path, patience: float) -> None:
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            raise SystemExit(f"{package} is not installed for {sys.executable}")
        here = Path(__file__).parent
        search_path = [str(here), str(Path(found.origin).parent.parent)]
        translation.write(directory, package, search_path)
        path = os.pathsep.join([str(directory), *search_path])
        self.environment = {**os.environ, "PYTHONPATH": path, "PYTHONFAULTHANDLER": "1"}
        self._patience = patience

    def __call__(self, method: str) -> WorkerProcess:
        return WorkerProcess(method, self.environment, self._patience)


def _tests_under(method: str, start: _Starter, part_of_name: str) -> list[str]:
    worker = start(method)
    worker.close()
    return [test for test in worker.tests if part_of_name in test]


def _settle(tests: dict[str, list[str]], other: Run, record: "_Record") -> None:
    """Take from the tests those that have passed in another run."""
    for method, names in tests.items():
        passed = {test for test, outcome in other.methods[method].tests.items() if outcome.verdict == PASSED}
        for name in passed.intersection(names):
            record.take(method, name, Outcome(UNNEEDED, 0.0))
        names[:] = [name for name in names if name not in passed]


def _jobs(tests: dict[str, list[str]]) -> list[Job]:
    """Return the tests by start method and class, large classes first."""
    jobs: list[Job] = []
    for method, names in tests.items():
        jobs += sorted(by_class(method, names), key=lambda job: -len(job.tests))
    return jobs


class _Record:
    """Takes down what is told, from several threads."""

    def __init__(self, result: Run, excluded: list[Exclusion]) -> None:
        self.retrying = 0
        self._version = result.version
        self._excluded = excluded
        self._methods = result.methods
        self._lock = threading.Lock()

    def take(self, method: str, test: str, outcome: Outcome) -> None:
        """Take down the outcome of a test."""
        with self._lock:
            tests = self._methods[method].tests
            before = tests.get(test)
            if before is not None and not is_test(test):
                # Told once for each process or class: the worst stands.
                if before.verdict != PASSED:
                    return
            elif before is not None:
                outcome.earlier = [*before.earlier, before.detail]
            tests[test] = outcome
            if outcome.verdict in BROKEN:
                again = f" (attempt {self.retrying + 1})" if self.retrying else ""
                print(f"{method}: {test}: {outcome.verdict}{again}", flush=True)

    def failed(self) -> list[Job]:
        """Return a job for each test that has failed and should not have."""
        return [
            Job(method, [test])
            for method, run in self._methods.items()
            for test, outcome in run.tests.items()
            if outcome.verdict in BROKEN and is_test(test) and not self._is_excluded(method, test)
        ]

    def _is_excluded(self, method: str, test: str) -> bool:
        return any(entry.names(self._version, method, test) for entry in self._excluded)


if __name__ == "__main__":
    sys.exit(main())
