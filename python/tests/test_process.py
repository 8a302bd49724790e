"""Processes with our objects in their arguments, and how they end."""

import concurrent.futures
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import procession
import programs
import pytest


def describe(queue: Any) -> None:
    process, parent = procession.current_process(), procession.parent_process()
    assert parent is not None
    queue.put((process.name, process.daemon, os.getpid(), parent.pid, process.authkey == b"key"))


def use_everything(queue: Any, lock: Any, event: Any, semaphore: Any, condition: Any, barrier: Any) -> None:
    event.wait()
    with lock, semaphore, condition:
        queue.put("inside")
    barrier.wait()
    queue.task_done() if queue.get() else None


def put_under_lock(lock: Any, queue: Any) -> None:
    with lock:
        queue.put(os.getpid())


def raise_an_error() -> None:
    raise ValueError("meant to be seen")


def return_normally() -> str:
    return "ignored"


def wait_for_ever(ready: Any) -> None:
    ready.set()
    signal.pause()


def start_a_child(method: str, queue: Any) -> None:
    child = procession.get_context(method).Process(target=describe, args=(queue,))
    child.start()
    child.join()
    queue.put(child.exitcode)


def test_a_child_knows_who_it_is(context: BaseContext) -> None:
    queue = context.Queue()
    process = context.Process(target=describe, args=(queue,), name="the-child", daemon=True)
    process.authkey = b"key"
    process.start()
    assert queue.get() == ("the-child", True, process.pid, os.getpid(), True)
    process.join()
    assert (process.exitcode, process.is_alive()) == (0, False)


def test_every_object_travels_as_an_argument(context: BaseContext) -> None:
    queue, event, barrier = context.JoinableQueue(), context.Event(), context.Barrier(2)
    objects = (queue, context.Lock(), event, context.Semaphore(1), context.Condition(), barrier)
    process = context.Process(target=use_everything, args=objects)
    process.start()
    event.set()
    assert queue.get() == "inside"
    queue.task_done()
    barrier.wait()
    queue.put("for the child")
    queue.join()
    process.join()
    assert process.exitcode == 0


def test_objects_pass_to_grandchildren(context: BaseContext, method: str) -> None:
    queue = context.Queue()
    process = context.Process(target=start_a_child, args=(method, queue))
    process.start()
    name, daemon, pid, parent, _ = queue.get()
    assert (daemon, parent) == (False, process.pid)
    assert name.endswith(":1")
    assert pid != process.pid
    assert queue.get() == 0
    process.join()


@pytest.mark.parametrize("made_by", ["fork", "spawn", "forkserver"])
def test_objects_of_one_context_serve_the_processes_of_another(context: BaseContext, made_by: str) -> None:
    objects = procession.get_context(made_by)
    queue, lock = objects.Queue(), objects.Lock()
    process = context.Process(target=put_under_lock, args=(lock, queue))
    process.start()
    assert queue.get() == process.pid
    process.join()


@pytest.mark.parametrize(
    ("target", "arguments", "exitcode"),
    [
        (return_normally, (), 0),
        (sys.exit, (), 0),
        (sys.exit, (7,), 7),
        (sys.exit, ("a message",), 1),
        (raise_an_error, (), 1),
        (os._exit, (5,), 5),
    ],
)
def test_exit_codes(context: BaseContext, target: Callable[..., Any], arguments: tuple[Any, ...], exitcode: int) -> None:
    process = context.Process(target=target, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == exitcode


@pytest.mark.parametrize(("end", "number"), [("terminate", signal.SIGTERM), ("kill", signal.SIGKILL)])
def test_a_child_is_ended_by_its_parent(context: BaseContext, end: str, number: signal.Signals) -> None:
    ready = context.Event()
    process = context.Process(target=wait_for_ever, args=(ready,))
    process.start()
    ready.wait()
    assert process.exitcode is None
    getattr(process, end)()
    assert connection.wait([process.sentinel])
    process.join()
    assert process.exitcode == -number
    process.close()
    with pytest.raises(ValueError, match="closed"):
        process.is_alive()


class Doubler(procession.Process):
    """A subclass as programs write them."""

    def __init__(self, numbers: Any, doubles: Any) -> None:
        super().__init__()
        self.numbers = numbers
        self.doubles = doubles

    def run(self) -> None:
        while (number := self.numbers.get()) is not None:
            self.doubles.put(number * 2)


_DOUBLER = """
import procession, sys
from test_process import Doubler
if __name__ == "__main__":
    procession.set_start_method({method!r})
    numbers, doubles = procession.Queue(), procession.Queue()
    process = Doubler(numbers, doubles)
    process.start()
    numbers.put(21)
    numbers.put(None)
    print(doubles.get())
    process.join()
    sys.exit(process.exitcode)
"""


def test_a_subclass_runs_under_the_default_method(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    ended = programs.run(tmp_path, _DOUBLER.format(method=method))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "42\n", "")


_SHARED_AT_THE_TOP = """
import procession
context = procession.get_context({method!r})
lock, queue = context.Lock(), context.Queue()

def work(lock, queue):
    with lock:
        queue.put("done")

if __name__ == "__main__":
    process = context.Process(target=work, args=(lock, queue))
    process.start()
    print(queue.get())
    process.join()
    raise SystemExit(process.exitcode)
"""


def test_objects_may_be_made_at_the_top_of_a_program(method: str, tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _SHARED_AT_THE_TOP.format(method=method))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")


_NO_GUARD = """
import procession
process = procession.get_context("spawn").Process(target=print)
process.start()
process.join()
raise SystemExit(process.exitcode)
"""


def test_a_program_without_a_guard_is_told_so(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _NO_GUARD)
    assert ended.returncode == 1
    assert "if __name__ == '__main__':" in ended.stderr


def _exit_code_of_another() -> int:
    process = procession.get_context("spawn").Process(target=abs, args=(1,))
    process.start()
    process.join()
    code: int = process.exitcode
    return code


class Starter:
    """Starts a process when it is pickled, as something may that is made when it is needed; itself, or by a thread."""

    def __init__(self, in_thread: bool) -> None:
        self.in_thread = in_thread

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.in_thread:
            return int, (_exit_code_of_another(),)
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            return int, (threads.submit(_exit_code_of_another).result(),)


def _pass_on(answers: Any, number: int) -> None:
    answers.put(number)


@pytest.mark.parametrize("in_thread", [False, True])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_pickling_an_argument_may_start_another_process(context: BaseContext, in_thread: bool) -> None:
    answers = context.Queue()
    process = context.Process(target=_pass_on, args=(answers, Starter(in_thread)))  # type: ignore[attr-defined]
    process.start()
    process.join()
    assert process.exitcode == 0
    if context.get_start_method() != "fork":
        assert answers.get() == 0
