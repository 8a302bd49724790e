"""Objects of managers on a server on their way between processes, and inside each other: the tests of those in memory, again, with each kind of server."""

# ruff: noqa: F401, F811
import copy
import multiprocessing
import pickle
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import procession
import programs
import pytest
import servers
from procession.cluster import ClusterContext
from test_managers_sharing import (
    KINDS,
    test_all_of_them_reach_a_child,
    test_an_iterator_keeps_its_list,
    test_large_values,
    test_nested_in_everything,
    test_through_a_pipe,
    test_two_threads_may_use_one_proxy,
)


@pytest.fixture
def manager(remote: ClusterContext) -> Iterator[Any]:
    with remote.Manager() as manager:
        yield manager


@pytest.mark.parametrize("kind", KINDS)
def test_pickled_anywhere(manager: Any, kind: str) -> None:
    shared = getattr(manager, kind)(*KINDS[kind])
    again = pickle.loads(pickle.dumps(shared))
    assert type(again) is type(shared) and again._id == shared._id
    assert repr(again).partition(" at ")[0] == repr(shared).partition(" at ")[0]
    assert copy.copy(shared)._id == shared._id
    if kind in ("dict", "list", "Namespace", "Value", "Array"):
        assert str(copy.deepcopy(shared)) == str(shared)


def test_a_pickle_keeps_the_password_to_itself() -> None:
    with servers.Server("--requirepass", "secret-word") as server:
        context = procession.connect(server.url.replace("redis://", "redis://:secret-word@"))
        with context.Manager() as manager:
            assert b"secret-word" not in pickle.dumps(manager.dict(a=context.namespace))


_STRANGER = """
import pickle
try:
    pickle.loads({pickled!r})
except ValueError as error:
    print(error)
import procession
procession.connect({url!r}, namespace={namespace!r}, lease=2)
print(pickle.loads({pickled!r}))
"""


def test_a_stranger_has_to_connect(tmp_path: Path, remote: ClusterContext) -> None:
    with remote.Manager() as manager:
        pickled = pickle.dumps(manager.dict(a=1))
        url = remote._cluster.url.partition("?")[0]
        program = _STRANGER.format(pickled=pickled, url=url, namespace=remote.namespace)
        ended = programs.run(tmp_path, program)
    refusal, contents = ended.stdout.splitlines()
    assert "call connect() first" in refusal, ended.stderr
    assert contents == "{'a': 1}"


def test_what_is_in_memory_stays_here(manager: Any) -> None:
    with procession.Manager() as local:
        for thing in (procession.Lock(), procession.Queue(), local.list(), local.Namespace()):
            for keep in (manager.list().append, manager.Queue().put, manager.Value("O", None).set):
                with pytest.raises(TypeError, match="make it with the context that procession.connect"):
                    keep([thing])


@pytest.mark.parametrize("kind", ["connection", "socket"])
def test_descriptors_go_to_no_host(remote: ClusterContext, kind: str) -> None:
    pair: Any = multiprocessing.Pipe() if kind == "connection" else socket.socketpair()
    with pair[0] as here, pair[1]:
        # It is told before anything is asked of a host.
        with pytest.raises(TypeError, match="get_context\\('spawn'\\)"):
            remote.Process(target=print, args=(here,)).start()
        with remote.Pool() as pool, pytest.raises(TypeError, match=type(here).__name__):
            pool.apply(print, (here,))
        # Processes of this machine may hand them on, by a server's queue as well.
        for queue in (procession.Queue(), remote.Queue()):
            queue.put(here)
            with queue.get() as again:
                assert again.fileno() != here.fileno()


def test_what_is_on_a_server_stays_on_that_server(manager: Any) -> None:
    with servers.Server() as other:
        elsewhere = procession.connect(other.url).Event()
        with pytest.raises(procession.cluster.AddressError, match="can only name objects on the same one"):
            manager.list().append([elsewhere])
        local = procession.Queue()
        local.put([elsewhere])
        assert local.get()[0].name == elsewhere.name


def test_names_lead_to_dicts_lists_and_namespaces(remote: ClusterContext) -> None:
    prices = remote.dict(name="prices")
    prices["apple"] = 3
    assert remote.dict(name="prices").copy() == {"apple": 3}
    remote.list(name="jobs").extend([1, 2])
    assert remote.list(name="jobs")[:] == [1, 2]
    remote.Namespace(name="settings").name = "a user's"
    settings = remote.Namespace(name="settings")
    assert (settings.name, settings._id) == ("a user's", "settings")
    settings._unlink()
    with pytest.raises(procession.cluster.ObjectGone):
        settings.name
