"""The address of a server, put together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from os import PathLike
from urllib.parse import quote

from ..exceptions import AddressError

__all__ = ["VARIABLE", "address"]

#: Names the server if the program does not.
VARIABLE = "PROCESSION_URL"

Setting = str | float | bool | PathLike[str] | None


def address(url: str | None, settings: Mapping[str, Setting]) -> str:
    """The URL with these settings, of which None leaves what the URL says; without a URL, the one that `PROCESSION_URL` names.

    Raises:
        AddressError: if no server is named.
    """
    url = url or os.environ.get(VARIABLE)
    if not url:
        raise AddressError(
            f"no server is named: give connect() its address, as in connect('redis://server:6379'), or set {VARIABLE} to it"
        )
    given = [f"{name}={quote(_text(value), safe='')}" for name, value in settings.items() if value is not None]
    if not given:
        return url
    before, mark, query = url.partition("?")
    kept = [part for part in query.split("&") if part and settings.get(part.partition("=")[0]) is None]
    return f"{before}?{'&'.join(kept + given)}"


def _text(value: Setting) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, PathLike):
        return os.fspath(value)
    return str(value)
