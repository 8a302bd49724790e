"""What importing the package does, and what it does not."""

import importlib
import multiprocessing
import pkgutil
from pathlib import Path

import procession
import programs
import pytest

_STATE = """
import os, signal, threading
import multiprocessing

def state():
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    threads = os.listdir("/proc/self/task")
    with open(f"/proc/self/task/{os.getpid()}/children") as children:
        return handlers, threads, threading.enumerate(), children.read(), os.listdir("/proc/self/fd")

before = state()
import procession
import procession.managers, procession.pool, procession.queues, procession.synchronize
assert state() == before, (before, state())
"""


def test_an_import_starts_nothing(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _STATE)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_has_every_name_of_the_standard_package() -> None:
    assert set(multiprocessing.__all__) <= set(procession.__all__)
    assert all(hasattr(procession, name) for name in procession.__all__)


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(multiprocessing.__path__)])
def test_it_has_every_module_of_the_standard_package(name: str) -> None:
    if name.endswith("_win32"):
        pytest.skip("of another system")
    theirs = importlib.import_module(f"multiprocessing.{name}")
    ours = importlib.import_module(f"procession.{name}")
    assert set(theirs.__all__) <= set(ours.__all__)
    assert all(hasattr(ours, member) for member in ours.__all__)
    assert getattr(procession, name) is ours


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(procession.__path__, "procession.")])
def test_every_module_names_what_it_offers(name: str) -> None:
    if name == "procession._native":
        pytest.skip("what it offers is offered by other modules")
    module = importlib.import_module(name)
    assert all(hasattr(module, member) for member in module.__all__)


def test_exceptions_are_those_of_the_standard_package() -> None:
    for name in ("ProcessError", "TimeoutError", "BufferTooShort", "AuthenticationError"):
        assert getattr(procession, name) is getattr(multiprocessing, name)
