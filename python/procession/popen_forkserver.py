"""Starting a process by the method forkserver: as in the stdlib, but as a guest of this process's session."""

from contextlib import AbstractContextManager
from multiprocessing import popen_forkserver

from .guest import Guest
from .session import announced

__all__ = ["Popen"]


class Popen(Guest, popen_forkserver.Popen):
    """A process that was started by the method forkserver."""

    def _announcement(self) -> AbstractContextManager[None]:
        # For the server, should it be started now: what its preloaded modules create is to be in this session.
        return announced()
