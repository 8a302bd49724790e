"""Starting a process by the method forkserver: as in the stdlib, but as a guest of this process's session."""

from multiprocessing import popen_forkserver

from .guest import Guest

__all__ = ["Popen"]


class Popen(Guest, popen_forkserver.Popen):
    """A process that was started by the method forkserver."""
