"""Locks of managers and their kin."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="name-defined, misc, override"
from __future__ import annotations

from collections.abc import Callable
from multiprocessing import managers as stdlib
from typing import Any

from .. import synchronize
from .proxy import SharedProxy
from .threading_methods import (
    ThreadingBarrier,
    ThreadingCondition,
    ThreadingEvent,
    ThreadingLock,
    ThreadingRLock,
    ThreadingSemaphore,
    check_permits,
)

__all__ = [
    "SharedBarrier",
    "SharedBoundedSemaphore",
    "SharedCondition",
    "SharedEvent",
    "SharedLock",
    "SharedRLock",
    "SharedSemaphore",
]


class SharedLock(ThreadingLock, SharedProxy, synchronize.Lock, stdlib.AcquirerProxy):
    """A lock; otherwise as `procession.Lock`."""

    _typeid = "Lock"
    _name = "AcquirerProxy"


class SharedRLock(ThreadingRLock, SharedProxy, synchronize.RLock, stdlib.AcquirerProxy):
    """A reentrant lock; otherwise as `procession.RLock`."""

    _typeid = "RLock"
    _name = "AcquirerProxy"


class SharedSemaphore(ThreadingSemaphore, SharedProxy, synchronize.Semaphore, stdlib.AcquirerProxy):
    """A semaphore; otherwise as `procession.Semaphore`."""

    _typeid = "Semaphore"

    def __new__(cls, value: int = 1, *, handle: tuple[int, int] | None = None) -> SharedSemaphore:
        check_permits(value)
        return synchronize.Semaphore.__new__(cls, value, handle=handle)


class SharedBoundedSemaphore(ThreadingSemaphore, SharedProxy, synchronize.BoundedSemaphore, stdlib.AcquirerProxy):
    """A bounded semaphore; otherwise as `procession.BoundedSemaphore`."""

    _typeid = "BoundedSemaphore"

    def __new__(cls, value: int = 1, *, handle: tuple[int, int] | None = None) -> SharedBoundedSemaphore:
        check_permits(value)
        return synchronize.BoundedSemaphore.__new__(cls, value, handle=handle)


class SharedCondition(ThreadingCondition, SharedProxy, synchronize.Condition, stdlib.ConditionProxy):
    """A condition that goes with a lock of a manager; otherwise as `procession.Condition`."""

    _typeid = "Condition"
    _name = "ConditionProxy"

    def __new__(cls, lock: Any = None, *, handle: tuple[int, int] | None = None) -> SharedCondition:
        if lock is None and handle is None:
            lock = SharedRLock()
        return synchronize.Condition.__new__(cls, lock, handle=handle)


class SharedEvent(ThreadingEvent, SharedProxy, synchronize.Event, stdlib.EventProxy):
    """An event; otherwise as `procession.Event`."""

    _typeid = "Event"
    _name = "EventProxy"


class SharedBarrier(ThreadingBarrier, SharedProxy, synchronize.Barrier, stdlib.BarrierProxy):
    """A barrier; otherwise as `procession.Barrier`. Whoever comes last runs the action, in its own process."""

    _typeid = "Barrier"
    _name = "BarrierProxy"

    def __new__(
        cls,
        parties: int = 1,
        action: Callable[[], Any] | None = None,
        timeout: float | None = None,
        *,
        handle: tuple[int, int] | None = None,
    ) -> SharedBarrier:
        return synchronize.Barrier.__new__(cls, parties, action, timeout, handle=handle)
