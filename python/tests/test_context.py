"""Contexts and the start method."""

import multiprocessing
from multiprocessing.context import BaseContext
from pathlib import Path

import procession
import programs
import pytest


def test_a_context_is_one_of_the_standard_package(context: BaseContext, method: str) -> None:
    assert isinstance(context, BaseContext)
    assert context.get_start_method() == method
    assert context.get_context() is context
    assert procession.get_context(method) is context
    assert issubclass(context.Process, multiprocessing.process.BaseProcess)
    assert context.Process.__name__ == multiprocessing.get_context(method).Process.__name__


def test_the_methods_are_those_of_the_interpreter() -> None:
    assert procession.get_all_start_methods() == multiprocessing.get_all_start_methods()
    with pytest.raises(ValueError, match="cannot find context for 'thread'"):
        procession.get_context("thread")


def test_a_concrete_context_keeps_its_method(context: BaseContext) -> None:
    with pytest.raises(ValueError, match="cannot set start method of concrete context"):
        context.set_start_method("fork")


_DEFAULT = """
import multiprocessing, procession
assert procession.get_start_method(allow_none=True) is None
assert procession.get_start_method() == multiprocessing.get_start_method()
"""

_SET = """
import multiprocessing, procession
procession.set_start_method({method!r})
assert procession.get_start_method() == {method!r}
assert type(procession.Queue()) is type(procession.get_context({method!r}).Queue())
try:
    procession.set_start_method("fork")
except RuntimeError as error:
    assert str(error) == "context has already been set"
else:
    raise SystemExit("set twice")
procession.set_start_method("fork", force=True)
assert procession.get_start_method() == "fork"
procession.set_start_method(None, force=True)
assert procession.get_start_method(allow_none=True) is None
assert multiprocessing.get_start_method(allow_none=True) is None
"""


def test_the_default_method_is_that_of_the_interpreter(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _DEFAULT)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_method_is_set_once_and_for_this_package_alone(method: str, tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _SET.format(method=method))
    assert (ended.returncode, ended.stderr) == (0, "")
