"""Awaiting the results of a pool in asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

__all__ = ["result_of"]


async def result_of(result: Any) -> Any:
    """What `result.get()` returns or raises, without blocking the event loop."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def note() -> None:
        if not ready.done():
            ready.set_result(None)

    def call_from_any_thread() -> None:
        # The loop may have been closed meanwhile: then nobody awaits this.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(note)

    if not result._call_when_ready(call_from_any_thread):
        await ready
    return result.get()
