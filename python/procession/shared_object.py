"""What all shared objects have in common: how they travel."""

from __future__ import annotations

from typing import Any, Self

from . import _native, session

__all__ = ["SharedObject"]


class SharedObject:
    """A shared object, mixed in before the native class that it is.

    It can be inherited by a child, passed to one as an argument, and sent inside whatever procession itself carries: items of queues,
    values of managers' objects, arguments and results of tasks. Pickling it for anything else is refused, since nothing would keep it alive on the way.
    """

    handle: tuple[int, int]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        attachment = (type(self), {"handle": self.handle, **self._construction()})
        if _native.note_travelling(self.handle):
            return _attach, attachment, self.__getstate__()
        return _attach_in_child, (session.check_travelling(self), *attachment), self.__getstate__()

    def _construction(self) -> dict[str, Any]:
        """Arguments that the constructor needs besides the handle."""
        return {}

    def _another_handle(self) -> Self:
        """The same object, held once more."""
        attached: Self = _attach(type(self), {"handle": self.handle, **self._construction()})
        return attached

    def __getstate__(self) -> Any:
        return self.__dict__ or None

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied: it is one and the same thing for all who share it")


def _attach(cls: Any, arguments: dict[str, Any]) -> Any:
    return cls.__new__(cls, **arguments)


def _attach_in_child(_session: None, cls: Any, arguments: dict[str, Any]) -> Any:
    return cls.__new__(cls, **arguments)
