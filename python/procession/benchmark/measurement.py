"""How things are measured: several rounds, in each of which all contestants have their turn; what counts is the median."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

__all__ = ["Contestant", "NotOffered", "Plan", "Row", "Scenario", "Unit", "measure", "run_here"]


class NotOffered(Exception):
    """A contestant cannot do what is to be measured."""


class Unit(Enum):
    """What a figure means."""

    #: How often something happens in a second.
    RATE = "/s"
    #: Bytes that are moved in a second.
    BYTES = "B/s"
    #: Seconds for something to happen once.
    SECONDS = "s"


@dataclass(frozen=True)
class Contestant:
    """A package that offers what `multiprocessing` offers, or a part of it.

    Args:
        name: as it stands in the table.
        context: gives for a start method, or None for its default, the object that has `Process`, `Queue` and so on.
    """

    name: str
    context: Callable[[str | None], Any]


@dataclass(frozen=True)
class Scenario:
    """Something that contestants do so and so often.

    Args:
        table: the heading under which it stands.
        name: what it is called.
        unit: what its figures mean.
        needs: what a context must have.
        run: does it so many times in the given context, and returns how many seconds that took.
        method: the start method, if it matters.
        weight: how many units one repetition counts: bytes, for instance.
        brief: whether it belongs to the short selection.
    """

    table: str
    name: str
    unit: Unit
    needs: tuple[str, ...]
    run: Callable[[Any, int], float]
    method: str | None = None
    weight: int = 1
    brief: bool = False

    def take_part(self, contestant: Contestant) -> Any:
        """The contestant's context, if it has what is needed.

        Raises:
            NotOffered: if it has not.
        """
        context = contestant.context(self.method)
        if all(hasattr(context, name) for name in self.needs):
            return context
        raise NotOffered(self.name)

    def figure(self, seconds: float, repetitions: int) -> float:
        """What so many repetitions in so many seconds mean in the unit."""
        if self.unit is Unit.SECONDS:
            return seconds / repetitions
        return repetitions * self.weight / seconds


@dataclass(frozen=True)
class Plan:
    """How long to measure: so many rounds, each of about so many seconds for one contestant."""

    rounds: int
    seconds: float


@dataclass
class Row:
    """The figures of one scenario, for each contestant that offers it."""

    scenario: Scenario
    figures: dict[str, list[float]] = field(default_factory=dict)

    def median(self, contestant: str) -> float | None:
        """The median of its figures; None if it does not offer this."""
        figures = self.figures.get(contestant)
        return statistics.median(figures) if figures else None

    def times_better(self, contestant: str, than: str) -> float | None:
        """How many times as good one contestant is as the other one."""
        ours, theirs = self.median(contestant), self.median(than)
        if ours is None or theirs is None:
            return None
        return theirs / ours if self.scenario.unit is Unit.SECONDS else ours / theirs


#: Runs a scenario so many times in a context.
Run = Callable[[Scenario, Any, int], float]


def run_here(scenario: Scenario, context: Any, repetitions: int) -> float:
    """Runs it in this process."""
    gc.collect()
    return scenario.run(context, repetitions)


def measure(scenario: Scenario, contestants: Sequence[Contestant], plan: Plan, run: Run = run_here) -> Row:
    """Measures one scenario."""
    entries = []
    for contestant in contestants:
        try:
            context = scenario.take_part(contestant)
            entries.append((contestant.name, context, _repetitions(scenario, context, plan.seconds, run)))
        except NotOffered:
            continue
    row = Row(scenario)
    for turn in range(plan.rounds if entries else 0):
        # Whoever comes first in this round comes last in the next.
        start = turn % len(entries)
        for name, context, repetitions in entries[start:] + entries[:start]:
            try:
                seconds = run(scenario, context, repetitions)
            except NotOffered:
                continue
            row.figures.setdefault(name, []).append(scenario.figure(seconds, repetitions))
    return row


def _repetitions(scenario: Scenario, context: Any, aim: float, run: Run) -> int:
    """How many of them fill a turn."""
    repetitions = 1
    while True:
        seconds = run(scenario, context, repetitions)
        if seconds >= aim / 4:
            # Once more: it may have been slow by chance.
            seconds = min(seconds, run(scenario, context, repetitions))
        if seconds >= aim / 4:
            return max(1, round(repetitions * aim / seconds))
        # A short run says little about a long one: hence in steps.
        repetitions *= min(16, max(2, round(aim / max(seconds, 1e-9))))
