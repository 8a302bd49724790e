"""Programs that call `os.fork` themselves while they are connected to a server: the tests of those that share memory, again."""

# ruff: noqa: F401, F403, F811
import pytest
from procession.cluster import ClusterContext
from test_fork import *
from test_fork import pytestmark

# It is about a session's memory.
del test_garbage_is_collected_in_the_middle_of_a_fork


@pytest.fixture
def context(remote: ClusterContext) -> ClusterContext:
    return remote.get_context("fork")
