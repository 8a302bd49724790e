"""Every call that blocks, each on something that will not come."""

from collections.abc import Callable
from multiprocessing.context import BaseContext
from typing import Any

Wait = Callable[[BaseContext], Callable[[], Any]]
"""Makes an object, and returns a call on it that blocks for ever."""


def _full_queue(context: BaseContext) -> Callable[[], Any]:
    queue = context.Queue(maxsize=1)
    queue.put(1)
    return lambda: queue.put(2)


def _unfinished_queue(context: BaseContext) -> Callable[[], Any]:
    queue = context.JoinableQueue()
    queue.put(1)
    return queue.join


def _held_lock(context: BaseContext) -> Callable[[], Any]:
    lock = context.Lock()
    lock.acquire()
    return lock.acquire


def _condition(context: BaseContext) -> Callable[[], Any]:
    condition = context.Condition()

    def wait() -> None:
        with condition:
            condition.wait()

    return wait


WAITS: dict[str, Wait] = {
    "Queue.get": lambda context: context.Queue().get,
    "Queue.put": _full_queue,
    "SimpleQueue.get": lambda context: context.SimpleQueue().get,
    "JoinableQueue.join": _unfinished_queue,
    "Lock.acquire": _held_lock,
    "Semaphore.acquire": lambda context: context.Semaphore(0).acquire,
    "Condition.wait": _condition,
    "Event.wait": lambda context: context.Event().wait,
    "Barrier.wait": lambda context: context.Barrier(2).wait,
}
