"""A pool with the interface of `concurrent.futures`: for asyncio and for all that takes an executor."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Iterable
from multiprocessing import util
from typing import Any

from .exceptions import TaskCancelled
from .pool import Pool

__all__ = ["Executor"]


class Executor(concurrent.futures.Executor):
    """Has worker processes make calls.

    In contrast to `concurrent.futures.ProcessPoolExecutor`, the loss of a worker costs the one call that it was making (`WorkerLost`) and
    not the executor; and `cancel` of a future ends a call that is being made, with its worker.

    Args:
        max_workers: how many workers; by default, as many as this process may use processors.
        mp_context: the context whose processes they are.
        initializer: called by each worker before its first call, with `initargs`.
        max_tasks_per_child: after so many calls a worker ends and another takes its place.
        timeout: seconds that a call may take; then its worker is killed, and `TaskTimeout` raised.
        retries: how often a call is begun anew if its worker was lost or its time was over.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: Any = None,
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),
        *,
        max_tasks_per_child: int | None = None,
        timeout: float | None = None,
        retries: int = 0,
    ) -> None:
        self._pool = Pool(max_workers, initializer, initargs, max_tasks_per_child, mp_context)
        self._timeout = timeout
        self._retries = retries
        self._lock = threading.Lock()
        self._pending: set[_Future] = set()
        self._is_shut_down = False
        # When the interpreter exits, the calls that were submitted are made first.
        self._finish = util.Finalize(self, _finish, args=(self._pool,), exitpriority=20)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Has a worker call `fn(*args, **kwargs)`, and returns the future of what it returns."""
        future = _Future(self._pool, self._pending)
        with self._lock:
            if self._is_shut_down:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._pending.add(future)
            future.call = self._pool.apply_async(
                fn, args, kwargs, future.succeed, future.fail, timeout=self._timeout, retries=self._retries
            )
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more calls, and lets the workers end when they have made those that there are.

        Args:
            wait: whether to wait until then.
            cancel_futures: whether to cancel the calls that no worker has begun.
        """
        with self._lock:
            self._is_shut_down = True
        if cancel_futures:
            for future in tuple(self._pending):
                future.cancel_waiting()
        self._pool.close()
        if wait:
            self._pool.join()
            self._finish.cancel()


def _finish(pool: Pool) -> None:
    pool.close()
    # An executor that nobody has any more leaves the rest to its futures; at the exit, this waits for them.
    if util.is_exiting():
        pool.join()


class _Future(concurrent.futures.Future[Any]):
    """The future of a call. It is pending until it is done."""

    call: Any = None

    def __init__(self, pool: Pool, pending: set[_Future]) -> None:
        super().__init__()
        # The pool is there as long as somebody may wait for its calls.
        self._pool: Pool | None = pool
        self._pending = pending
        self._telling = threading.Lock()
        self._is_told = False

    def succeed(self, value: Any) -> None:
        self._leave()
        # Somebody may have cancelled it in this moment.
        with contextlib.suppress(concurrent.futures.InvalidStateError):
            self.set_result(value)

    def fail(self, raised: BaseException) -> None:
        self._leave()
        if isinstance(raised, TaskCancelled):
            self._note_cancellation()
        else:
            with contextlib.suppress(concurrent.futures.InvalidStateError):
                self.set_exception(raised)

    def _leave(self) -> None:
        self._pool = None
        self._pending.discard(self)

    def _note_cancellation(self) -> bool:
        if not super().cancel():
            return False
        with self._telling:
            is_first, self._is_told = not self._is_told, True
        if is_first:
            # Those who wait for several futures are told only by this.
            self.set_running_or_notify_cancel()
        return True

    def cancel(self) -> bool:
        """Ends the call, with its worker if one is making it. False if it has been made."""
        if not self._note_cancellation():
            return False
        if self.call is not None:
            self.call.cancel()
        return True

    def cancel_waiting(self) -> None:
        """Ends the call if no worker has begun it."""
        if self.call is not None:
            self.call.cancel(running=False)
