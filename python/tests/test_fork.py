"""Programs that call `os.fork` themselves, with and without threads."""

import os
import threading
from collections.abc import Callable
from multiprocessing.context import BaseContext
from pathlib import Path

import procession
import programs
import pytest

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture
def context() -> BaseContext:
    """The context whose objects a forked child inherits."""
    return procession.get_context("fork")


def exit_code_of(child: Callable[[], object]) -> int:
    """Run something in a forked copy of this process; return 0 if it returned a true value."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if child() else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_copy_puts_and_gets(context: BaseContext) -> None:
    there, back = context.Queue(), context.Queue()
    there.put("question")

    def answer() -> bool:
        back.put((there.get(), os.getpid()))
        return True

    assert exit_code_of(answer) == 0
    question, pid = back.get()
    assert question == "question"
    assert pid != os.getpid()


def test_a_lock_held_at_the_fork_stays_held_by_its_holder(context: BaseContext) -> None:
    lock = context.Lock()
    with lock:
        assert exit_code_of(lambda: not lock.acquire(timeout=0.01)) == 0
    assert exit_code_of(lambda: lock.acquire()) == 0


def test_a_forked_copy_works_although_threads_were_blocked(context: BaseContext) -> None:
    queue = context.Queue()
    blocked = threading.Thread(target=queue.get)
    blocked.start()
    other = context.Queue()

    def work() -> bool:
        for number in range(100):
            other.put(number)
        return [other.get() for _ in range(100)] == list(range(100))

    assert exit_code_of(work) == 0
    queue.put("for the thread")
    blocked.join()


def test_copies_of_copies_share_the_same_objects(context: BaseContext) -> None:
    queue = context.Queue()

    def child() -> bool:
        return exit_code_of(lambda: (queue.put("grandchild"), True)[1]) == 0

    assert exit_code_of(child) == 0
    assert queue.get() == "grandchild"


def test_a_forked_copy_that_is_killed_lets_go_of_its_lock(context: BaseContext) -> None:
    lock, held = context.Lock(), context.Event()
    pid = os.fork()
    if pid == 0:
        try:
            lock.acquire()
            held.set()
            threading.Event().wait()
        finally:
            os._exit(1)
    held.wait()
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    with pytest.warns(procession.LockAbandonedWarning):
        assert lock.acquire()
    lock.release()


GARBAGE = """
import gc
import os
import sys

collecting = False


def collect():
    if collecting:
        gc.collect()


# Registered before procession's own, so that it runs while these hold the process still.
os.register_at_fork(**{sys.argv[1]: collect})

import procession


class Cycle:
    def __init__(self):
        self.me, self.queue = self, procession.Queue()


def child(queue):
    queue.put("alive")


gc.disable()
kept = procession.Queue()
Cycle()
collecting = True
process = procession.get_context("fork").Process(target=child, args=(kept,))
process.start()
print(kept.get())
process.join()
Cycle()
pid = os.fork()
if pid == 0:
    kept.put("alive, too")
    os._exit(0)
print(kept.get())
os.waitpid(pid, 0)
"""


@pytest.mark.parametrize("moment", ["before", "after_in_parent", "after_in_child"])
def test_garbage_is_collected_in_the_middle_of_a_fork(tmp_path: Path, moment: str) -> None:
    ended = programs.run(tmp_path, GARBAGE, moment)
    assert ended.stdout.splitlines() == ["alive", "alive, too"], ended.stderr
