"""How processes come to take part in one session: the first process and all that descend from it.

What they share lies in the session's memory, an anonymous file that each of them maps. A process that is a copy (start method *fork*)
has it already; a new one is given the file's descriptor along with what it is to run.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context, reduction
from typing import Any

from . import _native

__all__ = ["Reference", "announced", "check_travelling", "configure", "identity", "reference_for"]

#: Leads a process that is being started to its parent's session, before it imports the program: the number of a descriptor, the process that
#: has it in any case, and the session's identity.
_ANNOUNCEMENT = "PROCESSION_SESSION"

_announcing = threading.Lock()
#: How many processes are being started at the moment.
_under_way = 0


@contextmanager
def announced() -> Iterator[None]:
    """While a process is being started: lets it find the session as soon as it imports procession.

    Programs create shared objects when they are imported, and a started process imports its parent's program before it gets anything else.
    """
    global _under_way
    announcement = f"{_native.memory_descriptor()} {os.getpid()} {identity()}"
    with _announcing:
        _under_way += 1
        os.environ[_ANNOUNCEMENT] = announcement
    try:
        # Not under the lock: starting a process pickles its arguments, which runs code of the user.
        yield
    finally:
        with _announcing:
            _under_way -= 1
            if _under_way == 0:
                os.environ.pop(_ANNOUNCEMENT, None)


def _follow_announcement() -> None:
    announcement = os.environ.pop(_ANNOUNCEMENT, None)
    if announcement is None or _native.takes_part():
        return
    number, owner, session = announcement.split(" ")
    for process in ("self", owner):
        try:
            descriptor = os.open(f"/proc/{process}/fd/{number}", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            # It is not inherited, or whoever had it is gone.
            continue
        try:
            if os.fstat(descriptor).st_ino == int(session):
                _native.enter(descriptor)
                return
        finally:
            os.close(descriptor)


def configure(
    *, memory_cap: int | None = None, max_processes: int | None = None, max_threads: int | None = None
) -> None:
    """Sets the limits of the session, before its first use: before the first process, queue or other shared object is created.

    Args:
        memory_cap: bytes that everything in shared memory may take together; half of the free memory if nothing is said.
            Nothing is set aside for it.
        max_processes: how many processes may take part at a time; 1024 if nothing is said.
        max_threads: how many threads, in all processes together, may use shared objects at a time; 4096 if nothing is said.

    Raises:
        RuntimeError: if the session is in use already.
    """
    _native.configure(memory_cap, max_processes, max_threads)


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


def _forget_announcement() -> None:
    """In a copy of this process: another thread of the original may have been starting a process."""
    global _announcing, _under_way
    _announcing = threading.Lock()
    _under_way = 0
    os.environ.pop(_ANNOUNCEMENT, None)


os.register_at_fork(after_in_child=_forget_announcement)
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


_follow_announcement()
