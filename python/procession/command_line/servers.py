"""The commands for servers: `queues`, `peek` and their like, as the program `procession` of Rust has them; the code is the same."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from .. import _native

__all__ = ["add_to", "is_meant", "run"]

#: These have a meaning of their own here.
OURS = frozenset({"doctor", "worker"})


def _theirs() -> dict[str, str]:
    return {name: about for name, about in _native.command_line_commands() if name not in OURS}


def add_to(commands: Any) -> None:
    """Adds the commands to those of the program, so that its help lists them; what follows them is read elsewhere."""
    for name, about in _theirs().items():
        commands.add_parser(name, help=about[:1].lower() + about[1:], add_help=False)


def is_meant(arguments: Sequence[str]) -> bool:
    """Whether a command line is for a server."""
    first, *rest = arguments or ("",)
    if first == "doctor":
        return any("://" in word or _is_option(word) for word in rest)
    return first in _theirs() or _is_option(first)


def _is_option(word: str) -> bool:
    """Whether it is an option that all commands for servers have, and no other command in front."""
    return word.partition("=")[0] == "--url" or word == "--json"


def run(arguments: Sequence[str]) -> int:
    """Does what it asks for, and returns the exit code."""
    code, output, complaints = _native.command_line("python -m procession", list(arguments))
    sys.stdout.write(output)
    sys.stderr.write(complaints)
    return code
