"""`python -m procession worker`: this machine as a host, whose workers carry out the tasks of pools on a server."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..cluster.address import VARIABLE, address
from ..cluster.host import serve
from ..cluster.pool import DEFAULT_NAME
from ..exceptions import ClusterError, PoolBroken
from ..pool import usable_processors

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "worker",
        help="carry out the tasks of pools on a server",
        description="Carries out the tasks of pools on a server, until it gets SIGTERM or Ctrl-C. Then what runs may go on for a while; a second one ends it at once.",
    )
    parser.add_argument("url", nargs="?", metavar="URL", help=f"where the server is: redis://host:6379/?namespace=name; or in {VARIABLE}")
    parser.add_argument("--slots", type=_positive, metavar="N", help="how many tasks to carry out at a time; as many as there are processors")
    parser.add_argument("--pool", action="append", metavar="NAME", help=f"whose tasks; may be given several times; {DEFAULT_NAME!r} if nothing is said")
    parser.add_argument("--app", action="append", metavar="MODULE[:VERSION]", help="a module or file that workers import first, where functions of a main program are looked for; with :VERSION, only for programs of that version")
    parser.add_argument("--initializer", metavar="MODULE:FUNCTION", help="called by each worker before its first task")
    parser.add_argument("--max-tasks", type=_positive, metavar="N", help="replace a worker after so many tasks")
    parser.add_argument("--drain", type=_seconds, default=30.0, metavar="SECONDS", help="how long tasks may go on after SIGTERM; 30")
    parser.add_argument("--name", help="what to call this host; its host name")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serves, and returns the exit code."""
    try:
        serve(
            address(options.url, {}),
            slots=options.slots or usable_processors(),
            pools=options.pool or [DEFAULT_NAME],
            apps=options.app or [],
            initializer=options.initializer,
            max_tasks=options.max_tasks,
            drain=options.drain,
            name=options.name,
        )
    except ClusterError as error:
        print(f"procession worker: {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"procession worker: {error}", file=sys.stderr)
        return 2
    except PoolBroken as error:
        print(f"procession worker: no worker could be started: {error}", file=sys.stderr)
        return 2
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError(text)
    return seconds
