"""What tasks, callbacks and iterables raise, and what cannot travel."""

import sys
import threading
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import procession
import programs
import pytest
from procession.pool import MaybeEncodingError


class TwoArguments(Exception):
    """Cannot be read again: unpickling passes it one."""

    def __init__(self, one: Any, two: Any) -> None:
        super().__init__(one)


class Unreadable:
    def __reduce__(self) -> Any:
        return fail, ("cannot be read",)


def fail(reason: Any = "failed") -> Any:
    raise ValueError(reason)


def raise_two_arguments() -> None:
    raise TwoArguments(1, 2)


def make_unreadable() -> Unreadable:
    return Unreadable()


def make_lambda() -> Any:
    return lambda: None


def raise_with_a_lambda() -> None:
    raise ValueError(lambda: None)


def interrupt() -> None:
    raise KeyboardInterrupt


def fail_on_odd(number: int) -> int:
    if number % 2:
        raise ValueError(number)
    return number


def identity(value: Any) -> Any:
    return value


def test_what_a_task_raises_comes_with_its_traceback(context: BaseContext) -> None:
    with context.Pool(1) as pool:
        result = pool.apply_async(fail, ("this way",))
        with pytest.raises(ValueError, match="this way") as caught:
            result.get()
        assert type(caught.value.__cause__).__name__ == "RemoteTraceback"
        assert "in fail" in str(caught.value.__cause__)
        assert not result.successful()
        assert pool.apply(identity, (1,)) == 1


@pytest.mark.parametrize(("task", "arguments", "raised"), [(sys.exit, (3,), SystemExit), (interrupt, (), KeyboardInterrupt)])
def test_even_an_exit_is_the_error_of_its_task(task: Any, arguments: Any, raised: type[BaseException]) -> None:
    with procession.Pool(1) as pool:
        worker = pool._pool[0].pid
        with pytest.raises(raised):
            pool.apply(task, arguments)
        assert pool.apply(identity, (1,)) == 1
        assert pool._pool[0].pid == worker


def test_results_that_cannot_be_sent(context: BaseContext) -> None:
    with context.Pool(1) as pool:
        with pytest.raises(MaybeEncodingError) as caught:
            pool.apply(make_lambda)
        assert "lambda" in str(caught.value)
        with pytest.raises(MaybeEncodingError):
            pool.apply(raise_with_a_lambda)
        assert pool.apply(identity, (1,)) == 1


def test_results_that_cannot_be_read_concern_nobody_else(context: BaseContext) -> None:
    with context.Pool(1) as pool:
        with pytest.raises(TypeError) as caught:
            pool.apply(raise_two_arguments)
        assert "raise_two_arguments" in str(caught.value.__cause__)
        with pytest.raises(ValueError, match="cannot be read"):
            pool.apply(make_unreadable)
        with pytest.raises(ValueError, match="cannot be read"):
            pool.map(identity, [1, Unreadable()])
        assert pool.apply(identity, (1,)) == 1


def test_arguments_that_cannot_be_sent_are_the_error_of_the_task() -> None:
    with procession.Pool(1) as pool:
        errors: list[BaseException] = []
        result = pool.apply_async(identity, (lambda: None,), error_callback=errors.append)
        with pytest.raises(Exception, match="lambda"):
            result.get()
        assert len(errors) == 1
        with pytest.raises(Exception, match="lambda"):
            pool.map(identity, [1, lambda: None, 2], 1)
        results = pool.imap(identity, [1, lambda: None, 2])
        assert next(results) == 1
        with pytest.raises(Exception, match="lambda"):
            next(results)
        assert next(results) == 2
        with pytest.raises(TypeError):
            pool.apply(identity, 5)  # type: ignore[arg-type]


def test_map_does_everything_before_it_raises_the_first_error() -> None:
    done: list[Any] = []
    with procession.Pool(2) as pool:
        result = pool.map_async(fail_on_odd, range(10), 1, error_callback=done.append)
        with pytest.raises(ValueError, match="1"):
            result.get()
        assert [error.args for error in done] == [(1,)]
        results = pool.imap(fail_on_odd, range(4))
        assert next(results) == 0
        with pytest.raises(ValueError):
            next(results)
        assert next(results) == 2


def test_what_an_iterable_raises_is_raised_unwrapped() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise LookupError("no more")

    with procession.Pool(1) as pool:
        results = pool.imap(identity, items())
        assert [next(results), next(results)] == [1, 2]
        with pytest.raises(LookupError) as caught:
            next(results)
        assert caught.value.__cause__ is None
        with pytest.raises(StopIteration):
            next(results)
        with pytest.raises(LookupError):
            pool.map(identity, items())
        with pytest.raises(LookupError):
            list(pool.imap_unordered(identity, items(), chunksize=2))


def test_callbacks_get_what_get_returns() -> None:
    values: list[Any] = []
    errors: list[BaseException] = []
    with procession.Pool(1) as pool:
        results = [
            pool.apply_async(identity, (1,), {}, values.append, errors.append),
            pool.map_async(identity, [1, 2], None, values.append, errors.append),
            pool.starmap_async(pow, [(2, 3)], None, values.append, errors.append),
        ]
        failed = pool.apply_async(fail, (), {}, values.append, errors.append)
        pool.close()
        pool.join()
    assert values == [1, [1, 2], [8]]
    assert [result.get() for result in results] == values
    with pytest.raises(ValueError) as caught:
        failed.get()
    assert errors == [caught.value]


def test_callbacks_run_in_a_thread_that_is_not_the_callers() -> None:
    threads: list[threading.Thread] = []
    with procession.Pool(1) as pool:
        pool.apply_async(identity, (1,), callback=lambda _: threads.append(threading.current_thread())).wait()
    assert threads and threads[0] is not threading.current_thread()


def test_what_a_callback_raises_is_raised_by_get() -> None:
    with procession.Pool(1) as pool:
        result = pool.apply_async(identity, (1,), callback=lambda _: fail("in the callback"))
        with pytest.raises(ValueError, match="in the callback"):
            result.get()
        result = pool.apply_async(fail, error_callback=lambda _: fail("in the error callback"))
        with pytest.raises(ValueError, match="in the error callback"):
            result.get()
        assert pool.apply(identity, (1,)) == 1


def test_a_callback_may_use_the_pool() -> None:
    with procession.Pool(1) as pool:
        values: list[Any] = []
        result = pool.apply_async(identity, (1,), callback=lambda value: values.append(pool.apply(identity, (value + 1,))))
        result.wait()
        assert values == [2]


def test_an_unfinished_result_is_neither_successful_nor_ready() -> None:
    event = procession.Event()
    with procession.Pool(1) as pool:
        result = pool.apply_async(event.wait)
        assert not result.ready()
        with pytest.raises(ValueError, match="not ready"):
            result.successful()
        with pytest.raises(procession.TimeoutError):
            result.get(timeout=0.01)
        assert result.wait(0.01) is None
        event.set()
        assert result.get(timeout=60) is True
        assert result.ready() and result.successful()


def test_an_initializer_that_fails_breaks_the_pool_instead_of_being_tried_for_ever(context: BaseContext) -> None:
    with context.Pool(2, fail, ("not today",)) as pool:
        result = pool.apply_async(identity, (1,))
        with pytest.raises(procession.PoolBroken, match="not today"):
            result.get()
        with pytest.raises(procession.PoolBroken, match="not today"):
            pool.map(identity, [1, 2])


_WITHOUT_GUARD = """
import procession

procession.set_start_method("spawn")
pool = procession.Pool(2)
print(pool.map(abs, [-1]))
"""


def test_a_program_without_a_guard_is_told_so(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _WITHOUT_GUARD)
    assert ended.returncode == 1
    assert "if __name__ == '__main__'" in ended.stderr
    assert "PoolBroken" in ended.stderr


_DEFINED_LATER = """
import procession

if __name__ == "__main__":
    with procession.get_context("fork").Pool(1) as pool:
        pool.apply(abs, (1,))

        def later(number):
            return number

        try:
            pool.apply(later, (1,))
        except AttributeError as error:
            print("told", "later" in str(error))
        print(pool.apply(abs, (-2,)))
"""


def test_a_function_that_the_workers_do_not_have_is_the_error_of_its_task(tmp_path: Path) -> None:
    ended = programs.run(tmp_path, _DEFINED_LATER)
    assert (ended.returncode, ended.stdout) == (0, "told True\n2\n"), ended.stderr


def test_a_pool_cannot_be_sent() -> None:
    with procession.Pool(1) as pool:
        with pytest.raises(NotImplementedError, match="pool objects cannot be passed between processes or pickled"):
            pool.apply(identity, (pool,))
