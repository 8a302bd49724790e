"""The benchmarks of the Python package: procession side by side with whatever does the same job.

    python bench/python [--quick] [TABLE ...]

Contestants take turns round by round, so that drift of the machine hits all alike; the tables show medians.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from contestants import all_contestants
from isolation import run_apart
from procession.benchmark.catalogue import all_scenarios
from procession.benchmark.measurement import Contestant, Plan, Row, Scenario, measure
from procession.benchmark.table import tables

QUICK = Plan(rounds=3, seconds=0.1)
THOROUGH = Plan(rounds=5, seconds=0.3)


def main() -> int:
    """Measures what was asked for, and prints tables."""
    scenarios = all_scenarios()
    options = _parser(scenarios).parse_args()
    contestants, missing = all_contestants()
    for name in missing:
        print(f"bench: {name} is not installed: pip install -r bench/python/requirements.txt", file=sys.stderr)
    plan = QUICK if options.quick else THOROUGH
    if options.rounds:
        plan = Plan(options.rounds, plan.seconds)
    wanted = [scenario for scenario in scenarios if _is_wanted(scenario, options)]
    rows = []
    for scenario in wanted:
        print(f"bench: {scenario.table}: {scenario.name} …", file=sys.stderr)
        row = measure(scenario, contestants, plan, run_apart)
        rows.append(row)
        if options.each:
            print(tables([row]), file=sys.stderr)
    print(_description(contestants, plan))
    print(tables(rows))
    print("Each cell: the median of the rounds; ×N: procession is N times as good.")
    return _exit_code(rows)


def _is_wanted(scenario: Scenario, options: argparse.Namespace) -> bool:
    in_table = not options.tables or scenario.table in options.tables
    return in_table and (options.only is None or options.only in scenario.name)


def _exit_code(rows: Sequence[Row]) -> int:
    """A failure, if procession is missing anywhere."""
    lacking = [row.scenario.name for row in rows if row.median("procession") is None]
    for name in lacking:
        print(f"bench: procession has not come to the end of: {name}", file=sys.stderr)
    return 1 if lacking else 0


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
    packages = [
        f"{contestant.name} {metadata.version(contestant.name)}"
        for contestant in contestants
        if contestant.name not in ("procession", "multiprocessing")
    ]
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
