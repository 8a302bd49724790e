"""What the doctor has found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "Verdict"]


class Verdict(Enum):
    """How bad it is."""

    FINE = "ok"
    #: It works, but not as well as it could, or not always.
    WEAK = "weak"
    #: It does not work.
    BROKEN = "BROKEN"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what to do about it."""

    verdict: Verdict
    what: str
    remedy: str = ""
