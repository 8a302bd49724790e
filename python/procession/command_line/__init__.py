"""`python -m procession info | doctor | bench`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from . import bench, doctor, info

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what a command line asks for, and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m procession", description="What procession finds on this machine, and how fast it is there."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (info, doctor, bench):
        command.add_to(commands)
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code
