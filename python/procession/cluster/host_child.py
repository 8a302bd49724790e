"""Processes that a worker host starts for others."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from .. import _native
from .failures import tell

__all__ = ["Child"]

#: Characters, each of which may take four bytes.
_MOST = 10_000


class Child:
    """A process that this host has started for somebody else. It ends with the host.

    Args:
        context: starts it.
        host: what the host is called.
        prepare: what it calls first.
        name: what it is called.
        data: what it is, as it came from the server.
    """

    def __init__(self, context: Any, host: str, prepare: Callable[[], None], name: str, data: bytes) -> None:
        self._words, words = context.Pipe(duplex=False)
        self._process: BaseProcess = context.Process(target=_become, args=(host, prepare, data, words), name=name, daemon=True)
        self._process.start()
        words.close()

    @property
    def pid(self) -> int | None:
        """The number under which the system knows it."""
        return self._process.pid

    @property
    def exitcode(self) -> int | None:
        """How it has ended."""
        return self._process.exitcode

    def kill(self) -> None:
        """Ends it."""
        self._process.kill()

    def last_words(self) -> tuple[bool, str] | None:
        """Once it has ended: whether it had begun to be what it was to be, and the traceback of what it has raised; None if it has raised nothing."""
        try:
            # Not all that comes of it need have ended, and keeps its end of the pipe.
            said: tuple[bool, str] | None = self._words.recv() if self._words.poll() else None
        except EOFError:
            return None
        finally:
            self._words.close()
        return said


def _become(host: str, prepare: Callable[[], None], data: bytes, words: Connection) -> None:
    """In a process of its own: becomes the process that has come to this host."""
    try:
        prepare()
        process: BaseProcess = _native.arrived_process(data)
    except Exception as error:
        told = tell(host, error, False)
        words.send((False, _end_of("".join(traceback.format_exception(told)))))
        raise told from None
    process.run = _telling(process.run, words)  # type: ignore[method-assign]
    sys.exit(process._bootstrap())  # type: ignore[attr-defined]


def _end_of(text: str) -> str:
    """As much as fits into a pipe, which nobody reads before this process has ended."""
    return text[-_MOST:]


def _telling(run: Callable[[], None], words: Connection) -> Callable[[], None]:
    """The same, whose exceptions are told to whoever wanted the process: who only has its exit code sees nothing of the standard error here."""

    def run_and_tell() -> None:
        try:
            run()
        except Exception:
            words.send((True, _end_of(traceback.format_exc())))
            raise

    return run_and_tell
