"""Tests of what is in memory, again, with what is on a server: they are imported, and find another package under its name."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import procession
import pytest

#: What a context makes.
_FACTORIES = frozenset(name for name in procession.__all__ if name[0].isupper() and not isinstance(getattr(procession, name), type))


class _Elsewhere:
    """The package, except that what it makes is made by another context."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context if name in _FACTORIES else procession, name)


def substitute(monkeypatch: pytest.MonkeyPatch, module: ModuleType, context: Any) -> None:
    """Have the tests of `module` make their objects by `context`."""
    monkeypatch.setattr(module, "procession", _Elsewhere(context))
