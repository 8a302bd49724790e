"""How values become bytes: the stdlib's pickle with the reducers of `multiprocessing`, or cloudpickle.

Plain values (None, bool, int, float, str, bytes, and small tuples of them) never get here: the native module encodes them by itself.
"""

from __future__ import annotations

import collections
import copyreg
import io
import pickle
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import Any

__all__ = ["Pickler", "dump", "serializer"]

#: Writes a value down, and appends its large buffers to a list.
Dump = Callable[[Any, list[pickle.PickleBuffer]], bytes]


class Pickler(pickle.Pickler):
    """A pickler that knows what was registered with `ForkingPickler.register` and with `copyreg`, now or later."""

    dispatch_table = collections.ChainMap[type, Any](ForkingPickler._extra_reducers, copyreg.dispatch_table)  # type: ignore[attr-defined]


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
        dispatch_table = collections.ChainMap(
            ForkingPickler._extra_reducers,  # type: ignore[attr-defined]
            cloudpickle.Pickler.dispatch_table,
        )

    def dump(value: Any, buffers: list[pickle.PickleBuffer]) -> bytes:
        file = io.BytesIO()
        CloudPickler(file, 5, buffer_callback=buffers.append).dump(value)
        return file.getvalue()

    return dump
