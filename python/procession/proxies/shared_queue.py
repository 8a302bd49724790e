"""Queues of managers."""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="misc, attr-defined, return-value"
from __future__ import annotations

from typing import Any

from ..queues import JoinableQueue
from .proxy import SharedProxy

__all__ = ["SharedQueue"]


class SharedQueue(SharedProxy, JoinableQueue):
    """A queue with the interface of `queue.Queue`, which is what managers of the stdlib have.

    An item that was taken is marked as done by the process that took it.

    If a process dies: as with `procession.JoinableQueue`.
    """

    def __new__(
        cls, maxsize: int = 0, *, typeid: str = "Queue", handle: tuple[int, int] | None = None
    ) -> SharedQueue:
        queue = JoinableQueue.__new__(cls, maxsize, handle=handle)
        queue._typeid = typeid
        return queue

    @property
    def _name(self) -> str:  # type: ignore[override]
        return f"AutoProxy[{self._typeid}]"

    @property
    def maxsize(self) -> int:
        """How many items there can be; 0 if that is not limited."""
        return self.limit or 0

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Puts an item; see `JoinableQueue.put`."""
        if timeout is not None and timeout < 0 and block:
            raise ValueError("'timeout' must be a non-negative number")
        super().put(item, block, timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Takes an item; see `JoinableQueue.get`."""
        if timeout is not None and timeout < 0 and block:
            raise ValueError("'timeout' must be a non-negative number")
        return super().get(block, timeout)

    def _construction(self) -> dict[str, Any]:
        return {"typeid": self._typeid}

    def __getstate__(self) -> Any:
        return None

    def _referent_repr(self) -> str:
        return f"<queue.Queue object at {id(self):#x}>"
