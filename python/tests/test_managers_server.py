"""What a manager needs a server for: types of a program, addresses, remote clients; and the states that it goes through."""

import os
import queue
import signal
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import procession
import programs
import pytest
from procession import managers


class Counter:
    def __init__(self, start: int = 0) -> None:
        self.count = start

    def increase(self) -> int:
        self.count += 1
        return self.count

    def pid(self) -> int:
        return os.getpid()

    def keep(self, thing: Any) -> None:
        self.thing = thing

    def kept(self) -> Any:
        return self.thing


class CounterManager(managers.BaseManager):
    pass


CounterManager.register("Counter", Counter)


class Both(managers.SyncManager):
    pass


Both.register("Counter", Counter)


class OwnDict(managers.SyncManager):
    pass


OwnDict.register("dict", dict, managers.DictProxy)


def increase(counter: Any) -> None:
    counter.increase()


@pytest.mark.parametrize("cls", [CounterManager, Both])
def test_registered_types_live_in_a_server(context: BaseContext, cls: Any) -> None:
    with cls(ctx=context) as manager:
        counter = manager.Counter(5)
        assert counter.increase() == 6
        assert counter.pid() == manager._process.pid != os.getpid()
        child = context.Process(target=increase, args=(counter,))
        child.start()
        child.join()
        assert counter.increase() == 8
    assert manager._process.exitcode == 0


def test_shared_objects_and_registered_types_hold_each_other(context: BaseContext) -> None:
    with Both(ctx=context) as manager:
        counter, shared = manager.Counter(), manager.dict()
        counter.keep(shared)
        counter.kept()["a"] = 1
        assert shared["a"] == 1
        shared["counter"] = counter
        assert shared["counter"].increase() == 1


def test_a_type_that_is_registered_again_is_what_was_registered(context: BaseContext) -> None:
    with OwnDict(ctx=context) as manager:
        shared = manager.dict(a=1)
        assert type(shared) is managers.DictProxy and shared._token.address == manager.address
        assert str(shared) == "{'a': 1}"


def test_no_server_is_started_for_what_needs_none() -> None:
    with procession.Manager() as manager:
        manager.dict(), manager.list(), manager.Queue(), manager.Lock()
        assert procession.active_children() == []
        assert manager._number_of_objects() == 0
        address = manager.address
        assert [child.pid for child in procession.active_children()] == [manager._process.pid]
        assert manager.address == address
    assert manager._process.exitcode == 0


def test_an_address_an_initializer_or_a_type_starts_it_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with managers.SyncManager(address=path) as manager:
        assert Path(path).exists() and manager.address == path
    manager = managers.SyncManager()
    manager.start(signal.signal, (signal.SIGUSR1, signal.SIG_IGN))
    assert len(procession.active_children()) == 1
    manager.shutdown()
    with pytest.raises(TypeError, match="callable"):
        managers.SyncManager().start(1)  # type: ignore[arg-type]


def test_a_server_that_is_killed_takes_nothing_with_it_that_is_shared() -> None:
    with procession.Manager() as manager:
        shared = manager.dict(a=1)
        manager._process.kill()
        manager._process.join()
        shared["b"] = 2
        manager.list()
        assert shared.copy() == {"a": 1, "b": 2}


def test_states() -> None:
    manager = managers.SyncManager()
    with pytest.raises(AssertionError, match="server not yet started"):
        manager.dict()
    with pytest.raises(AttributeError):
        manager.shutdown()
    manager.start()
    for method in (manager.start, manager.get_server):
        with pytest.raises(procession.ProcessError, match="Already started server"):
            method()
    shared = manager.dict(a=1)
    manager.shutdown()
    manager.shutdown()
    manager.join()
    for method in (manager.start, manager.get_server, manager.__enter__):
        with pytest.raises(procession.ProcessError, match="Manager has shut down"):
            method()
    for make in (manager.dict, manager.Queue, lambda: manager.Barrier(2), manager.Pool):
        with pytest.raises(AssertionError, match="server not yet started"):
            make()
    assert shared["a"] == 1


def use_remotely(address: Any, authkey: bytes) -> None:
    manager = managers.SyncManager(address, authkey)
    manager.connect()
    shared = manager.dict(a=1)
    shared["b"] = [2]
    assert shared.copy() == {"a": 1, "b": [2]} and type(shared) is managers.DictProxy
    values, lock, items = manager.list([3, 1]), manager.Lock(), manager.Queue()
    values.sort()
    with lock:
        items.put(values[:])
    assert items.get() == [1, 3]
    assert manager.address == address
    assert manager._number_of_objects() == 4


@pytest.mark.parametrize("family", ["unix", "tcp"])
def test_remote_clients(context: BaseContext, tmp_path: Path, family: str) -> None:
    address: Any = str(tmp_path / "socket") if family == "unix" else ("127.0.0.1", 0)
    with managers.SyncManager(address, b"secret", ctx=context) as manager:
        client = context.Process(target=use_remotely, args=(manager.address, b"secret"))
        client.start()
        client.join()
        assert client.exitcode == 0
        with pytest.raises(procession.AuthenticationError):
            managers.SyncManager(manager.address, b"wrong").connect()


PROGRAM = """
import sys
from procession.managers import BaseManager

class Queues(BaseManager):
    pass

Queues.register("get_queue")
manager = Queues(sys.argv[1], b"secret")
manager.connect()
queue = manager.get_queue()
queue.put(queue.get() + 1)
"""


def test_a_program_that_connects_to_a_server(tmp_path: Path) -> None:
    items: "queue.Queue[int]" = queue.Queue()

    class Queues(managers.BaseManager):
        pass

    Queues.register("get_queue", callable=lambda: items)
    context = procession.get_context("fork")
    with Queues(str(tmp_path / "socket"), b"secret", ctx=context) as manager:
        shared = manager.get_queue()
        shared.put(1)
        ended = programs.run(tmp_path, PROGRAM, manager.address)
        assert ended.returncode == 0, ended.stderr
        assert shared.get() == 2


def serve(address: str, ready: Any) -> None:
    server = managers.SyncManager(address, b"secret").get_server()
    ready.set()
    server.serve_forever()


def test_get_server(context: BaseContext, tmp_path: Path) -> None:
    ready = context.Event()
    address = str(tmp_path / "socket")
    server = context.Process(target=serve, args=(address, ready))
    server.start()
    ready.wait()
    use_remotely(address, b"secret")
    server.terminate()
    server.join()


def test_errors_of_a_server_are_told() -> None:
    with Both() as manager:
        counter = manager.Counter()
        counter.keep(None)
        with pytest.raises(managers.RemoteError):
            manager.Counter(1, 2, 3)
        with pytest.raises(AttributeError):
            counter.nonsense()


def test_types_of_the_module() -> None:
    import multiprocessing.managers as stdlib

    assert issubclass(managers.SyncManager, stdlib.SyncManager)
    assert issubclass(managers.BaseManager, stdlib.BaseManager)
    missing = [
        name
        for name, thing in vars(stdlib).items()
        if getattr(thing, "__module__", None) == "multiprocessing.managers" and not name.startswith("_") and not hasattr(managers, name)
    ]
    assert [name for name in missing if name not in ("Array", "BaseListProxy", "rebuild_as_list", "reduce_array")] == []


def test_shared_memory_manager() -> None:
    with managers.SharedMemoryManager() as manager:
        values = manager.ShareableList([1, "a"])
        assert list(values) == [1, "a"]
        assert manager._ctx is procession.get_context()


def test_managers_leave_the_default_context_alone(context: BaseContext) -> None:
    manager = context.Manager()
    assert manager._ctx is context
    manager.shutdown()
