"""Ctypes in shared memory: those of the stdlib, guarded by locks of procession."""

from __future__ import annotations

from multiprocessing import sharedctypes
from multiprocessing.sharedctypes import (
    RawArray,
    RawValue,
    Synchronized,
    SynchronizedArray,
    SynchronizedBase,
    SynchronizedString,
    copy,
)
from typing import Any

from .context import _default_context

__all__ = ["Array", "RawArray", "RawValue", "Value", "copy", "synchronized"]


def Value(typecode_or_type: Any, *args: Any, lock: Any = True, ctx: Any = None) -> Any:
    """As in the stdlib; the lock is one of procession."""
    return sharedctypes.Value(typecode_or_type, *args, lock=lock, ctx=ctx or _default_context.get_context())


def Array(typecode_or_type: Any, size_or_initializer: Any, *, lock: Any = True, ctx: Any = None) -> Any:
    """As in the stdlib; the lock is one of procession."""
    return sharedctypes.Array(typecode_or_type, size_or_initializer, lock=lock, ctx=ctx or _default_context.get_context())


def synchronized(obj: Any, lock: Any = None, ctx: Any = None) -> Any:
    """As in the stdlib; the lock is one of procession."""
    return sharedctypes.synchronized(obj, lock, ctx or _default_context.get_context())
