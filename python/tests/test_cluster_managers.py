"""What managers make on a server: the tests of managers in memory, again, with each kind of server.

They are imported; only the manager is another one.
"""

# ruff: noqa: F401, F403, F811
from collections.abc import Iterator
from typing import Any

import pytest
from procession.cluster import ClusterContext
from test_managers_atomic import *
from test_managers_keys import *
from test_managers_parity import *


@pytest.fixture
def manager(remote: ClusterContext) -> Iterator[Any]:
    with remote.Manager() as manager:
        yield manager
