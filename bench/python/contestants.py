"""Whom procession is measured against, besides the stdlib: those that are installed, for what they offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from procession.benchmark.catalogue import OURS, STDLIB
from procession.benchmark.measurement import Contestant

__all__ = ["on_a_server", "on_this_machine"]

#: Imports a package, and gives what its contestant's `context` is.
Create = Callable[[], Callable[[str | None], Any]]


def on_this_machine() -> tuple[list[Contestant], list[str]]:
    """Those for the processes of one machine, procession first, and the names of those that are not installed."""
    found, missing = _installed(_peers())
    return [OURS, STDLIB, *found], missing


def on_a_server() -> tuple[list[Contestant], list[str]]:
    """Those for many machines, procession first, and the names of those that are not installed."""
    return _installed(_peers_on_a_server())


def _installed(contestants: Iterator[tuple[str, Create]]) -> tuple[list[Contestant], list[str]]:
    found, missing = [], []
    for name, create in contestants:
        try:
            found.append(Contestant(name, create()))
        except ImportError:
            missing.append(name)
    return found, missing


def _peers() -> Iterator[tuple[str, Create]]:
    yield "billiard", _billiard
    yield "faster-fifo", _faster_fifo
    yield "loky", _loky
    yield "mpire", _mpire


def _peers_on_a_server() -> Iterator[tuple[str, Create]]:
    yield "procession", _procession
    yield "celery", _celery
    yield "celery, tuned", _tuned_celery
    yield "rq", _rq
    yield "distributed", _dask
    yield "redis", _redis


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


def _procession() -> Callable[[str | None], Any]:
    from by_procession import context

    return context


def _celery() -> Callable[[str | None], Any]:
    from by_celery import context

    return context


def _tuned_celery() -> Callable[[str | None], Any]:
    from by_celery import tuned

    return tuned


def _rq() -> Callable[[str | None], Any]:
    from by_rq import context

    return context


def _dask() -> Callable[[str | None], Any]:
    from by_dask import context

    return context


def _redis() -> Callable[[str | None], Any]:
    from by_redis import context

    return context
