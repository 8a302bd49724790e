"""What the shared objects of managers have in common with each other, and with the proxies of `multiprocessing.managers`."""

from __future__ import annotations

from multiprocessing.context import get_spawning_popen
from multiprocessing.managers import BaseProxy, Token
from typing import Any

from .. import _native, session
from ..shared_object import SharedObject

__all__ = ["ProxyMethods", "SharedProxy"]


class ProxyMethods:
    """What proxies have that have no server process behind them: mixed in before what the object is otherwise, and before the proxy of the stdlib whose
    interface it has.
    """

    #: What the manager's method is called that makes it.
    _typeid: str
    #: What the stdlib calls such a proxy.
    _name: str
    _exposed_: tuple[str, ...] = ()

    _manager = None
    _serializer = "pickle"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Does nothing: the object is complete, and there is no server process to connect to."""

    @property
    def _id(self) -> str:
        """What tells it from all others."""
        raise NotImplementedError

    @property
    def _token(self) -> Token:
        return Token(self._typeid, None, self._id)

    def _callmethod(self, methodname: str, args: Any = (), kwds: Any = {}) -> Any:
        if methodname == "#GETVALUE":
            return self._getvalue()
        if methodname in ("__str__", "__repr__"):
            return self._referent_repr()
        return getattr(self, methodname)(*args, **kwds)

    def _getvalue(self) -> Any:
        """A copy of the value, if the object has one."""
        raise TypeError(f"a shared {self._typeid} has no value that could be copied")

    def _referent_repr(self) -> str:
        """What the stdlib would show of the object behind the proxy."""
        return repr(self._getvalue())

    def __deepcopy__(self, memo: Any) -> Any:
        return self._getvalue()

    def __repr__(self) -> str:
        return f"<{self._name} object, typeid {self._typeid!r} at {id(self):#x}>"

    def __str__(self) -> str:
        try:
            return self._referent_repr()
        except Exception:
            return f"{repr(self)[:-1]}; '__str__()' failed>"


class SharedProxy(ProxyMethods, SharedObject, BaseProxy):
    """An object of a manager in shared memory.

    It can be pickled anywhere, as a proxy of the stdlib can. But only what procession itself carries keeps the object alive on its way; if it is
    sent by other means, through a pipe for instance, the sender must keep it until it has arrived. Otherwise unpickling it raises `StaleHandleError`.
    """

    def _shared_handle(self) -> tuple[int, int]:
        return self.handle

    @property
    def _id(self) -> str:
        index, generation = self._shared_handle()
        return f"{index:x}.{generation:x}"

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        if get_spawning_popen() is not None:
            session.check_travelling(self)
        attachment = (type(self), {"handle": self._shared_handle(), **self._construction()})
        if _native.note_travelling(self._shared_handle()):
            return _attach, attachment, self.__getstate__()
        return _attach_in_session, (self._session(), *attachment), self.__getstate__()

    def _session(self) -> session.Reference | int:
        """What whoever unpickles this needs to take part in the session, or to see that it does."""
        popen = get_spawning_popen()
        return session.identity() if popen is None else session.reference_for(popen)


def _attach(cls: Any, arguments: dict[str, Any]) -> Any:
    return cls.__new__(cls, **arguments)


def _attach_in_session(its_session: int | None, cls: Any, arguments: dict[str, Any]) -> Any:
    # None: this process has just begun to take part in it.
    if its_session is not None and not (_native.takes_part() and session.identity() == its_session):
        raise RuntimeError(
            "this process does not take part in the session of the shared object; it can be used only by the process that created it and by "
            "its descendants"
        )
    return _attach(cls, arguments)
