"""The limits of a session, which concern whole programs."""

from pathlib import Path

from programs import run

LIMITED = """
import procession

procession.configure(memory_cap=32 << 20, max_processes=8)
queue = procession.Queue()
try:
    queue.put(b"x" * (64 << 20))
except MemoryError as error:
    assert "out of shared memory" in str(error), error
queue.put("room enough")
assert queue.get() == "room enough"
try:
    procession.configure(memory_cap=1 << 30)
except RuntimeError as error:
    assert "in use already" in str(error), error
else:
    raise AssertionError("the limits were changed too late")
"""


def test_limits_are_set_before_the_first_use_and_kept(tmp_path: Path) -> None:
    ended = run(tmp_path, LIMITED)
    assert ended.returncode == 0, ended.stderr
