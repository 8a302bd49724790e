"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from .measurement import Row, Unit

__all__ = ["tables"]

#: The contestant that the others are compared with.
OURS = "procession"

_LARGE = ((1e9, " G"), (1e6, " M"), (1e3, " k"), (1.0, " "))
_SMALL = ((1.0, " "), (1e-3, " m"), (1e-6, " µ"), (1e-9, " n"))


def tables(rows: Sequence[Row]) -> str:
    """All rows, each in the table of its scenario."""
    headings = list(dict.fromkeys(row.scenario.table for row in rows))
    return "\n".join(_table(heading, [row for row in rows if row.scenario.table == heading]) for heading in headings)


def _table(heading: str, rows: Sequence[Row]) -> str:
    names = [OURS, *dict.fromkeys(name for row in rows for name in row.figures if name != OURS)]
    lines = [f"| {heading} | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {row.scenario.name} | {' | '.join(_cell(row, name) for name in names)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(row: Row, name: str) -> str:
    median = row.median(name)
    if median is None:
        return "–"
    text = quantity(median, row.scenario.unit)
    ratio = None if name == OURS else row.times_better(OURS, name)
    return text if ratio is None else f"{text} (×{digits(ratio)})"


def quantity(figure: float, unit: Unit) -> str:
    """A figure with two digits, or three, and the prefix that it needs."""
    scale = _SMALL if unit is Unit.SECONDS else _LARGE
    factor, prefix = next(((factor, prefix) for factor, prefix in scale if figure >= factor), scale[-1])
    return f"{digits(figure / factor)}{prefix}{unit.value}"


def digits(number: float) -> str:
    """The number with two digits that say something; more before the point."""
    if number >= 9.95:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 0.95 else f"{number:.2f}"
