"""Errors that a program gets from a server: each has a class to handle it by, and says what to do."""

import os
import signal
from pathlib import Path
from typing import Any

import procession
import pytest
import servers
from procession.cluster import ClusterContext, ClusterError, LeaseLost, NoPermission, NotSigned, ServerFull, Unconfirmed, WrongPassword

KEY = "first " + "0" * 64 + "\n"
ANOTHER_KEY = "second " + "1" * 64 + "\n"


def key_file(directory: Path, name: str, contents: str) -> Path:
    path = directory / name
    path.write_text(contents)
    path.chmod(0o600)
    return path


def test_a_wrong_password() -> None:
    with servers.Server("--requirepass", "secret") as server:
        with pytest.raises(WrongPassword) as raised:
            procession.connect(server.url.replace("redis://", "redis://:guess@"))
        assert isinstance(raised.value, PermissionError)
        assert "guess" not in str(raised.value)


def test_a_user_who_may_not() -> None:
    with servers.Server() as server:
        server.ask("ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@all", "-hset")
        with pytest.raises(NoPermission, match="procession acl"):
            procession.connect(server.url.replace("redis://", "redis://reader:secret@")).Event()


def test_a_server_that_is_full() -> None:
    with servers.Server() as server:
        context = procession.connect(server.url)
        queue, lock = context.Queue(), context.Lock()
        queue.put("small")
        used = int(server.ask("INFO", "memory").partition(b"used_memory:")[2].split()[0])
        server.ask("CONFIG", "SET", "maxmemory", used)
        with pytest.raises(ServerFull, match="maxmemory") as raised:
            while True:
                queue.put(os.urandom(100_000))
        assert isinstance(raised.value, MemoryError)
        # What is there goes on.
        assert queue.get() == "small"
        server.ask("CONFIG", "SET", "maxmemory", 0)
        queue.put("again")
        with lock:
            assert lock.is_mine()


def test_what_no_replica_has_confirmed() -> None:
    with servers.Server() as server, servers.Server() as replica:
        with pytest.raises(ClusterError, match="no replica"):
            procession.connect(server.url, durability="replica")
        replica.ask("REPLICAOF", "127.0.0.1", server.port)
        server.wait_for(lambda: b"state=online" in server.ask("INFO", "replication"))
        queue = procession.connect(server.url, durability="replica").Queue(name="orders")
        queue.put("safe")
        hasty = procession.connect(server.url, durability="replica", patience=0.5).Queue(name="orders")
        replica.process.send_signal(signal.SIGSTOP)
        with pytest.raises(Unconfirmed, match="do it twice"):
            hasty.put("perhaps")
        # Whoever does not ask for it need not wait.
        careless = procession.connect(server.url).Queue(name="orders")
        assert [careless.get(), careless.get()] == ["safe", "perhaps"]


def test_a_durability_that_there_is_not() -> None:
    with servers.Server() as server:
        with pytest.raises(ValueError, match="server, replica and disk"):
            procession.connect(server.url, durability="paper")  # type: ignore[arg-type]


def test_a_server_that_forgets() -> None:
    with servers.Server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru") as server:
        with pytest.raises(ClusterError, match="set it to noeviction"):
            procession.connect(server.url)


def test_what_was_lost_with_the_lease() -> None:
    with servers.Server() as server:
        context = procession.connect(server.url, lease=1)
        lock, queue = context.RLock(), context.JoinableQueue(on_lost="redeliver")
        queue.put("work")
        assert queue.get() == "work"
        lock.acquire()
        server.ask("FLUSHALL")
        with pytest.raises(ClusterError):
            lock.release()
        with pytest.raises(ClusterError):
            queue.task_done()


def _hold_and_release(lock: Any, held: Any, may_release: Any, answers: Any) -> None:
    lock.acquire()
    held.set()
    may_release.wait()
    answers.put((lock.lost, lock.is_mine()))
    try:
        lock.release()
    except LeaseLost as error:
        answers.put(str(error))


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_process_that_was_stopped_for_longer_than_its_lease(kind: str, remote: ClusterContext) -> None:
    context = remote.get_context("fork")
    lock, held, may_release, answers = getattr(context, kind)(), context.Event(), context.Event(), context.Queue()
    process = context.Process(target=_hold_and_release, args=(lock, held, may_release, answers))
    process.start()
    held.wait()
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.warns(procession.LockAbandonedWarning, match=f"process {process.pid} on .* longer than its lease"):
        assert lock.acquire()
    may_release.set()
    os.kill(process.pid, signal.SIGCONT)
    assert answers.get() == (True, False)
    assert "the lease on the lock" in answers.get()
    assert lock.is_mine()
    lock.release()
    process.join()


def test_signatures(tmp_path: Path) -> None:
    with servers.Server() as server:
        first, second = (
            procession.connect(server.url, key_file=key_file(tmp_path, name, contents))
            for name, contents in (("first", KEY), ("second", ANOTHER_KEY))
        )
        unsigned = procession.connect(server.url)
        first.Queue(name="signed").put([1])
        assert first.Queue(name="signed").get() == [1]
        first.Queue(name="signed").put([2])
        with pytest.raises(NotSigned, match="another key"):
            second.Queue(name="signed").get()
        unsigned.Queue(name="unsigned").put([3])
        with pytest.raises(NotSigned, match="not signed"):
            first.Queue(name="unsigned").get()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path, "key", KEY)
    path.chmod(0o644)
    with pytest.raises(ClusterError):
        procession.connect(servers.url("server"), key_file=path).Queue()


def elsewhere(server: servers.Server, **settings: Any) -> ClusterContext:
    """The server by an address that does not say that it is this machine."""
    return procession.connect(f"redis://127.1:{server.port}", insecure=True, **settings)


def test_pickles_of_another_machine_must_be_signed(tmp_path: Path) -> None:
    with servers.Server() as server:
        context = elsewhere(server)
        queue, shared = context.Queue(), context.Manager().dict()
        # Whoever reads plain values runs nothing.
        queue.put("plain")
        shared["number"] = 1.5
        assert (queue.get(), shared["number"]) == ("plain", 1.5)
        for put in (lambda: queue.put([1]), lambda: shared.update(key={})):
            with pytest.raises(NotSigned, match="PROCESSION_KEY_FILE"):
                put()
        # Nor is a pickle read that another one has put there.
        procession.connect(server.url).Queue(name="pickles").put(["from an unknown hand"])
        with pytest.raises(NotSigned, match="PROCESSION_KEY_FILE"):
            context.Queue(name="pickles").get()
        signing = elsewhere(server, key_file=key_file(tmp_path, "key", KEY))
        signing.Queue(name="signed").put([1])
        assert signing.Queue(name="signed").get() == [1]
