"""Tests of the suite that say nothing about procession, each with its reason."""

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

EXCLUSIONS = Path(__file__).with_name("exclusions.toml")


@dataclass
class Exclusion:
    """A pattern of tests that need not pass."""

    tests: str
    """`Class.method`, with the wildcards of a shell."""
    reason: str
    versions: list[str] = field(default_factory=list)
    """Versions of Python, such as "3.12"; all if there is none."""
    methods: list[str] = field(default_factory=list)
    """Start methods; all if there is none."""
    used: bool = False
    """Whether a test that it names has failed or was skipped."""

    def names(self, version: str, method: str, test: str) -> bool:
        """Return whether it is about this test."""
        return (
            (not self.versions or version.rpartition(".")[0] in self.versions)
            and (not self.methods or method in self.methods)
            and fnmatchcase(test, self.tests)
        )


def read(path: Path) -> list[Exclusion]:
    """Return the exclusions of a file.

    Raises:
        TypeError: an entry has no reason or no tests, or has something else.
    """
    with path.open("rb") as file:
        return [Exclusion(**entry) for entry in tomllib.load(file).get("exclusion", [])]
