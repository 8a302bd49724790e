"""Starting a process by the method spawn: as in the stdlib, but as a guest of this process's session."""

from contextlib import AbstractContextManager
from multiprocessing import popen_spawn_posix

from . import _native
from .guest import Guest
from .session import announced

__all__ = ["Popen"]


class Popen(Guest, popen_spawn_posix.Popen):
    """A process that was started by the method spawn."""

    def _announcement(self) -> AbstractContextManager[None]:
        self.duplicate_for_child(_native.memory_descriptor())
        return announced()

    def duplicate_for_child(self, fd: int) -> int:
        """Has the process inherit a descriptor, once however often that is asked for."""
        if fd not in self._fds:
            self._fds.append(fd)
        return fd
