"""Processes that begin together."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["seconds_for"]

#: What a process does: a function, and its arguments.
Role = tuple[Callable[..., None], tuple[Any, ...]]


def seconds_for(context: Any, roles: Sequence[Role]) -> float:
    """Has each role played by a process of its own, and returns how long it took from the first beginning to the last end."""
    lines = []
    processes = []
    for function, arguments in roles:
        ours, theirs = multiprocessing.Pipe()
        process = context.Process(target=_play, args=(theirs, function, arguments))
        process.start()
        theirs.close()
        lines.append(ours)
        processes.append(process)
    for line in lines:
        line.recv()
    start = time.perf_counter()
    for line in lines:
        line.send(None)
    for line in lines:
        line.recv()
    seconds = time.perf_counter() - start
    for process in processes:
        process.join()
    return seconds


def _play(line: Connection, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    line.send(None)
    line.recv()
    function(*arguments)
    line.send(None)
