"""Managers: what one client does, or four at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .crew import Role, seconds_for
from .measurement import Scenario, Unit

__all__ = ["scenarios"]

ENTRIES = 100_000
CLIENTS = (1, 4)
#: Some of the keys, in no order.
KEYS = [f"key {number}" for number in random.Random(7).sample(range(ENTRIES), 1024)]

#: Does something with an object of a manager, so many times.
Use = Callable[[Any, int], None]


def scenarios() -> list[Scenario]:
    """All of them."""
    return [
        scenario
        for name, create, use, brief in (
            ("dict get, 100,000 entries", _dict, _get, True),
            ("dict set", _dict, _set, False),
            ("list get, 100,000 elements", _list, _index, False),
            ("list append", _empty_list, _append, False),
            ("Namespace get", _namespace, _attribute, False),
            ("Value set", _value, _assign, False),
            ("`with` a Lock", _lock, _hold, False),
            ("Queue put and get", _queue, _put_and_get, False),
        )
        for scenario in _by_clients(name, create, use, brief)
    ]


def _by_clients(name: str, create: Callable[[Any], Any], use: Use, brief: bool) -> list[Scenario]:
    return [
        Scenario(
            "manager",
            f"{name}; {clients} client{'s' if clients > 1 else ''}",
            Unit.RATE,
            ("Manager", "Process"),
            _with_clients(create, use, clients),
            brief=brief and clients == 1,
        )
        for clients in CLIENTS
    ]


def _with_clients(create: Callable[[Any], Any], use: Use, clients: int) -> Callable[[Any, int], float]:
    def run(context: Any, repetitions: int) -> float:
        with context.Manager() as manager:
            shared = create(manager)
            roles: list[Role] = [
                (use, (shared, (repetitions + client) // clients)) for client in range(clients)
            ]
            return seconds_for(context, roles)

    return run


def _dict(manager: Any) -> Any:
    return manager.dict({f"key {number}": number for number in range(ENTRIES)})


def _get(shared: Any, count: int) -> None:
    for turn in range(count):
        shared[KEYS[turn % 1024]]


def _set(shared: Any, count: int) -> None:
    for turn in range(count):
        shared[KEYS[turn % 1024]] = turn


def _list(manager: Any) -> Any:
    return manager.list(range(ENTRIES))


def _empty_list(manager: Any) -> Any:
    return manager.list()


def _index(shared: Any, count: int) -> None:
    for turn in range(count):
        shared[turn * 7919 % ENTRIES]


def _append(shared: Any, count: int) -> None:
    for turn in range(count):
        shared.append(turn)


def _namespace(manager: Any) -> Any:
    return manager.Namespace(x=7)


def _attribute(shared: Any, count: int) -> None:
    for _ in range(count):
        shared.x


def _value(manager: Any) -> Any:
    return manager.Value("i", 0)


def _assign(shared: Any, count: int) -> None:
    for turn in range(count):
        shared.value = turn


def _lock(manager: Any) -> Any:
    return manager.Lock()


def _hold(shared: Any, count: int) -> None:
    for _ in range(count):
        with shared:
            pass


def _queue(manager: Any) -> Any:
    return manager.Queue()


def _put_and_get(shared: Any, count: int) -> None:
    for turn in range(count):
        shared.put(turn)
        shared.get()
