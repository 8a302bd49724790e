"""Reading the iterable of `imap` in a thread of its own, as far ahead as it may."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["submit_in_thread"]


def submit_in_thread(feed: Any, iterable: Iterable[Any], chunksize: int, room: threading.Semaphore | None) -> None:
    """Has a thread submit what is in the iterable to `feed`, in chunks; one chunk whenever there is room, if that is limited."""
    try:
        items = iter(iterable)
        if chunksize > 1:
            items = _chunks(items, chunksize)
        threading.Thread(target=_submit, args=(feed, items, room), name="pool feed", daemon=True).start()
    except BaseException:
        feed.end()
        raise


def _submit(feed: Any, items: Iterator[Any], room: threading.Semaphore | None) -> None:
    try:
        if feed.reads():
            # A list, for instance, of which the native half has read the beginning.
            while feed.portion():
                pass
        else:
            _read(feed, items, room)
    except BaseException as error:
        feed.raised(error)
    finally:
        feed.end()


def _read(feed: Any, items: Iterator[Any], room: threading.Semaphore | None) -> None:
    while True:
        if room is not None:
            room.acquire()
            if feed.is_abandoned():
                return
        try:
            item = next(items)
        except StopIteration:
            return
        if not feed.put(item):
            return


def _chunks(items: Iterator[Any], chunksize: int) -> Iterator[tuple[Any, ...]]:
    while chunk := tuple(itertools.islice(items, chunksize)):
        yield chunk
