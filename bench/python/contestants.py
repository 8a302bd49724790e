"""Whom procession is measured against, besides the stdlib: those that are installed, for what they offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from procession.benchmark.catalogue import OURS, STDLIB
from procession.benchmark.measurement import Contestant

__all__ = ["all_contestants"]


def all_contestants() -> tuple[list[Contestant], list[str]]:
    """The contestants, procession first, and the names of those that are not installed."""
    found, missing = [OURS, STDLIB], []
    for name, create in _peers():
        try:
            found.append(Contestant(name, create()))
        except ImportError:
            missing.append(name)
    return found, missing


def _peers() -> Iterator[tuple[str, Callable[[], Callable[[str | None], Any]]]]:
    yield "billiard", _billiard
    yield "faster-fifo", _faster_fifo
    yield "loky", _loky
    yield "mpire", _mpire


def _billiard() -> Callable[[str | None], Any]:
    import billiard

    return billiard.get_context


def _faster_fifo() -> Callable[[str | None], Any]:
    from by_faster_fifo import context

    return context


def _loky() -> Callable[[str | None], Any]:
    from by_loky import context

    return context


def _mpire() -> Callable[[str | None], Any]:
    from by_mpire import context

    return context
