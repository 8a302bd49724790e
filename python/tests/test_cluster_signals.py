"""Signals while the main thread waits for a server: the handler runs, and what it raises ends the wait."""

# ruff: noqa: F401, F811
import signal
from types import FrameType

import pytest
from procession.cluster import ClusterContext
from test_signals import Rung, handler, once_blocked, to_this_process
from waits import WAITS


@pytest.mark.parametrize("name", WAITS)
def test_an_exception_of_a_handler_ends_the_wait(name: str, remote: ClusterContext) -> None:
    def ring(number: int, frame: FrameType | None) -> None:
        raise Rung

    wait = WAITS[name](remote)
    with handler(signal.SIGUSR1, ring), once_blocked(to_this_process(signal.SIGUSR1)), pytest.raises(Rung):
        wait()


@pytest.mark.parametrize("name", WAITS)
def test_control_c_ends_the_wait(name: str, remote: ClusterContext) -> None:
    wait = WAITS[name](remote)
    with once_blocked(to_this_process(signal.SIGINT)), pytest.raises(KeyboardInterrupt):
        wait()


def test_a_wait_goes_on_after_a_handler_that_returns(remote: ClusterContext) -> None:
    queue = remote.Queue()

    def put(number: int, frame: FrameType | None) -> None:
        queue.put("from the handler")

    with handler(signal.SIGUSR1, put), once_blocked(to_this_process(signal.SIGUSR1)):
        assert queue.get() == "from the handler"


def test_an_interrupted_wait_has_taken_nothing(remote: ClusterContext) -> None:
    queue = remote.Queue()
    with once_blocked(to_this_process(signal.SIGINT)), pytest.raises(KeyboardInterrupt):
        queue.get()
    queue.put("still there")
    assert queue.get() == "still there"
    assert queue.empty()


def test_an_interrupted_wait_holds_its_lock_again(remote: ClusterContext) -> None:
    condition = remote.Condition(remote.Lock())
    with condition:
        with once_blocked(to_this_process(signal.SIGINT)), pytest.raises(KeyboardInterrupt):
            condition.wait()
        assert condition._lock.is_mine()
    assert not condition._lock.locked()


def test_other_threads_run_during_a_wait(remote: ClusterContext) -> None:
    queue = remote.Queue()
    with once_blocked(lambda: queue.put("from a thread")):
        assert queue.get() == "from a thread"
