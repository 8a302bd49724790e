"""What all tests share: the start methods, and a look at what a test leaves behind."""

from collections.abc import Iterator
from multiprocessing.context import BaseContext

import procession
import pytest


@pytest.fixture(params=["fork", "spawn", "forkserver"])
def method(request: pytest.FixtureRequest) -> str:
    """Each start method in turn."""
    name: str = request.param
    return name


@pytest.fixture
def context(method: str) -> BaseContext:
    """procession's context of each start method in turn."""
    return procession.get_context(method)


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """Fail a test that leaves a child process behind, after ending it."""
    yield
    left = procession.active_children()
    for process in left:
        process.kill()
        process.join()
    assert not left
