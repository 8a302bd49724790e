"""The end of an interpreter: nothing keeps it, and it keeps nothing."""

from pathlib import Path

import programs
import pytest
from waits import WAITS

_BLOCKED_THREAD = """
import threading, sys
sys.path.insert(0, {tests!r})
import procession
from waits import WAITS
wait = WAITS[sys.argv[1]](procession.get_context())
threading.Thread(target=wait, daemon=True).start()
print("leaving")
"""

_UNREAD_QUEUE = """
import procession
queue = procession.Queue()
for _ in range(100):
    queue.put(b"x" * 100_000)
print("leaving")
"""

_DAEMON = """
import procession
def wait(ready):
    ready.set()
    procession.Event().wait()
if __name__ == "__main__":
    context = procession.get_context({method!r})
    ready = context.Event()
    process = context.Process(target=wait, args=(ready,), daemon=True)
    process.start()
    ready.wait()
    print(process.pid)
"""

_NOT_A_DAEMON = """
import procession
def work(gate):
    gate.wait()
    print("worked", flush=True)
if __name__ == "__main__":
    context = procession.get_context({method!r})
    gate = context.Event()
    context.Process(target=work, args=(gate,)).start()
    gate.set()
    print("leaving", flush=True)
"""


@pytest.mark.parametrize("name", WAITS)
def test_a_blocked_daemonic_thread_does_not_keep_the_interpreter(name: str, tmp_path: Path) -> None:
    source = _BLOCKED_THREAD.format(tests=str(Path(__file__).parent))
    ended = programs.run(tmp_path, source, name)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "leaving\n", "")


def test_items_that_nobody_reads_do_not_keep_the_interpreter(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _UNREAD_QUEUE)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "leaving\n", "")


def test_daemonic_children_end_with_their_parent(method: str, tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _DAEMON.format(method=method))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not Path(f"/proc/{int(ended.stdout)}").exists()


def test_other_children_are_waited_for(method: str, tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _NOT_A_DAEMON.format(method=method))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert sorted(ended.stdout.split()) == ["leaving", "worked"]
