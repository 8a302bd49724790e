"""What all managers have in common: their servers are processes of a context of procession."""

from __future__ import annotations

from typing import Any

from .context import _default_context

__all__ = ["InContext"]


class InContext:
    """Mixed in before a manager of the stdlib: without a context, it takes procession's default one."""

    def __init__(
        self,
        address: Any = None,
        authkey: bytes | None = None,
        serializer: str = "pickle",
        ctx: Any = None,
        *,
        shutdown_timeout: float = 1.0,
    ) -> None:
        super().__init__(  # type: ignore[call-arg]
            address, authkey, serializer, ctx or _default_context.get_context(), shutdown_timeout=shutdown_timeout
        )
