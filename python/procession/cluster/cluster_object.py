"""What all objects on a server have in common: how they travel."""

from __future__ import annotations

from multiprocessing import context
from typing import Any, Self

from .. import _native, known_servers

__all__ = ["ClusterObject", "arrived", "departing"]


class ClusterObject(_native.ClusterObject):
    """An object on a server, mixed in before the native class that it is.

    It travels by its name: to a child, and inside whatever procession itself carries, on this machine or by the server. Pickling it for anything else is
    refused, since the address of the server, with its password, would have to go along.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        """Does nothing: the object is complete."""

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        attachment = (type(self), departing(self.cluster, self), self.name, self._construction())
        return _attach, attachment, self.__getstate__()

    def _construction(self) -> dict[str, Any]:
        """Arguments that the constructor needs besides the server and the name."""
        return {}

    def _another_handle(self) -> Self:
        """The same object, held once more."""
        attached: Self = _attach_to(self.cluster, type(self), self.name, self._construction())
        return attached

    def __getstate__(self) -> Any:
        return self.__dict__ or None

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied: it is one and the same thing for all who share it")


def departing(cluster: _native.Cluster, thing: object) -> str:
    """What stands for the server where `thing` is being pickled.

    Raises:
        RuntimeError: if it is pickled neither for a child nor by procession.
        AddressError: if it goes to another server.
    """
    address = cluster.departing()
    if address is None:
        context.assert_spawning(thing)
        return cluster.url
    return address


def arrived(address: str) -> _native.Cluster:
    """The server for which that stands."""
    cluster = _native.Cluster.arrived(address)
    known_servers.note(cluster)
    return cluster


def _attach(cls: Any, address: str, name: str, arguments: dict[str, Any]) -> Any:
    return _attach_to(arrived(address), cls, name, arguments)


def _attach_to(cluster: _native.Cluster, cls: Any, name: str, arguments: dict[str, Any]) -> Any:
    return cls.__new__(cls, cluster, name=name, attach=True, **arguments)
