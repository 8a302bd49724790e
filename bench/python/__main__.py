"""The benchmarks of the Python package: procession side by side with whatever does the same job.

    python bench/python [--quick] [TABLE ...]

Contestants take turns round by round, so that drift of the machine hits all alike; the tables show medians.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Sequence, Set
from importlib import metadata
from pathlib import Path

import many_machines
from contestants import on_a_server, on_this_machine
from isolation import run_apart, staying
from procession.benchmark.catalogue import all_scenarios
from procession.benchmark.measurement import Contestant, Plan, Row, Scenario, measure
from procession.benchmark.table import tables

QUICK = Plan(rounds=3, seconds=0.1)
THOROUGH = Plan(rounds=5, seconds=0.3)


def main() -> int:
    """Measures what was asked for, and prints tables."""
    # Ends as by Ctrl-C, and so what was started with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    scenarios = [*all_scenarios(), *many_machines.scenarios()]
    options = _parser(scenarios).parse_args()
    plan = QUICK if options.quick else THOROUGH
    if options.rounds:
        plan = Plan(options.rounds, plan.seconds)
    wanted = [scenario for scenario in scenarios if _is_wanted(scenario, options)]
    contestants = _contestants({scenario.table == many_machines.TABLE for scenario in wanted})
    rows = []
    for scenario in wanted:
        print(f"bench: {scenario.table}: {scenario.name} …", file=sys.stderr)
        row = _measure(scenario, contestants[scenario.table == many_machines.TABLE], plan)
        rows.append(row)
        if options.each:
            print(tables([row]), file=sys.stderr)
    print(_description([contestant for some in contestants.values() for contestant in some], plan))
    print(tables(rows))
    print("Each cell: the median of the rounds; ×N: procession is N times as good.")
    return _exit_code(rows)


def _measure(scenario: Scenario, contestants: Sequence[Contestant], plan: Plan) -> Row:
    if scenario.table != many_machines.TABLE:
        return measure(scenario, contestants, plan, run_apart)
    with staying(many_machines.leave) as run:
        return measure(scenario, contestants, plan, run)


def _is_wanted(scenario: Scenario, options: argparse.Namespace) -> bool:
    in_table = not options.tables or scenario.table in options.tables
    return in_table and (options.only is None or options.only in scenario.name)


def _contestants(wanted: Set[bool]) -> dict[bool, Sequence[Contestant]]:
    """Those of many machines, and those of one, as far as they are wanted; says which are not installed."""
    found: dict[bool, Sequence[Contestant]] = {}
    for is_for_many_machines in sorted(wanted):
        found[is_for_many_machines], missing = on_a_server() if is_for_many_machines else on_this_machine()
        for name in missing:
            print(f"bench: {name} is not installed: pip install -r bench/python/requirements.txt", file=sys.stderr)
    return found


def _exit_code(rows: Sequence[Row]) -> int:
    """A failure, if procession is missing anywhere, or there is nothing to show."""
    lacking = [row.scenario.name for row in rows if row.median("procession") is None]
    for name in lacking:
        print(f"bench: procession has not come to the end of: {name}", file=sys.stderr)
    return 1 if lacking or not rows else 0


def _parser(scenarios: Sequence[Scenario]) -> argparse.ArgumentParser:
    names = list(dict.fromkeys(scenario.table for scenario in scenarios))
    parser = argparse.ArgumentParser(prog="python bench/python", description="Benchmarks of the Python package.")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"one of: {', '.join(names)}; all if none is given")
    parser.add_argument("--quick", action="store_true", help="shorter rounds, and fewer")
    parser.add_argument("--rounds", type=int, help="how many rounds")
    parser.add_argument("--only", metavar="TEXT", help="only what has this in its name")
    parser.add_argument("--each", action="store_true", help="show each row when it is there, on standard error")
    return parser


def _description(contestants: Sequence[Contestant], plan: Plan) -> str:
    names = dict.fromkeys(contestant.name.partition(",")[0] for contestant in contestants)
    packages = [f"{name} {metadata.version(name)}" for name in names if name not in ("procession", "multiprocessing")]
    return (
        f"CPython {platform.python_version()}, Linux {platform.release()}, {os.cpu_count()} × {_processor()}; "
        f"{', '.join(packages)}; {plan.rounds} rounds.\n"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    sys.exit(main())
