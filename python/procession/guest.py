"""Processes that are started by the stdlib's means and take part in the session as guests of whoever starts them."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from . import _native

__all__ = ["Guest"]


class Guest:
    """Mixed in before a `Popen` of the stdlib: invites the process to the session, and notes its end."""

    #: Whether the process is a copy of this one, which knows already what it needs.
    _is_copy = False
    _guest: int | None = None

    def _launch(self, process_obj: Any) -> None:
        self._guest = _native.invite(self._is_copy)
        try:
            with self._announcement():
                super()._launch(process_obj)  # type: ignore[misc]
        except BaseException:
            self._see_off()
            raise
        finally:
            _native.copied()

    def _announcement(self) -> AbstractContextManager[None]:
        """Surrounds the start, for processes that import the program before they get anything else."""
        return nullcontext()

    def poll(self, flag: int = os.WNOHANG) -> int | None:
        """The exit code of the process, or None if it runs."""
        code: int | None = super().poll(flag)  # type: ignore[misc]
        if code is not None:
            self._see_off()
        return code

    def _see_off(self) -> None:
        guest, self._guest = self._guest, None
        # What it was sent and has not taken, it will not take any more.
        self.__dict__.pop("_travellers", None)
        if guest is not None:
            _native.guest_ended(guest)
