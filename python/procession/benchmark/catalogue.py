"""All that can be measured."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence

from .. import get_context
from . import locks, managers, pools, processes, queues
from .measurement import Contestant, Scenario

__all__ = ["OURS", "STDLIB", "all_scenarios"]

OURS = Contestant("procession", get_context)
STDLIB = Contestant("multiprocessing", multiprocessing.get_context)


def all_scenarios() -> Sequence[Scenario]:
    """Every scenario, table after table."""
    return [
        *queues.scenarios(),
        *locks.scenarios(),
        *pools.scenarios(),
        *managers.scenarios(),
        *processes.scenarios(),
    ]
