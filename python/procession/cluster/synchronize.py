"""Locks and their kin, on a server.

They have the interface of `procession.synchronize`. The difference: the server cannot see a death. What a process holds is leased to it, and renewed as
long as it lives; when it dies, others get it after the lease, 15 seconds unless the address says something else.
"""

from __future__ import annotations

from typing import Self

from .. import _native
from ..lock_methods import EventMethods
from .cluster_object import ClusterObject

__all__ = ["Event"]


class Event(EventMethods, ClusterObject, _native.ClusterEvent):
    """A flag that any number of threads of all processes wait for.

    If a process dies: nobody else is affected, whatever it was doing.
    """

    def __new__(cls, cluster: _native.Cluster, *, name: str | None = None, attach: bool = False) -> Self:
        return _native.ClusterEvent.__new__(cls, cluster, name, attach)

    def __init__(self, *arguments: object, **options: object) -> None:
        """Does nothing: the object is complete."""
