"""The servers that this process has to do with. A child that it starts knows them as well.

So the proxy of an object on a server can go through any pipe between them, and the password of the server need not.
"""

from __future__ import annotations

from . import _native
from .exceptions import AddressError

__all__ = ["connected", "known_urls", "learn", "note"]

#: The addresses of servers, by where they are and the namespace.
_urls: dict[tuple[str, str], str] = {}


def note(cluster: _native.Cluster) -> None:
    """Remembers a server that this process is connected to."""
    _urls.setdefault((cluster.location, cluster.namespace), cluster.url)


def known_urls() -> dict[tuple[str, str], str]:
    """What a child has to learn."""
    return dict(_urls)


def learn(urls: dict[tuple[str, str], str]) -> None:
    """Remembers what the parent knew."""
    _urls.update(urls)


def connected(location: str, namespace: str) -> _native.Cluster:
    """The server there.

    Raises:
        AddressError: if neither this process nor one that has led to it was connected to it.
    """
    url = _urls.get((location, namespace))
    if url is None:
        raise AddressError(
            f"this process is not connected to the server {location}, namespace {namespace!r}, on which the object is: call connect() first"
        )
    return _native.Cluster(url)
