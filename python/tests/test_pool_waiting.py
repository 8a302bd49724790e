"""Other ways to wait for the tasks of a pool: asyncio, executors, progress."""

import asyncio
import concurrent.futures
import signal
import sys
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import procession
import programs
import pytest


def square(number: int) -> int:
    return number * number


def fail(reason: str) -> None:
    raise ValueError(reason)


def stay(event: Any) -> None:
    event.set()
    signal.pause()


def test_results_can_be_awaited() -> None:
    async def use(pool: Any) -> list[Any]:
        several = await asyncio.gather(*(pool.apply_async(square, (n,)) for n in range(10)))
        with pytest.raises(ValueError, match="in a worker"):
            await pool.apply_async(fail, ("in a worker",))
        done = pool.apply_async(square, (3,))
        done.wait()
        return [*several, await done, await pool.map_async(square, [4, 5])]

    with procession.Pool(2) as pool:
        assert asyncio.run(use(pool)) == [*(n * n for n in range(10)), 9, [16, 25]]


def test_the_loop_goes_on_while_a_result_is_awaited() -> None:
    event = procession.Event()

    async def use(pool: Any) -> bool:
        result = pool.apply_async(event.wait)
        asyncio.get_running_loop().call_soon(event.set)
        awaited: bool = await result
        return awaited

    with procession.Pool(1) as pool:
        assert asyncio.run(use(pool)) is True


def test_awaiting_may_be_given_up() -> None:
    event = procession.Event()

    async def use(pool: Any) -> None:
        result = pool.apply_async(event.wait)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(result_as_task(result), 0.05)
        event.set()
        assert await result is True

    async def result_as_task(result: Any) -> Any:
        return await result

    with procession.Pool(1) as pool:
        asyncio.run(use(pool))


def test_an_executor_makes_calls(context: BaseContext) -> None:
    with procession.Executor(2, context) as executor:
        futures = [executor.submit(square, n) for n in range(20)]
        assert [future.result() for future in futures] == [n * n for n in range(20)]
        assert list(executor.map(pow, [2, 3], [3, 2])) == [8, 9]
        with pytest.raises(ValueError, match="told"):
            executor.submit(fail, "told").result()
        done, _ = concurrent.futures.wait([executor.submit(square, 3)])
        assert done.pop().result() == 9
    with pytest.raises(RuntimeError, match="shutdown"):
        executor.submit(square, 1)


def test_the_loss_of_a_worker_costs_an_executor_one_call() -> None:
    with procession.Executor(1) as executor:
        with pytest.raises(procession.WorkerLost):
            executor.submit(exit_at_once).result()
        assert executor.submit(square, 2).result() == 4


def exit_at_once() -> None:
    import os

    os._exit(1)


def test_cancelling_a_future_ends_its_call() -> None:
    event = procession.Event()
    with procession.Executor(1) as executor:
        running, waiting, other = (executor.submit(stay, event), executor.submit(square, 2), executor.submit(square, 3))
        event.wait()
        assert waiting.cancel() and running.cancel()
        assert running.cancelled() and waiting.cancelled()
        done, _ = concurrent.futures.wait([running, waiting, other])
        assert len(done) == 3
        assert other.result() == 9
        assert not other.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            running.result()


def test_shutting_down_may_cancel_what_has_not_begun() -> None:
    begun, go = procession.Event(), procession.Event()
    executor = procession.Executor(1)
    running = executor.submit(begin, begun, go)
    waiting = [executor.submit(square, n) for n in range(5)]
    begun.wait()
    executor.shutdown(wait=False, cancel_futures=True)
    go.set()
    assert running.result() is True
    assert all(future.cancelled() for future in waiting)
    executor.shutdown()


def begin(begun: Any, go: Any) -> bool:
    begun.set()
    go.wait()
    return True


def test_an_event_loop_takes_an_executor() -> None:
    event = procession.Event()

    async def use(executor: Any) -> int:
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(executor, stay, event)
        await asyncio.to_thread(event.wait)
        # What asyncio cancels is ended, so that the only worker is free again.
        running.cancel()
        number: int = await loop.run_in_executor(executor, square, 6)
        return number

    with procession.Executor(1) as executor:
        assert asyncio.run(use(executor)) == 36


_SUBMITTED = """
import procession

def show(number):
    print("called", number, flush=True)

if __name__ == "__main__":
    executor = procession.Executor(1)
    for number in range(3):
        executor.submit(show, number)
"""


def test_what_was_submitted_is_done_before_the_program_exits(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _SUBMITTED)
    assert (ended.returncode, ended.stdout) == (0, "called 0\ncalled 1\ncalled 2\n"), ended.stderr


@pytest.fixture
def without_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)


def test_progress_is_a_line_where_there_is_no_tqdm(without_tqdm: None, capsys: pytest.CaptureFixture[str]) -> None:
    with procession.Pool(2) as pool:
        assert pool.map(square, range(100), progress="squares") == [n * n for n in range(100)]
        assert capsys.readouterr().err.endswith("\rsquares: 100/100\n")
        assert list(pool.imap(square, (n for n in range(3)), progress=True)) == [0, 1, 4]
        assert capsys.readouterr().err.endswith("\r3\n")


def test_progress_is_a_bar_of_tqdm(capsys: pytest.CaptureFixture[str]) -> None:
    with procession.Pool(2) as pool:
        assert pool.starmap(pow, [(2, 3)] * 50, progress={"desc": "powers", "ascii": True}) == [8] * 50
        assert sorted(pool.imap_unordered(square, range(50), 7, progress=True)) == [n * n for n in range(50)]
    shown = capsys.readouterr().err
    assert "powers" in shown and "50/50" in shown
    with procession.Pool(1) as pool, pytest.raises(TypeError, match="progress"):
        pool.map(square, [1], progress=5)


def test_progress_of_what_fails_ends_with_the_error(without_tqdm: None, capsys: pytest.CaptureFixture[str]) -> None:
    with procession.Pool(1) as pool, pytest.raises(ValueError, match="here"):
        pool.map(fail, ["here"], progress=True)
    assert capsys.readouterr().err.endswith("\n")


def test_results_say_what_they_hold() -> None:
    with procession.Pool(1) as pool:
        result = pool.apply_async(square, (2,))
        assert type(result)[int].__origin__ is type(result)
        assert isinstance(pool.map_async(square, [1]), type(result))
