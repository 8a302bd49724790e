"""`python -m procession bench`: this machine, side by side with the stdlib."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from typing import Any

from ..benchmark import catalogue
from ..benchmark.measurement import Plan, Row, measure
from ..benchmark.table import tables

__all__ = ["add_to"]

BRIEF = Plan(rounds=3, seconds=0.05)
THOROUGH = Plan(rounds=5, seconds=0.3)


def add_to(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser("bench", help="this machine, side by side with the stdlib")
    parser.add_argument("--all", action="store_true", help="everything, and longer: some minutes instead of some seconds")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measures, and prints a table."""
    scenarios = [scenario for scenario in catalogue.all_scenarios() if options.all or scenario.brief]
    plan = THOROUGH if options.all else BRIEF
    rows: list[Row] = []
    for scenario in scenarios:
        print(f"{scenario.table}: {scenario.name} …", file=sys.stderr)
        rows.append(measure(scenario, [catalogue.OURS, catalogue.STDLIB], plan))
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}\n")
    print(tables(rows))
    print(f"Medians of {plan.rounds} rounds, in which both take turns; ×N: procession is N times as good.")
    return 0
