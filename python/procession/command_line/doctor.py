"""`python -m procession doctor`: what would not work here, and what to do about it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from . import examination, program
from .finding import Finding, Verdict

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "doctor",
        help="what would not work here, and what to do about it",
        description="Looks for what would not work here; or, if the address of a server is given (redis://...), on that server. "
        "Exit code: 0 if everything works, 1 if something does not.",
    )
    parser.add_argument(
        "programs", nargs="*", type=Path, metavar="PROGRAM", help="a program to be looked through, for a missing `__main__` guard; or the address of a server"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints what was found."""
    found = list(examination.findings())
    for path in options.programs:
        found.extend(program.findings(path))
    for finding in found:
        _show(finding)
    broken = sum(finding.verdict is Verdict.BROKEN for finding in found)
    weak = sum(finding.verdict is Verdict.WEAK for finding in found)
    print(f"\n{len(found)} findings: {broken} broken, {weak} weak.")
    return 1 if broken else 0


def _show(finding: Finding) -> None:
    width = max(len(verdict.value) for verdict in Verdict)
    print(f"{finding.verdict.value:{width}}  {finding.what}")
    if finding.remedy:
        print(f"{'':{width}}  → {finding.remedy}")
