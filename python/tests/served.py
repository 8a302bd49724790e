"""Fixtures for tests that need worker hosts, or need that there are none: with each kind of server."""

from __future__ import annotations

import hosts
import procession
import pytest
import servers
from conftest import SERVERS, on_server
from procession.cluster import ClusterContext


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of server."""
    kind: str = request.param
    return kind


@pytest.fixture
def remote(kind: str) -> ClusterContext:
    """Where no host is."""
    return on_server(kind)


@pytest.fixture
def context(kind: str) -> ClusterContext:
    """Where a host serves the pool, and starts processes."""
    url = servers.url(kind)
    hosts.shared(url)
    return procession.connect(url, namespace=hosts.NAMESPACE, lease=2)
