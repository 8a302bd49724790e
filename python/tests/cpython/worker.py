"""A process that runs the tests it is told, and reports each.

Orders and reports are lines of JSON over two pipes of their own, since standard streams belong to the tests.
"""

import faulthandler
import importlib
import json
import os
import sys
import time
import traceback
import unittest
from collections.abc import Iterator
from types import ModuleType, TracebackType
from typing import Any

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType]


class Reports:
    """The pipe to whoever gave the orders.

    It is written without a buffer, which a forked child would write once more.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, **report: Any) -> None:
        """Send one report."""
        line = memoryview(json.dumps(report).encode() + b"\n")
        while line:
            line = line[os.write(self._descriptor, line) :]


class ReportingResult(unittest.TestResult):
    """Reports each test when it begins and when it has ended."""

    def __init__(self, reports: Reports) -> None:
        super().__init__()
        self._reports = reports
        self._started = 0.0
        self._verdict = "passed"
        self._details: list[str] = []

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._verdict = "passed"
        self._details = []
        self._reports.send(begun=short_name(test))
        self._started = time.monotonic()

    def stopTest(self, test: unittest.TestCase) -> None:
        seconds = time.monotonic() - self._started
        detail = "\n".join(self._details)
        self._reports.send(
            ended=short_name(test), verdict=self._verdict, seconds=seconds, detail=detail
        )
        super().stopTest(test)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        self._note(test, err)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        self._note(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        if err is not None:
            self._note(test, err)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self._verdict = "failed"
        self._details.append("passed although a failure was expected")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        if isinstance(test, unittest.TestCase):
            if self._verdict == "passed":
                self._verdict = "skipped"
            self._details.append(reason)
        else:
            self._reports.send(verdict="skipped", detail=reason)

    def _note(self, test: unittest.TestCase, err: ErrorInfo) -> None:
        text = "".join(traceback.format_exception(*err))
        if isinstance(test, unittest.TestCase):
            self._verdict = "failed"
            self._details.append(text)
        else:
            # Not a test but what prepares a class or clears up after it.
            self._reports.send(verdict="failed", detail=f"{test}\n{text}")


def short_name(test: unittest.TestCase) -> str:
    """Return `Class.method`."""
    return ".".join(test.id().split(".")[-2:])


def all_tests(module: ModuleType) -> Iterator[unittest.TestCase]:
    """Yield the tests of the suite."""
    for suite in unittest.defaultTestLoader.loadTestsFromModule(module):
        if isinstance(suite, unittest.TestSuite):
            for test in suite:
                if isinstance(test, unittest.TestCase):
                    yield test


def main() -> None:
    """Run what is ordered until there are no more orders."""
    method, orders, reports = sys.argv[1], int(sys.argv[2]), Reports(int(sys.argv[3]))
    faulthandler.enable()
    tests = {short_name(test): type(test) for test in all_tests(importlib.import_module(f"suite_under_{method}"))}
    reports.send(tests=list(tests))
    with open(orders, encoding="utf-8") as lines:
        for line in lines:
            wanted = json.loads(line)
            suite = unittest.TestSuite(tests[name](name.split(".")[1]) for name in wanted)
            suite.run(ReportingResult(reports))
            reports.send(finished=True)


if __name__ == "__main__":
    main()
