"""What became of the tests of a run, and how it is kept in a file."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PASSED = "passed"
SKIPPED = "skipped"
FAILED = "failed"
HUNG = "hung"
DIED = "died"
"""The process that ran the test ended in it."""
UNNEEDED = "unneeded"
"""The test was left out, since it has passed where it matters."""

BROKEN = (FAILED, HUNG, DIED)

HOSTS = "hosts"
"""The name of a start method: objects are on a server, and processes are started by worker hosts."""


@dataclass
class Outcome:
    """What became of one test."""

    verdict: str
    seconds: float
    detail: str = ""
    """A traceback, the reason of a skip, or the stacks of what hung."""
    earlier: list[str] = field(default_factory=list)
    """The details of attempts that failed before the last one, which was made alone."""


@dataclass
class MethodRun:
    """All tests under one start method."""

    tests: dict[str, Outcome] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """The time spent in tests, which is more than passed on the clock: they run side by side."""
        return sum(outcome.seconds for outcome in self.tests.values())


@dataclass
class Run:
    """All tests of one package with one interpreter."""

    package: str
    version: str
    elapsed: float = 0.0
    methods: dict[str, MethodRun] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Keep the run in a file."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Run":
        """Return the run that was kept in a file."""
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        methods = {
            method: MethodRun({test: Outcome(**outcome) for test, outcome in run["tests"].items()})
            for method, run in kept["methods"].items()
        }
        return cls(kept["package"], kept["version"], kept["elapsed"], methods)
