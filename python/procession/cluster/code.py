"""Which program a task is for: worker hosts carry out only tasks for their own."""

from __future__ import annotations

import os
import re
import sys

__all__ = ["VARIABLE", "code", "version"]

#: Names the version of the program if nothing else does.
VARIABLE = "PROCESSION_APP_VERSION"

#: What a version may consist of: it stands in names on the server.
_VERSION = re.compile(r"[\w.+-]+", re.ASCII)


def code(app_version: str | None) -> str:
    """What hosts must run to carry out the tasks of this program: the same Python, whose pickles it understands, and that version of the program if it has one."""
    interpreter = f"python-{sys.version_info.major}.{sys.version_info.minor}"
    return interpreter if app_version is None else f"{interpreter}-app-{app_version}"


def version(given: str | None) -> str | None:
    """The version of the program: the given one or, without, the one in the environment, if there is one.

    Raises:
        ValueError: if it cannot be one.
    """
    found = given if given is not None else os.environ.get(VARIABLE) or None
    if found is not None and not _VERSION.fullmatch(found):
        raise ValueError(f"a version consists of letters, digits, '.', '_', '+' and '-': {found!r} does not")
    return found
