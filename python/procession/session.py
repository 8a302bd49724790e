"""How processes come to take part in one session: the first process and all that descend from it.

What they share lies in the session's memory, an anonymous file that each of them maps. A process that is a copy (start method *fork*)
has it already; a new one is given the file's descriptor along with what it is to run.
"""

from __future__ import annotations

import os
from multiprocessing import context, reduction
from typing import Any

from . import _native

__all__ = ["Reference", "check_travelling", "identity", "reference_for"]


def identity() -> int:
    """The number of the session's memory, which no other session on this machine has at the same time."""
    return os.fstat(_native.memory_descriptor()).st_ino


class Reference:
    """This process's session, as it is sent to a process that is being started. Pickled once for each, however many objects need it."""

    def __init__(self, popen: Any) -> None:
        #: The number by which the process is invited; None if somebody else starts it.
        self.guest: int | None = getattr(popen, "_guest", None)

    def __reduce__(self) -> tuple[Any, ...]:
        descriptor = reduction.DupFd(_native.memory_descriptor())
        return _take_part, (descriptor, identity(), self.guest)


def reference_for(popen: Any) -> Reference:
    """What the process that `popen` is starting needs to take part."""
    known: Reference | None = popen.__dict__.get("_session_reference")
    if known is None:
        known = popen._session_reference = Reference(popen)
    return known


def _take_part(descriptor: Any, session: int, guest: int | None) -> None:
    """In the started process: joins the session, unless it has done so already."""
    received = descriptor.detach()
    if _native.takes_part():
        if identity() != session:
            raise RuntimeError(
                "this process takes part in another session already; shared objects can be used only by the process that "
                "created them and by its descendants"
            )
        return
    if guest is None:
        _native.enter(received)
    else:
        _native.accept(received, guest)


os.register_at_fork(
    before=_native.hold_still,
    after_in_parent=_native.move_on,
    after_in_child=_native.take_part_as_copy,
)


def check_travelling(thing: object) -> Reference:
    """Allows a shared object to be pickled for a process that is being started, and keeps it until that process has ended.

    Raises:
        RuntimeError: if no process is being started.
    """
    context.assert_spawning(thing)
    popen: Any = context.get_spawning_popen()
    popen.__dict__.setdefault("_travellers", []).append(thing)
    return reference_for(popen)
