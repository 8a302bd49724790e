"""`python -m procession info | doctor | bench`, and the commands for servers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import bench, doctor, info, servers, worker

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what a command line asks for, and returns the exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if servers.is_meant(given):
        return servers.run(given)
    parser = argparse.ArgumentParser(
        prog="python -m procession",
        description="What procession finds on this machine, and how fast it is there; and what lies on a server.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (info, doctor, bench, worker, servers):
        command.add_to(commands)
    options = parser.parse_args(given)
    code: int = options.run(options)
    return code
