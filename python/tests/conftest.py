"""What all tests share: the start methods, and a look at what a test leaves behind."""

import itertools
import os
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from typing import Any

import procession
import procession.cluster
import pytest
import servers

_namespaces = itertools.count()

#: Where objects are in the tests of this run. `cargo xtask python` leaves the cluster out for all interpreters but the newest: what a cluster adds is
#: below Python, and the same for each of them.
PLACES = os.environ.get("PROCESSION_TEST_PLACES", "memory,server,cluster").split(",")
#: Those of them that are servers.
SERVERS = [place for place in PLACES if place != "memory"]


@pytest.fixture(params=["fork", "spawn", "forkserver"])
def method(request: pytest.FixtureRequest) -> str:
    """Each start method in turn."""
    name: str = request.param
    return name


@pytest.fixture
def context(method: str) -> BaseContext:
    """procession's context of each start method in turn."""
    return procession.get_context(method)


def on_server(place: str, **settings: Any) -> procession.cluster.ClusterContext:
    """A context on the server or cluster, in a namespace where nothing is yet. Leases are short, so that deaths are noticed soon."""
    namespace = f"test-{os.getpid()}-{next(_namespaces)}"
    return procession.connect(servers.url(place), namespace=namespace, **{"lease": 2, **settings})


@pytest.fixture(params=SERVERS)
def remote(request: pytest.FixtureRequest) -> procession.cluster.ClusterContext:
    """A context whose objects are on a server, and one with a cluster."""
    return on_server(request.param)


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> BaseContext:
    """A context whose objects are in memory, one on a server, and one with a cluster."""
    if request.param == "memory":
        return procession.get_context("fork")
    return on_server(request.param).get_context("fork")


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """Fail a test that leaves a child process behind, after ending it."""
    yield
    left = procession.active_children()
    for process in left:
        process.kill()
        process.join()
    assert not left
