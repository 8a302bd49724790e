"""Pools: the interface of `multiprocessing.pool`, on workers of whom any may be killed at any time.

What is new: a task may have a time limit (`timeout`) and be run again if its worker is lost (`retries`); `progress` shows a bar;
`imap(buffersize=)` limits how far it reads ahead; results can be awaited in asyncio and cancelled; `join` takes a time limit. If a worker is killed,
the one task that it had raises `WorkerLost`, and another worker takes its place.
"""

from __future__ import annotations

import multiprocessing.context as stdlib
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from multiprocessing import util
from multiprocessing.process import parent_process
from multiprocessing.pool import (  # type: ignore[attr-defined]
    CLOSE,
    INIT,
    RUN,
    TERMINATE,
    ExceptionWithTraceback,
    MaybeEncodingError,
    RemoteTraceback,
    ThreadPool,
)
from typing import Any

from . import _native, context as contexts
from ._native import ApplyResult, IMapIterator, IMapUnorderedIterator, MapResult
from .pool_feed import submit_in_thread
from .pool_workers import Workers
from .progress import Progress, follow, watch

__all__ = ["Pool", "ThreadPool"]

AsyncResult = ApplyResult

#: How long `terminate` waits for workers that are being killed, in seconds.
_PATIENCE = 5.0


class Pool:
    """A number of worker processes that carry out tasks.

    Args:
        processes: how many workers; by default, as many as this process may use processors.
        initializer: called by each worker before its first task, with `initargs`.
        maxtasksperchild: after so many tasks a worker ends and another takes its place; a chunk of `map` is one task.
        context: the context whose processes the workers are.
        daemon: whether the workers are daemonic, as in the stdlib. Others may have children of their own, pools for instance.

    Leaving the `with` statement terminates the pool.
    """

    #: How often a task is begun anew if its caller says nothing.
    _retries = 0

    @staticmethod
    def Process(ctx: Any, *args: Any, **kwds: Any) -> Any:
        """Returns a process to be used as a worker."""
        return ctx.Process(*args, **kwds)

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: Any = None,
        *,
        daemon: bool = True,
    ) -> None:
        # First, for `__del__` of a pool that could not be made.
        self._state = INIT
        self._pool: list[Any] = []
        self._owner = os.getpid()
        if processes is None:
            processes = usable_processors()
        if processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if maxtasksperchild is not None and not (isinstance(maxtasksperchild, int) and maxtasksperchild > 0):
            raise ValueError("maxtasksperchild must be a positive int or None")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._ctx = _of_this_session(context)
        self._processes = processes
        workers = Workers(self.Process, self._ctx, initializer, tuple(initargs), daemon)
        self._pool = workers.processes
        try:
            self._native = _native.Pool(processes, workers.start, workers.supervise, maxtasksperchild)
        except BaseException:
            workers.end()
            raise
        self._workers = workers
        self._terminate = util.Finalize(self, _terminate, args=(self._native, workers), exitpriority=15)
        self._state = RUN

    def __del__(self, _warn: Any = warnings.warn, _running: str = RUN, _pid: Any = os.getpid) -> None:
        if self._state == _running and self._owner == _pid():
            _warn(f"unclosed running multiprocessing pool {self!r}", ResourceWarning, source=self)

    def __repr__(self) -> str:
        cls = type(self)
        return f"<{cls.__module__}.{cls.__qualname__} state={self._state} pool_size={len(self._pool)}>"

    def __reduce__(self) -> Any:
        raise NotImplementedError("pool objects cannot be passed between processes or pickled")

    def __enter__(self) -> Any:
        self._check_running()
        return self

    def __exit__(self, *exception: object) -> None:
        self.terminate()

    def _check_running(self) -> None:
        if self._state != RUN:
            raise ValueError("Pool not running")

    def _retries_of(self, given: int | None) -> int:
        return self._retries if given is None else given

    def _repopulate_pool(self) -> None:
        """Nothing: the place of a worker that has ended is always taken by another."""

    def apply(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
        retries: int | None = None,
    ) -> Any:
        """Has a worker call `func(*args, **kwds)`, and returns what it returns.

        Args:
            timeout: seconds that the call may take; then its worker is killed, and `TaskTimeout` raised.
            retries: how often it is begun anew if its worker was lost or its time was over; not at all if nothing is said.
        """
        if self._state != RUN:
            raise ValueError("Pool not running")
        return self._native.apply(func, args, kwds, timeout, self._retries_of(retries))

    def apply_async(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        callback: Callable[[Any], Any] | None = None,
        error_callback: Callable[[BaseException], Any] | None = None,
        *,
        timeout: float | None = None,
        retries: int | None = None,
    ) -> ApplyResult[Any]:
        """As `apply`, but returns at once. The callbacks are called by a thread of the pool; what they raise is raised by `get`."""
        if self._state != RUN:
            raise ValueError("Pool not running")
        return self._native.apply_async(func, args, kwds, (timeout, self._retries_of(retries)), (callback, error_callback))

    def map(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        *,
        timeout: float | None = None,
        retries: int | None = None,
        progress: Progress = False,
    ) -> list[Any]:
        """Has workers call `func` with each item, and returns the list of what they return.

        Args:
            chunksize: how many items go to a worker at a time.
            timeout: seconds that one call may take.
            retries: how often a chunk is begun anew if its worker was lost or its time was over.
            progress: True, a title, or a dict of options for tqdm: shows how far it is.
        """
        return self._map(func, iterable, chunksize, False, timeout, retries, progress=progress)

    def starmap(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        *,
        timeout: float | None = None,
        retries: int | None = None,
        progress: Progress = False,
    ) -> list[Any]:
        """As `map`, for items each of which holds several arguments."""
        return self._map(func, iterable, chunksize, True, timeout, retries, progress=progress)

    def map_async(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], Any] | None = None,
        error_callback: Callable[[BaseException], Any] | None = None,
        *,
        timeout: float | None = None,
        retries: int | None = None,
    ) -> MapResult[Any]:
        """As `map`, but returns at once."""
        return self._map_async(func, iterable, chunksize, False, timeout, retries, callback, error_callback)[0]

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], Any] | None = None,
        error_callback: Callable[[BaseException], Any] | None = None,
        *,
        timeout: float | None = None,
        retries: int | None = None,
    ) -> MapResult[Any]:
        """As `starmap`, but returns at once."""
        return self._map_async(func, iterable, chunksize, True, timeout, retries, callback, error_callback)[0]

    def _map(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None,
        unpack: bool,
        timeout: float | None,
        retries: int | None,
        progress: Progress,
    ) -> list[Any]:
        result, count, size = self._map_async(func, iterable, chunksize, unpack, timeout, retries)
        if progress is not False:
            watch(progress, result, count, size)
        values: list[Any] = result.get()
        return values

    def _map_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None,
        unpack: bool,
        timeout: float | None,
        retries: int | None,
        callback: Callable[[list[Any]], Any] | None = None,
        error_callback: Callable[[BaseException], Any] | None = None,
    ) -> tuple[MapResult[Any], int, int]:
        """The result, the number of items, and that of the items in a chunk."""
        self._check_running()
        items = iterable if isinstance(iterable, Sized) else list(iterable)
        count = len(items)
        if chunksize is None:
            # A worker is to be killed for one call, not for its neighbours.
            chunksize = 1 if timeout is not None else -(-count // (4 * self._processes))
        elif chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize!r}")
        if timeout is not None:
            timeout *= chunksize
        callbacks = (callback, error_callback)
        result = self._native.map_async(func, items, chunksize, unpack, (timeout, self._retries_of(retries)), callbacks)
        return result, count, chunksize

    def imap(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int = 1,
        *,
        buffersize: int | None = None,
        timeout: float | None = None,
        retries: int | None = None,
        progress: Progress = False,
    ) -> Iterator[Any]:
        """Has workers call `func` with each item, and yields what they return in the order of the items.

        Args:
            buffersize: how many chunks may be under way or wait to be taken; by default the iterable is read as fast as it goes.

        The other arguments are those of `map`.
        """
        return self._imap(func, iterable, chunksize, True, buffersize, timeout, retries, progress)

    def imap_unordered(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int = 1,
        *,
        buffersize: int | None = None,
        timeout: float | None = None,
        retries: int | None = None,
        progress: Progress = False,
    ) -> Iterator[Any]:
        """As `imap`, in the order in which the results come."""
        return self._imap(func, iterable, chunksize, False, buffersize, timeout, retries, progress)

    def _imap(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int,
        ordered: bool,
        buffersize: int | None,
        timeout: float | None,
        retries: int | None,
        progress: Progress,
    ) -> Iterator[Any]:
        self._check_running()
        if chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize!r}")
        if buffersize is not None and buffersize < 1:
            raise ValueError(f"buffersize must be 1+ or None, not {buffersize!r}")
        if timeout is not None:
            timeout *= chunksize
        room = None if buffersize is None else threading.Semaphore(buffersize)
        results, feed = self._native.imap(func, iterable, chunksize > 1, ordered, room, (timeout, self._retries_of(retries)))
        if feed is not None:
            submit_in_thread(feed, iterable, chunksize, room)
        if progress is False:
            return results
        return follow(progress, results, len(iterable) if isinstance(iterable, Sized) else None)

    def close(self) -> None:
        """Takes no more tasks; the workers end when all tasks are done."""
        if self._state == RUN:
            self._state = CLOSE
            self._native.close()

    def terminate(self) -> None:
        """Ends all workers at once. Tasks that are not done raise `PoolTerminated`."""
        self._state = TERMINATE
        self._terminate()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until all tasks are done and all workers have ended; False if the time is over before.

        Raises:
            ValueError: if the pool was neither closed nor terminated.
        """
        if self._state == RUN:
            raise ValueError("Pool is still running")
        if self._state not in (CLOSE, TERMINATE):
            raise ValueError("In unknown state")
        if self._owner != os.getpid():
            # A copy of the process has a copy of this object, but no pool.
            return True
        if not self._native.join(timeout):
            return False
        self._join_workers()
        return True

    def _join_workers(self) -> None:
        self._workers.join()


def _terminate(native: Any, workers: Workers) -> None:
    # What a program leaves open is not waited for, and its threads are not told: they end with the interpreter. Only callbacks are waited for, as in
    # the stdlib, since a thread cannot be ended in the middle of one.
    exits = util.is_exiting() and parent_process() is None
    if exits:
        _native.interpreter_exits()
    native.terminate()
    native.join(None if exits else _PATIENCE)
    workers.join()


def _of_this_session(context: Any) -> Any:
    """The context, or the one of procession that starts processes in the same way."""
    if context is None:
        return contexts._default_context.get_context()
    if isinstance(context, stdlib.BaseContext) and not isinstance(context, contexts.BaseContext):
        return contexts._default_context.get_context(context.get_start_method())
    return context


def usable_processors() -> int:
    """How many processors this process may use."""
    count: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1
