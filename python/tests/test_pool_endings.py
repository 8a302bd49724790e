"""How pools end: closed, terminated, dropped, with their process, and in copies of it."""

import gc
import os
import signal
import subprocess
import sys
import threading
import warnings
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import procession
import programs
import pytest
from procession import pool as pools


def square(number: int) -> int:
    return number * number


def stay(event: Any) -> None:
    event.set()
    signal.pause()


def use_a_pool_of_its_own(method: str) -> list[int]:
    with procession.get_context(method).Pool(2) as pool:
        return pool.map(square, range(3))


def test_a_closed_pool_does_what_it_has_and_takes_no_more(context: BaseContext) -> None:
    pool = context.Pool(2)
    result = pool.map_async(square, range(100))
    with pytest.raises(ValueError, match="Pool is still running"):
        pool.join()
    pool.close()
    for submit in (pool.apply, pool.apply_async):
        with pytest.raises(ValueError, match="Pool not running"):
            submit(square, (1,))
    for submit in (pool.map, pool.map_async, pool.imap, pool.imap_unordered):
        with pytest.raises(ValueError, match="Pool not running"):
            submit(square, [1])
    with pytest.raises(ValueError, match="Pool not running"):
        pool.__enter__()
    assert pool.join() is True
    assert result.get() == [n * n for n in range(100)]
    assert repr(pool) == "<procession.pool.Pool state=CLOSE pool_size=0>"
    pool.close()
    pool.terminate()
    pool.join()


def test_termination_ends_running_tasks_and_those_that_wait(context: BaseContext) -> None:
    event = context.Event()
    with context.Pool(1) as pool:
        results = [pool.apply_async(stay, (event,)), pool.apply_async(square, (1,))]
        event.wait()
    assert pool._pool == []
    for result in results:
        with pytest.raises(procession.PoolTerminated):
            result.get()
    with pytest.raises(ValueError, match="Pool not running"):
        pool.apply(square, (1,))


def test_join_takes_a_time_limit() -> None:
    event = procession.Event()
    pool = procession.Pool(1)
    result = pool.apply_async(event.wait)
    pool.close()
    assert pool.join(timeout=0.01) is False
    event.set()
    assert pool.join(timeout=60) is True
    assert result.get() is True


def test_threads_that_wait_are_told_of_a_termination() -> None:
    event = procession.Event()
    pool = procession.Pool(1)
    result = pool.apply_async(stay, (event,))
    raised: list[BaseException] = []

    def wait() -> None:
        try:
            result.get()
        except procession.PoolTerminated as error:
            raised.append(error)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    event.wait()
    pool.terminate()
    for thread in threads:
        thread.join()
    assert len(raised) == 3


def test_a_pool_that_is_dropped_warns_and_ends() -> None:
    pool = procession.Pool(1)
    workers = list(pool._pool)
    with pytest.warns(ResourceWarning, match="unclosed running multiprocessing pool"):
        pool = None
        gc.collect()
    for worker in workers:
        worker.join()
        assert not worker.is_alive()


def test_a_pool_that_cannot_be_made_leaves_nothing() -> None:
    with pytest.raises(Exception, match="lambda"):
        procession.get_context("spawn").Pool(2, lambda: None)
    assert procession.active_children() == []


def test_workers_that_are_no_daemons_may_have_pools(method: str) -> None:
    with procession.get_context(method).Pool(1) as pool:
        with pytest.raises(AssertionError, match="daemonic processes are not allowed to have children"):
            pool.apply(use_a_pool_of_its_own, (method,))
    with pools.Pool(1, context=procession.get_context(method), daemon=False) as pool:
        assert pool.apply(use_a_pool_of_its_own, (method,)) == [0, 1, 4]


_LEFT_OPEN = """
import sys, time
import procession

if __name__ == "__main__":
    pool = procession.get_context(sys.argv[1]).Pool(2)
    print(pool.map(abs, [-1, 2]))
    running = pool.apply_async(time.sleep, (1000,))
    waiting = pool.map_async(time.sleep, [1000] * 10)
"""


def test_a_pool_that_is_left_open_does_not_keep_the_program_from_exiting(tmp_path: Path, method: str) -> None:
    ended = programs.run(tmp_path, _LEFT_OPEN, method)
    assert (ended.returncode, ended.stdout) == (0, "[1, 2]\n"), ended.stderr
    assert "Traceback" not in ended.stderr


_THREADS_AT_EXIT = """
import threading, time
import procession

def items():
    yield 1
    while True:
        time.sleep(0.0005)

if __name__ == "__main__":
    pool = procession.get_context("fork").Pool(1)
    print(next(pool.imap(abs, items())))
    pool.apply_async(abs, (-2,), callback=lambda value: [time.sleep(0.001) for _ in range(50)] and print("called"))
    pool.apply(abs, (1,))
    waiting = threading.Thread(target=pool.apply, args=(time.sleep, (1000,)), daemon=True)
    waiting.start()
"""


def test_threads_of_a_pool_do_not_disturb_the_exit(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _THREADS_AT_EXIT)
    assert (ended.returncode, ended.stdout) == (0, "1\ncalled\n"), ended.stderr
    assert ended.stderr == ""


_COPIED = """
import os, sys, warnings
import procession

warnings.simplefilter("ignore", DeprecationWarning)
pool = procession.get_context("fork").Pool(1)
result = pool.apply_async(abs, (-5,))
result.wait()
child = os.fork()
if child == 0:
    pool.close()
    pool.terminate()
    pool.join()
    try:
        pool._state = "RUN"
        pool.apply(abs, (1,))
    except RuntimeError as error:
        print("refused", "fork" in str(error), flush=True)
    print(result.get(), flush=True)
    pool._state = "RUN"
    del pool, result
    with procession.get_context("fork").Pool(1) as own:
        print(own.apply(abs, (-7,)), flush=True)
    sys.exit(0)
os.waitpid(child, 0)
print(pool.apply(abs, (-6,)))
pool.terminate()
"""


def test_in_a_copy_of_the_process_a_pool_does_nothing(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _COPIED)
    assert ended.stdout == "refused True\n5\n7\n6\n", ended.stderr
    assert ended.returncode == 0, ended.stderr


_INTERRUPTED = """
import os, signal, sys, time
import procession

def stay(event, queue):
    queue.put(os.getpid())
    time.sleep(1000)

if __name__ == "__main__":
    context = procession.get_context(sys.argv[1])
    queue = context.Queue()
    with context.Pool(2) as pool:
        result = pool.starmap_async(stay, [(None, queue), (None, queue)], chunksize=1)
        for _ in range(2):
            queue.get()
        print("ready", flush=True)
        result.get()
"""


def test_control_c_is_one_keyboard_interrupt(tmp_path: Path, method: str) -> None:
    script = tmp_path / "program.py"
    script.write_text(_INTERRUPTED)
    program = subprocess.Popen(
        [sys.executable, str(script), method],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    # To the whole group, as a terminal does it.
    os.killpg(program.pid, signal.SIGINT)
    _, error = program.communicate(timeout=programs.LIMIT)
    assert error.count("Traceback") == 1, error
    assert error.rstrip().endswith("KeyboardInterrupt"), error


def test_an_idle_worker_survives_control_c() -> None:
    with procession.Pool(1) as pool:
        worker = pool.apply(os.getpid)
        os.kill(worker, signal.SIGINT)
        assert pool.apply(os.getpid) == worker


def test_the_stdlibs_thread_pool_is_there() -> None:
    with pools.ThreadPool(2) as pool:
        assert pool.map(square, range(3)) == [0, 1, 4]


def test_no_warning_about_a_pool_that_was_closed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        pool = procession.Pool(1)
        pool.close()
        pool.join()
        pool = None
        gc.collect()
