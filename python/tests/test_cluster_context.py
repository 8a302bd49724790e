"""Connecting to a server, and how what is on it travels."""

import copy
import multiprocessing
import pickle
import socket
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import procession
import programs
import pytest
import servers
from procession.cluster import AddressError, ClusterContext, ObjectGone, ServerUnavailable
from procession.cluster.address import address


def test_the_context_is_one_of_the_standard_package(remote: ClusterContext) -> None:
    assert isinstance(remote, multiprocessing.context.BaseContext)
    assert remote.get_context() is remote
    assert remote.get_start_method() == "host"
    with pytest.raises(ValueError, match=r"get_context\(method\)"):
        remote.set_start_method("spawn")
    assert remote.get_context("spawn").get_start_method() == "spawn"
    assert issubclass(remote.get_context("spawn").Process, procession.get_context("spawn").Process)
    with pytest.raises(ValueError, match="cannot find context"):
        remote.get_context("telepathy")
    assert remote.cpu_count() == procession.cpu_count()
    assert remote.current_process() is procession.current_process()


def test_connecting_twice_is_the_same_as_once() -> None:
    url = servers.url("server")
    assert procession.connect(url) == procession.connect(url)
    assert procession.connect(url) != procession.connect(url, namespace="other")
    assert hash(procession.connect(url)) == hash(procession.connect(url))
    assert procession.connect(url) != procession.get_context("fork")


@pytest.mark.parametrize(
    ("url", "settings", "expected"),
    [
        ("redis://a", {}, "redis://a"),
        ("redis://a", {"namespace": "shop", "lease": 2.5, "linger": None}, "redis://a?namespace=shop&lease=2.5"),
        ("redis://a/?lease=1&namespace=b", {"lease": 3}, "redis://a/?namespace=b&lease=3"),
        ("redis://a", {"insecure": True}, "redis://a?insecure=1"),
        ("redis://a", {"key_file": Path("/a b/&?")}, "redis://a?key_file=%2Fa%20b%2F%26%3F"),
    ],
)
def test_settings_become_part_of_the_address(url: str, settings: Any, expected: str) -> None:
    assert address(url, settings) == expected


def test_the_environment_names_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROCESSION_URL", raising=False)
    with pytest.raises(AddressError, match="set PROCESSION_URL"):
        procession.connect()
    monkeypatch.setenv("PROCESSION_URL", servers.url("server"))
    assert procession.connect() == procession.connect(servers.url("server"))


@pytest.mark.parametrize("url", ["localhost", "http://localhost", "redis://localhost:port", "redis://localhost/?color=red"])
def test_addresses_that_lead_nowhere_are_refused(url: str) -> None:
    with pytest.raises(AddressError) as raised:
        procession.connect(url)
    assert isinstance(raised.value, ValueError)
    assert "redis://" in str(raised.value)


def test_nothing_is_sent_over_a_network_in_plain_text() -> None:
    with pytest.raises(AddressError, match="rediss://"):
        procession.connect("redis://192.0.2.1")


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ServerUnavailable, match="not available") as raised:
            procession.connect(f"redis://127.0.0.1:{unused.getsockname()[1]}", patience=0.1)
    assert isinstance(raised.value, ConnectionError)
    assert isinstance(raised.value, procession.ProcessError)


def test_names_lead_to_the_same_object(remote: ClusterContext) -> None:
    event = remote.Event(name="open")
    assert (event.name, event.is_anonymous) == ("open", False)
    remote.Event(name="open").set()
    assert event.is_set()
    assert not remote.Event(name="another").is_set()
    anonymous = remote.Event()
    assert anonymous.is_anonymous and anonymous.name != remote.Event().name
    # Whatever it is called, also with characters that mean something to the server.
    remote.Event(name="{a}:b*ü").set()
    assert remote.Event(name="{a}:b*ü").is_set()


def test_what_was_unlinked_is_gone(remote: ClusterContext) -> None:
    event = remote.Event(name="open")
    event.set()
    event.unlink()
    event.unlink()
    with pytest.raises(ObjectGone, match='the event "open" is no longer on the server'):
        event.is_set()
    assert not remote.Event(name="open").is_set()


def _answer(context: Any, question: Any, answers: dict[str, Any]) -> None:
    assert question.wait(60)
    answers["event"].set()
    context.Event(name="by the context").set()


def test_objects_and_contexts_go_to_children(remote: ClusterContext, method: str) -> None:
    context = remote.get_context(method)
    question, answer = context.Event(), context.Event(name="answer")
    process = context.Process(target=_answer, args=(context, question, {"event": answer}))
    process.start()
    question.set()
    assert answer.wait(60)
    process.join()
    assert process.exitcode == 0
    assert remote.Event(name="by the context").is_set()


def test_they_go_through_what_is_in_memory(remote: ClusterContext, context: BaseContext) -> None:
    event = remote.Event()
    queue = context.Queue()
    queue.put({"event": event, "context": remote})
    arrived = queue.get()
    arrived["event"].set()
    assert event.is_set()
    assert arrived["context"] == remote


def test_they_are_pickled_for_nothing_but_procession(remote: ClusterContext) -> None:
    for thing in (remote.Event(), remote):
        with pytest.raises(RuntimeError, match="should only be shared between processes through inheritance"):
            pickle.dumps(thing)


def test_they_cannot_be_copied(remote: ClusterContext) -> None:
    event = remote.Event()
    assert copy.copy(event) is event
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.deepcopy(event)


_PROGRAM = """
import procession

context = procession.connect(namespace="programs", lease=2)

def work(event):
    event.set()

if __name__ == "__main__":
    event = context.Event()
    process = context.get_context("spawn").Process(target=work, args=(event,))
    process.start()
    assert event.wait(60)
    process.join()
    print(process.exitcode)
"""


def test_a_program_that_connects_when_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSION_URL", servers.url("server"))
    ended = programs.run(tmp_path, _PROGRAM)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "0\n", "")


def test_a_server_that_comes_back_is_waited_for() -> None:
    with servers.Server("--appendonly", "yes", "--appendfsync", "always") as server:
        context = procession.connect(server.url, patience=60)
        event = context.Event(name="open")
        event.set()
        server.kill()
        server.start()
        assert event.is_set()


def test_a_server_that_stays_away_is_told_of() -> None:
    with servers.Server() as server:
        event = procession.connect(server.url, patience=0.5).Event()
        server.kill()
        with pytest.raises(ServerUnavailable, match="raise `patience`"):
            event.is_set()
