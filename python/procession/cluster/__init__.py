"""Many machines: the same objects on a Redis or Valkey server.

When one machine is not enough, the program stays and its context changes::

    context = procession.connect("redis://server/?namespace=shop")
    queue = context.JoinableQueue(name="orders")

A context on a server has what the contexts of `multiprocessing` have. With a name, every process on every machine gets the same object.
"""

from ..exceptions import (
    AddressError,
    ClusterError,
    HostLost,
    LeaseLost,
    NoPermission,
    NotSigned,
    NoWorkers,
    ObjectGone,
    PayloadTooLarge,
    ServerFull,
    ServerUnavailable,
    SettingsMismatch,
    Unconfirmed,
    WrongPassword,
)
from .context import ClusterContext, connect

__all__ = [
    "AddressError",
    "ClusterContext",
    "ClusterError",
    "HostLost",
    "LeaseLost",
    "NoPermission",
    "NoWorkers",
    "NotSigned",
    "ObjectGone",
    "PayloadTooLarge",
    "ServerFull",
    "ServerUnavailable",
    "SettingsMismatch",
    "Unconfirmed",
    "WrongPassword",
    "connect",
]
