"""What locks and their kin do in Python, whatever they are made of: mixed in before the class that has the rest."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from multiprocessing import process
from multiprocessing.synchronize import SEM_VALUE_MAX  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

__all__ = [
    "BarrierMethods",
    "BoundedSemaphoreMethods",
    "ConditionMethods",
    "EventMethods",
    "LockMethods",
    "RLockMethods",
    "SemaphoreMethods",
    "check_parties",
    "check_permits",
]


class _Count:
    """A lock or semaphore as the stdlib's own classes see it, which count its permits."""

    def __init__(self, counted: _Counted) -> None:
        self.acquire = counted.acquire
        self.release = counted.release
        self._counted = counted

    @property
    def maxvalue(self) -> int:
        return self._counted._maxvalue

    def _get_value(self) -> int:
        return self._counted._free()

    def _is_zero(self) -> bool:
        return self._counted._free() == 0

    def _is_mine(self) -> bool:
        return self._counted.is_mine()

    def _count(self) -> int:
        return self._counted._depth()


class _Counted:
    """What the stdlib's own classes (`Queue` of `concurrent.futures`, for one) look into."""

    #: How many permits there can be.
    _maxvalue = 1

    if TYPE_CHECKING:

        def acquire(self, block: bool = True, timeout: float | None = None) -> bool: ...
        def release(self) -> None: ...
        def locked(self) -> bool: ...
        def is_mine(self) -> bool: ...

    @property
    def _semlock(self) -> _Count:
        return _Count(self)

    def _free(self) -> int:
        """How many permits are free."""
        return 0 if self.locked() else 1

    def _depth(self) -> int:
        """How often this thread holds it."""
        return int(self.is_mine())


class LockMethods(_Counted):
    """A lock."""

    if TYPE_CHECKING:

        def owner(self) -> tuple[int, bool] | None: ...

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(owner={_owner_name(self.owner())})>"


class RLockMethods(_Counted):
    """A reentrant lock."""

    if TYPE_CHECKING:

        def owner(self) -> tuple[int, bool] | None: ...
        def depth(self) -> int: ...

    def _depth(self) -> int:
        return self.depth()

    def __repr__(self) -> str:
        owner = self.owner()
        count: int | str = "nonzero"
        if owner is None or owner[1]:
            count = self.depth()
        return f"<{type(self).__name__}({_owner_name(owner)}, {count})>"


def _owner_name(owner: tuple[int, bool] | None) -> str:
    if owner is None:
        return "None"
    pid, is_mine = owner
    if is_mine:
        name = process.current_process().name
        thread = threading.current_thread().name
        return name if thread == "MainThread" else f"{name}|{thread}"
    return "SomeOtherThread" if pid == os.getpid() else "SomeOtherProcess"


class SemaphoreMethods(_Counted):
    """A semaphore."""

    _maxvalue = SEM_VALUE_MAX

    if TYPE_CHECKING:

        def get_value(self) -> int: ...
        def release(self, n: int = 1) -> None: ...

    def _free(self) -> int:
        return self.get_value()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={self.get_value()})>"


class BoundedSemaphoreMethods(SemaphoreMethods):
    """A semaphore that cannot be released more often than it was acquired."""

    if TYPE_CHECKING:

        @property
        def initial(self) -> int: ...

    @property
    def _maxvalue(self) -> int:  # type: ignore[override]
        return self.initial

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={self.get_value()}, maxvalue={self.initial})>"


def check_permits(value: int) -> None:
    """Refuses to make a semaphore with so many permits.

    Raises:
        ValueError: if there can be none.
    """
    if not 0 <= value <= SEM_VALUE_MAX:
        raise ValueError(f"a semaphore can have 0 to {SEM_VALUE_MAX} permits, not {value}")


class ConditionMethods:
    """A condition, which goes with a lock."""

    _lock: Any

    if TYPE_CHECKING:

        def waiting(self) -> int: ...

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Takes the lock; returns False if the time is over."""
        taken: bool = self._lock.acquire(block, timeout)
        return taken

    def release(self) -> None:
        """Gives the lock up."""
        self._lock.release()

    def __enter__(self) -> bool:
        entered: bool = self._lock.__enter__()
        return entered

    def __exit__(self, *exception: object) -> None:
        self._lock.__exit__(*exception)

    def wait(self, timeout: float | None = None) -> bool:
        """Waits, with the lock given up meanwhile, until notified; returns False if the time is over.

        Raises:
            AssertionError: if the lock is not held.
        """
        assert self._lock.is_mine(), "must acquire() condition before using wait()"
        notified: bool = super().wait(timeout)  # type: ignore[misc]
        return notified

    def notify(self, n: int = 1) -> None:
        """Wakes at most `n` of those that wait.

        Raises:
            AssertionError: if the lock is not held.
        """
        assert self._lock.is_mine(), "lock is not owned"
        super().notify(n)  # type: ignore[misc]

    def notify_all(self) -> None:
        """Wakes all that wait; otherwise as `notify`."""
        assert self._lock.is_mine(), "lock is not owned"
        super().notify_all()  # type: ignore[misc]

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Waits until `predicate()` is true, and returns its last value."""
        end = None if timeout is None else time.monotonic() + timeout
        while not (result := predicate()):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self._lock}, {self.waiting()})>"


class EventMethods:
    """An event."""

    if TYPE_CHECKING:

        def is_set(self) -> bool: ...

    def __repr__(self) -> str:
        state = "set" if self.is_set() else "unset"
        return f"<{type(self).__qualname__} at {id(self):#x} {state}>"


class BarrierMethods:
    """A barrier."""

    _action: Callable[[], Any] | None
    _timeout: float | None

    if TYPE_CHECKING:

        @property
        def parties(self) -> int: ...
        @property
        def broken(self) -> bool: ...
        @property
        def n_waiting(self) -> int: ...
        def arrive(self, timeout: float | None = None, action: Callable[[], Any] | None = None) -> int: ...

    def wait(self, timeout: float | None = None) -> int:
        """Waits until all have come; returns a number from 0 to `parties - 1` that no other one gets.

        Raises:
            threading.BrokenBarrierError: if the barrier is broken, or breaks; also if the time is over, which breaks it.
        """
        return self.arrive(self._timeout if timeout is None else timeout, self._action)

    def __repr__(self) -> str:
        if self.broken:
            return f"<{type(self).__qualname__} at {id(self):#x}: broken>"
        return f"<{type(self).__qualname__} at {id(self):#x}: waiters={self.n_waiting}/{self.parties}>"


def check_parties(parties: int) -> None:
    """Refuses to make a barrier for so many.

    Raises:
        ValueError: if there can be none.
    """
    if not 1 <= parties <= 65535:
        raise ValueError(f"a barrier can have 1 to 65535 parties, not {parties}")
