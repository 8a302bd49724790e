"""How measurements are made and shown; what they say is not for tests to judge."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from procession.benchmark import catalogue
from procession.benchmark.measurement import Contestant, NotOffered, Plan, Row, Scenario, Unit, measure
from procession.benchmark.table import quantity, tables


def contestant(name: str, speed: float) -> Contestant:
    """One that needs so many seconds for one repetition."""
    return Contestant(name, lambda method: SimpleNamespace(speed=speed, method=method))


def run(context: Any, repetitions: int) -> float:
    seconds: float = context.speed * repetitions
    return seconds


def scenario(**options: Any) -> Scenario:
    return Scenario("table", "row", options.pop("unit", Unit.RATE), ("speed",), options.pop("run", run), **options)


PLAN = Plan(rounds=3, seconds=0.1)


def test_contestants_take_turns_in_changing_order() -> None:
    order: list[float] = []

    def noting(context: Any, repetitions: int) -> float:
        order.append(context.speed)
        return run(context, repetitions)

    measure(scenario(run=noting), [contestant("a", 0.3), contestant("b", 0.5)], PLAN)
    # Twice each to find out how often, then three rounds.
    assert order == [0.3, 0.3, 0.5, 0.5, 0.3, 0.5, 0.5, 0.3, 0.3, 0.5]


def test_a_turn_has_the_repetitions_that_fill_it() -> None:
    counts: list[int] = []

    def noting(context: Any, repetitions: int) -> float:
        counts.append(repetitions)
        return run(context, repetitions)

    measure(scenario(run=noting), [contestant("a", 0.0001)], PLAN)
    assert counts[-1] == 1000


def test_one_slow_run_does_not_make_turns_short() -> None:
    counts: list[int] = []

    def slow_at_first(context: Any, repetitions: int) -> float:
        counts.append(repetitions)
        return 1.0 if len(counts) == 1 else run(context, repetitions)

    measure(scenario(run=slow_at_first), [contestant("a", 0.0001)], PLAN)
    assert counts[-1] == 1000


def test_who_lacks_something_or_gives_up_has_no_figure() -> None:
    def picky(context: Any, repetitions: int) -> float:
        if context.speed == 2:
            raise NotOffered("not that")
        return run(context, repetitions)

    lacking = Contestant("lacking", lambda method: SimpleNamespace())
    row = measure(scenario(run=picky), [contestant("a", 1), contestant("b", 2), lacking], PLAN)
    assert list(row.figures) == ["a"]
    assert row.times_better("a", "b") is None


def test_nobody_is_no_error() -> None:
    assert measure(scenario(), [], PLAN).figures == {}


@pytest.mark.parametrize(("unit", "ours"), [(Unit.RATE, [4.0]), (Unit.SECONDS, [1.0])])
def test_better_is_more_of_a_rate_and_less_of_a_time(unit: Unit, ours: list[float]) -> None:
    row = Row(scenario(unit=unit), {"ours": ours, "theirs": [2.0]})
    assert row.times_better("ours", "theirs") == 2


def test_a_figure_counts_what_a_repetition_weighs() -> None:
    assert scenario(unit=Unit.BYTES, weight=10).figure(2.0, 4) == 20
    assert scenario(unit=Unit.SECONDS).figure(2.0, 4) == 0.5


@pytest.mark.parametrize(
    ("figure", "unit", "text"),
    [
        (1234567, Unit.RATE, "1.2 M/s"),
        (12.3e9, Unit.BYTES, "12 GB/s"),
        (0.5, Unit.RATE, "0.50 /s"),
        (0.0000123, Unit.SECONDS, "12 µs"),
        (2.5e-10, Unit.SECONDS, "0.25 ns"),
        (3.0, Unit.SECONDS, "3.0 s"),
    ],
)
def test_quantities_are_short(figure: float, unit: Unit, text: str) -> None:
    assert quantity(figure, unit) == text


def test_a_table_compares_with_procession() -> None:
    row = Row(scenario(), {"multiprocessing": [1000.0], "procession": [3000.0, 2000.0, 9000.0]})
    assert tables([row]).splitlines() == [
        "| table | procession | multiprocessing |",
        "|---|---|---|",
        "| row | 3.0 k/s | 1.0 k/s (×3.0) |",
    ]


@pytest.mark.parametrize("each", catalogue.all_scenarios(), ids=lambda each: f"{each.table}: {each.name}")
def test_each_scenario_runs(each: Scenario) -> None:
    assert each.run(each.take_part(catalogue.OURS), 5) > 0


def test_names_are_different() -> None:
    names = [(each.table, each.name) for each in catalogue.all_scenarios()]
    assert len(set(names)) == len(names)
