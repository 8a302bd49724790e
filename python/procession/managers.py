"""Managers.

They have the interface of `multiprocessing.managers`. The difference: a `SyncManager` makes its dicts, lists, locks, queues and so on in shared memory. Reading and
changing them needs no server, so that it is fast and nobody's death takes them away. Only a pool, and types that a program registers, live in a
server process as in the stdlib; it is started when it is needed.
"""

# Typeshed does not know the inner parts of multiprocessing.managers.
# mypy: disable-error-code="attr-defined"
from __future__ import annotations

from multiprocessing import managers as stdlib
from multiprocessing.managers import (
    AcquirerProxy,
    ArrayProxy,
    AutoProxy,
    BarrierProxy,
    BasePoolProxy,
    BaseProxy,
    ConditionProxy,
    DictProxy,
    EventProxy,
    IteratorProxy,
    ListProxy,
    MakeProxyType,
    Namespace,
    NamespaceProxy,
    PoolProxy,
    ProcessLocalSet,
    RebuildProxy,
    RemoteError,
    Server,
    SharedMemoryServer,
    State,
    Token,
    Value,
    ValueProxy,
    all_methods,
    convert_to_error,
    dispatch,
    listener_client,
    public_methods,
)

from .manager_context import InContext
from .sync_manager import SyncManager

__all__ = ["BaseManager", "BaseProxy", "SharedMemoryManager", "SyncManager", "Token"]


class BaseManager(InContext, stdlib.BaseManager):
    """A manager whose types are those that a program registers. They live in a server process, which takes part in the session."""


class SharedMemoryManager(InContext, stdlib.SharedMemoryManager):
    """A manager of `multiprocessing.shared_memory`, which it frees when it is shut down."""
