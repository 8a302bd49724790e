"""The context whose objects are on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from .. import _native, known_servers
from ..context import BaseContext, _default_context
from .address import address
from .cluster_object import arrived, departing
from .code import version

if TYPE_CHECKING:
    from . import pool, queues, synchronize
    from .manager import ClusterManager
    from .proxies import ClusterDict, ClusterList, ClusterNamespace

__all__ = ["ClusterContext", "connect"]


def connect(
    url: str | None = None,
    *,
    namespace: str | None = None,
    lease: float | None = None,
    patience: float | None = None,
    durability: Literal["server", "replica", "disk"] | None = None,
    linger: float | None = None,
    key_file: str | PathLike[str] | None = None,
    ca_file: str | PathLike[str] | None = None,
    certificate_file: str | PathLike[str] | None = None,
    private_key_file: str | PathLike[str] | None = None,
    insecure: bool | None = None,
    app_version: str | None = None,
) -> ClusterContext:
    """Connects to a Redis or Valkey server (7.0 or later), on which objects then live that any number of machines use.

    What it returns has all that a context of `multiprocessing` has, so that a program changes ``multiprocessing.get_context()`` into ``procession.connect(…)``.
    Connecting twice to the same address is the same as once.

    Args:
        url: where the server is: ``redis://user:password@host:6379``, ``rediss://`` for TLS, several hosts with commas between them for the nodes of a
            cluster, ``redis+sentinel://host:26379/service``, ``redis+unix:///path``. Without one, the address in the environment's ``PROCESSION_URL``. All
            further settings can stand in it, too: ``?namespace=shop&lease=30``.
        namespace: keeps the objects of different programs on one server apart; "default" if nothing is said.
        lease: seconds after which others get what a process holds that is not heard from; 15.
        patience: seconds for which a call waits for a server that is away; 60.
        durability: what has what a call stores (items put, changes of dicts, lists, values, arrays and events) before it returns: the "server", a "replica" as well, or the server's
            "disk" (from Redis 7.2 on); "server". What is taken or held is not waited for.
            Connections to one server may differ in it.
        linger: seconds for which an object without a name outlives its last user; 600.
        key_file: has the keys with which values are signed; otherwise the file that ``PROCESSION_KEY_FILE`` names.
        ca_file: certificates (PEM) of those who are trusted to vouch for the server; otherwise those of the system.
        certificate_file: our own certificate, if the server asks for one.
        private_key_file: its key.
        insecure: allows a connection that is not encrypted to another machine.
        app_version: of this program, as in "v2": only hosts that serve the same one (``--app module:v2``) carry out its tasks and start its processes. Otherwise the
            one in the environment's ``PROCESSION_APP_VERSION``; if there is none, those hosts do that serve no version.

    Raises:
        ValueError: if `app_version` has characters that it cannot have.
        AddressError: if the address cannot be understood, or no server is named.
        ServerUnavailable: if the server cannot be reached.
        WrongPassword, NoPermission: if it refuses the user.
        ClusterError: if objects cannot live on it: it is too old, throws data away when it is full, or cannot do what `durability` asks for.
    """
    settings: Mapping[str, Any] = {
        "namespace": namespace,
        "lease": lease,
        "patience": patience,
        "durability": durability,
        "linger": linger,
        "key_file": key_file,
        "ca_file": ca_file,
        "certificate_file": certificate_file,
        "private_key_file": private_key_file,
        "insecure": insecure,
    }
    app_version = version(app_version)
    return ClusterContext(_native.Cluster(address(url, settings)), app_version=app_version)


class ClusterContext(BaseContext):
    """The factories of a context; what they make is on a server, for processes on any number of machines.

    Each takes a `name`: by it every process gets the same object; whoever comes first makes it, and it stays until somebody calls its `unlink()`. Without
    one it is a new object, whose handle can be passed on; it ends when no process has had a handle for ten minutes.

    Processes are started by worker hosts: ``python -m procession worker URL --app module``. What `get_context` returns for a start method starts them on this machine, by that
    method.

    If a process dies: the server cannot see it. What the process held is leased, and goes to others when the lease ends. If the server dies, calls
    wait until it is back, or another one has taken its place, at most for a minute.
    """

    def __init__(self, cluster: _native.Cluster, start_method: str | None = None, *, app_version: str | None = None) -> None:
        known_servers.note(cluster)
        self._cluster = cluster
        self._start_method = start_method
        self._app_version = app_version

    @property
    def namespace(self) -> str:
        """What keeps the objects of different programs on one server apart."""
        return self._cluster.namespace

    @property
    def lease(self) -> float:
        """Seconds after which others get what a process holds that is not heard from."""
        return self._cluster.lease

    def Manager(self) -> ClusterManager:
        """Returns a manager, whose objects live on the server."""
        from .manager import ClusterManager

        manager = ClusterManager(self._cluster, self._local_context())
        manager.start()
        return manager

    def dict(self, *, name: str | None = None) -> ClusterDict[Any, Any]:
        """Returns an empty dict, as a manager does, or the one of that name, whatever is in it."""
        from .proxies import ClusterDict

        return ClusterDict(self._cluster, name=name)

    def list(self, *, name: str | None = None) -> ClusterList[Any]:
        """Returns an empty list, as a manager does, or the one of that name, whatever is in it."""
        from .proxies import ClusterList

        return ClusterList(self._cluster, name=name)

    def Namespace(self, *, name: str | None = None) -> ClusterNamespace:
        """Returns a namespace without attributes, as a manager does, or the one of that name, whatever it has."""
        from .proxies import ClusterNamespace

        return ClusterNamespace(self._cluster, name=name)

    def Lock(self, *, name: str | None = None) -> synchronize.Lock:  # type: ignore[override]
        """Returns a lock, or the one of that name."""
        from .synchronize import Lock

        return Lock(self._cluster, name=name)

    def RLock(self, *, name: str | None = None) -> synchronize.RLock:  # type: ignore[override]
        """Returns a reentrant lock, or the one of that name."""
        from .synchronize import RLock

        return RLock(self._cluster, name=name)

    def Condition(self, lock: Any = None, *, name: str | None = None) -> synchronize.Condition:  # type: ignore[override]
        """Returns a condition, or the one of that name; it goes with `lock` or else with an `RLock`, the one of the same name if there is a name."""
        from .synchronize import Condition

        return Condition(self._cluster, lock, name=name)

    def Semaphore(  # type: ignore[override]
        self, value: int = 1, *, attributed: bool = False, name: str | None = None
    ) -> synchronize.Semaphore:
        """Returns a semaphore with so many permits, or the one of that name, which must have been made with as many."""
        from .synchronize import Semaphore

        return Semaphore(self._cluster, value, attributed=attributed, name=name)

    def BoundedSemaphore(  # type: ignore[override]
        self, value: int = 1, *, name: str | None = None
    ) -> synchronize.BoundedSemaphore:
        """Returns a semaphore that never has more permits than these, or the one of that name."""
        from .synchronize import BoundedSemaphore

        return BoundedSemaphore(self._cluster, value, name=name)

    def Event(self, *, name: str | None = None) -> synchronize.Event:  # type: ignore[override]
        """Returns an event that is not set, or the one of that name."""
        from .synchronize import Event

        return Event(self._cluster, name=name)

    def Barrier(  # type: ignore[override]
        self,
        parties: int,
        action: Callable[[], Any] | None = None,
        timeout: float | None = None,
        *,
        name: str | None = None,
    ) -> synchronize.Barrier:
        """Returns a barrier for so many parties, or the one of that name. The action and the timeout are this handle's own."""
        from .synchronize import Barrier

        return Barrier(self._cluster, parties, action, timeout, name=name)

    def Queue(  # type: ignore[override]
        self, maxsize: int = 0, *, name: str | None = None, serializer: str | None = None
    ) -> queues.Queue[Any]:
        """Returns a queue, or the one of that name, which must have been made with the same limit."""
        from .queues import Queue

        return Queue(self._cluster, maxsize, serializer=serializer, name=name)

    def JoinableQueue(  # type: ignore[override]
        self,
        maxsize: int = 0,
        *,
        on_lost: str = "report",
        max_deliveries: int = 3,
        serializer: str | None = None,
        name: str | None = None,
    ) -> queues.JoinableQueue[Any]:
        """Returns a queue that knows which items are done, or the one of that name, which must have been made in the same way."""
        from .queues import JoinableQueue

        return JoinableQueue(
            self._cluster,
            maxsize,
            on_lost=on_lost,
            max_deliveries=max_deliveries,
            serializer=serializer,
            name=name,
        )

    def SimpleQueue(self, *, name: str | None = None) -> queues.SimpleQueue[Any]:  # type: ignore[override]
        """Returns a queue with nothing but put and get, or the one of that name."""
        from .queues import SimpleQueue

        return SimpleQueue(self._cluster, name=name)

    def Value(self, typecode_or_type: Any, *args: Any, lock: Any = True, name: str | None = None) -> Any:
        """Returns a value of a simple C type, with a lock unless that is False; or the one of that name.

        Raises:
            TypeError: if it is a structure or a pointer, which cannot be on a server.
        """
        from .sharedctypes import value_of

        return value_of(self._cluster, typecode_or_type, args, lock, name)

    def Array(
        self, typecode_or_type: Any, size_or_initializer: Any, *, lock: Any = True, name: str | None = None
    ) -> Any:
        """Returns an array of a simple C type, with a lock unless that is False; or the one of that name, which must be as long.

        Raises:
            TypeError: if they are structures or pointers, which cannot be on a server.
        """
        from .sharedctypes import array_of

        return array_of(self._cluster, typecode_or_type, size_or_initializer, lock, name)

    def RawValue(self, typecode_or_type: Any, *args: Any, name: str | None = None) -> Any:
        """As `Value`, without a lock."""
        return self.Value(typecode_or_type, *args, lock=False, name=name)

    def RawArray(self, typecode_or_type: Any, size_or_initializer: Any, *, name: str | None = None) -> Any:
        """As `Array`, without a lock."""
        return self.Array(typecode_or_type, size_or_initializer, lock=False, name=name)

    def Pool(  # type: ignore[override]
        self,
        processes: int | None = None,
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        *,
        name: str | None = None,
        patience_for_hosts: float | None = None,
        serializer: str | None = None,
    ) -> pool.Pool:
        """Returns a pool whose workers are those of all hosts that serve the pool of this name; at most `processes` of its tasks are with them at a time.

        If there is no host for `patience_for_hosts` seconds, 60 unless something else is said, its tasks raise `NoWorkers`. With "cloudpickle" as `serializer`, the
        code of functions goes along.

        Raises:
            ValueError: for an initializer or a `maxtasksperchild`, which are said to the hosts, and for a serializer that there is not.
            ImportError: for "cloudpickle", if that is not installed.
        """
        from .pool import Pool

        return Pool(
            self._cluster,
            processes,
            initializer,
            initargs,
            maxtasksperchild,
            name=name,
            patience_for_hosts=patience_for_hosts,
            app_version=self._app_version,
            serializer=serializer,
        )

    @property
    def Process(self) -> Any:
        """The class of processes. Worker hosts start them, those of the pool "default" in turn; or this process does, by its start method, if one was chosen.

        See `procession.cluster.process`. It can be derived from.
        """
        if self._start_method is not None:
            return self._local_context().Process
        from .process import process_class

        return process_class(self._cluster, self._app_version)

    def _local_context(self) -> Any:
        """The context that starts processes here."""
        return _default_context.get_context(self._start_method)

    def get_context(self, method: str | None = None) -> ClusterContext:  # type: ignore[override]
        """Returns a context with the same objects whose processes are started on this machine, by that method; without one, this context.

        Raises:
            ValueError: if there is no such method.
        """
        if method is None:
            return self
        _default_context.get_context(method)
        return ClusterContext(self._cluster, method, app_version=self._app_version)

    def get_start_method(self, allow_none: bool = False) -> Any:
        """Returns how processes are started: "host" if worker hosts do it."""
        return self._start_method or "host"

    def set_start_method(self, method: str | None, force: bool = False) -> None:
        """Refuses: this context is for one way of starting processes; `get_context` returns others.

        Raises:
            ValueError: always.
        """
        raise ValueError("the start method of a server's context cannot be set: get_context(method) returns one that starts processes on this machine")

    def __reduce__(self) -> Any:
        return _context_of, (departing(self._cluster, self), self._start_method, self._app_version)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClusterContext):
            return NotImplemented
        return (self._cluster, self._start_method, self._app_version) == (other._cluster, other._start_method, other._app_version)

    def __hash__(self) -> int:
        return hash((self._cluster.url, self._start_method, self._app_version))

    def __repr__(self) -> str:
        return f"<ClusterContext on {self._cluster.location}, namespace {self.namespace!r}>"


def _context_of(address: str, start_method: str | None, app_version: str | None) -> ClusterContext:
    return ClusterContext(arrived(address), start_method, app_version=app_version)
