"""How values become bytes: the stdlib's pickle with the reducers of `multiprocessing`, or cloudpickle.

Plain values (None, bool, int, float, str, bytes, and small tuples of them) never get here: the native module encodes them by itself.
"""

from __future__ import annotations

import collections
import copyreg
import io
import pickle
import socket
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from . import _native

__all__ = ["Pickler", "dump", "serializer"]

#: Writes a value down, and appends its large buffers to a list.
Dump = Callable[[Any, list[pickle.PickleBuffer]], bytes]


def _reduce_descriptor(value: Connection | socket.socket) -> Any:
    """Of what is a descriptor of this machine, which is handed to whoever asks for it on this machine and has the same `authkey`. No worker host has."""
    server = _native.bound_for_hosts_of()
    if server is not None:
        raise TypeError(
            f"a {type(value).__name__} of this machine cannot go to a worker host of {server}, which could not use it: send what it would carry through a queue, or, "
            "if it is for a process, start that on this machine: get_context('spawn').Process"
        )
    return _registered[type(value)](value)


_registered: dict[type, Callable[[Any], Any]] = ForkingPickler._extra_reducers  # type: ignore[attr-defined]
_reducers: list[dict[type, Callable[[Any], Any]]] = [dict.fromkeys((Connection, socket.socket), _reduce_descriptor), _registered]


class Pickler(pickle.Pickler):
    """A pickler that knows what was registered with `ForkingPickler.register` and with `copyreg`, now or later."""

    dispatch_table = collections.ChainMap[type, Any](*_reducers, copyreg.dispatch_table)


def dump(value: Any, buffers: list[pickle.PickleBuffer]) -> bytes:
    """Pickles a value with protocol 5; its buffers go to `buffers` and not into the pickle."""
    file = io.BytesIO()
    Pickler(file, 5, buffer_callback=buffers.append).dump(value)
    return file.getvalue()


def serializer(name: str | None) -> Dump | None:
    """The function that goes by that name; None for the default.

    Raises:
        ValueError: if there is none of that name.
        ImportError: if cloudpickle is asked for and not installed.
    """
    if name is None or name == "pickle":
        return None
    if name == "cloudpickle":
        return _cloudpickle()
    raise ValueError(f"serializer must be 'pickle' or 'cloudpickle', not {name!r}")


def _cloudpickle() -> Dump:
    try:
        import cloudpickle  # type: ignore[import-untyped]
    except ImportError as error:
        raise ImportError("serializer='cloudpickle' needs the package cloudpickle: pip install cloudpickle", name="cloudpickle") from error

    class CloudPickler(cloudpickle.Pickler):  # type: ignore[misc]
        dispatch_table = collections.ChainMap(*_reducers, cloudpickle.Pickler.dispatch_table)

    def dump(value: Any, buffers: list[pickle.PickleBuffer]) -> bytes:
        file = io.BytesIO()
        CloudPickler(file, 5, buffer_callback=buffers.append).dump(value)
        return file.getvalue()

    return dump
