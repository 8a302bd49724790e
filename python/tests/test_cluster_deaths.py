"""What a kill of any participant does to the others on a server: the tests of those in memory, again. What the dead held comes back when their lease ends."""

# ruff: noqa: F401, F403, F811
import pytest
from procession.cluster import ClusterContext
from test_deaths import *


@pytest.fixture(params=["fork", "spawn"])
def context(request: pytest.FixtureRequest, remote: ClusterContext) -> ClusterContext:
    """A copied and a fresh victim in turn."""
    return remote.get_context(request.param)
