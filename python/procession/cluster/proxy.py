"""What the objects of managers on a server have in common."""

from __future__ import annotations

from multiprocessing.context import get_spawning_popen
from multiprocessing.managers import BaseProxy
from typing import Any

from .. import _native
from ..known_servers import connected
from ..proxies.proxy import ProxyMethods
from .cluster_object import ClusterObject, arrived

__all__ = ["ClusterProxy", "ProxyByName"]


class ProxyByName(ProxyMethods):
    """An object of a manager on a server that travels by its name.

    It can be pickled anywhere, as a proxy of the stdlib can. Where neither procession carries it nor a child gets it, the server's password
    stays behind: whoever unpickles it must be connected to the same server, or descend from a process that is.
    """

    @property
    def _on_server(self) -> _native.ClusterObject:
        """What it is on the server."""
        raise NotImplementedError

    def _construction(self) -> dict[str, Any]:
        """Arguments that the constructor needs besides the server and the name."""
        return {}

    @property
    def _id(self) -> str:
        return self._on_server.name

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        cluster = self._on_server.cluster
        address = cluster.departing()
        if address is None and get_spawning_popen() is not None:
            address = cluster.url
        server = (cluster.location, cluster.namespace) if address is None else address
        return _attach, (type(self), server, self._on_server.name, self._construction()), self.__getstate__()


class ClusterProxy(ProxyByName, ClusterObject, BaseProxy):
    """Mixed in before what an object of a manager is otherwise, and before the proxy of the stdlib whose interface it has."""

    @property
    def _on_server(self) -> _native.ClusterObject:
        return self


def _attach(cls: Any, server: str | tuple[str, str], name: str, arguments: dict[str, Any]) -> Any:
    cluster = arrived(server) if isinstance(server, str) else connected(*server)
    return cls.__new__(cls, cluster, name=name, attach=True, **arguments)
