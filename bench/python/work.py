"""What the tasks of the benchmarks on a server do; workers import it."""

from __future__ import annotations

__all__ = ["LENGTH", "answer", "text"]

#: Characters of an argument, a result, an element or a value, each of which is a byte.
LENGTH = 100


def text(number: int) -> str:
    """A text in which a number stands."""
    return f"{number:0{LENGTH}}"


def answer(question: str) -> str:
    """The task: a text to another one."""
    return text(int(question) * 2 + 1)
