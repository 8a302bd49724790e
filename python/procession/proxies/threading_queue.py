"""What queues of managers do in Python, whatever they are made of: they have the interface of `queue.Queue`, which is what managers of the stdlib have."""

# The classes that this is mixed into have what it calls.
# mypy: disable-error-code="misc"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["ThreadingQueue"]


class ThreadingQueue:
    """A queue: mixed in before the class that has the rest."""

    _typeid: str

    if TYPE_CHECKING:

        @property
        def limit(self) -> int | None: ...

    @property
    def _name(self) -> str:
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
