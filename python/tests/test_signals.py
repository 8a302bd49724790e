"""Signals while the main thread waits: the handler runs, and what it raises ends the wait."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import procession
import pytest
from waits import WAITS

_ASLEEP = 30
"""So many looks in a row at a sleeping thread mean that it waits."""


class Rung(Exception):
    """Raised by a handler."""


def wait_until_blocked(thread: int) -> None:
    """Return when a thread of this process sleeps and goes on sleeping."""
    status = Path(f"/proc/self/task/{thread}/stat")
    asleep = 0
    while asleep < _ASLEEP:
        state = status.read_text(encoding="ascii").rpartition(")")[2].split()[0]
        asleep = asleep + 1 if state == "S" else 0
        time.sleep(0.001)


@contextmanager
def once_blocked(action: Callable[[], object]) -> Iterator[None]:
    """Do something when the calling thread, inside of the `with`, has fallen asleep."""
    caller = threading.get_native_id()

    def watch() -> None:
        wait_until_blocked(caller)
        action()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        watcher.join()


@contextmanager
def handler(number: signal.Signals, handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have a signal handled inside of the `with`."""
    before = signal.signal(number, handle)
    try:
        yield
    finally:
        signal.signal(number, before)


def to_this_process(number: signal.Signals) -> Callable[[], object]:
    """Return an action that sends a signal which any thread may receive."""
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize("name", WAITS)
def test_an_exception_of_a_handler_ends_the_wait(name: str) -> None:
    def ring(number: int, frame: FrameType | None) -> None:
        raise Rung

    wait = WAITS[name](procession.get_context())
    with handler(signal.SIGUSR1, ring), once_blocked(to_this_process(signal.SIGUSR1)), pytest.raises(Rung):
        wait()


@pytest.mark.parametrize("name", WAITS)
def test_control_c_ends_the_wait(name: str) -> None:
    wait = WAITS[name](procession.get_context())
    with once_blocked(to_this_process(signal.SIGINT)), pytest.raises(KeyboardInterrupt):
        wait()


def test_a_wait_goes_on_after_a_handler_that_returns() -> None:
    queue = procession.get_context().Queue()

    def put(number: int, frame: FrameType | None) -> None:
        queue.put("from the handler")

    with handler(signal.SIGUSR1, put), once_blocked(to_this_process(signal.SIGUSR1)):
        assert queue.get() == "from the handler"


def test_an_interrupted_wait_has_taken_nothing() -> None:
    queue = procession.get_context().Queue()
    with once_blocked(to_this_process(signal.SIGINT)), pytest.raises(KeyboardInterrupt):
        queue.get()
    queue.put("still there")
    assert queue.get() == "still there"
    assert queue.empty()


def test_other_threads_run_during_a_wait() -> None:
    queue = procession.get_context().Queue()
    with once_blocked(lambda: queue.put("from a thread")):
        assert queue.get() == "from a thread"
