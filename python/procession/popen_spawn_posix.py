"""Starting a process by the method spawn: as in the stdlib, but as a guest of this process's session."""

from multiprocessing import popen_spawn_posix

from .guest import Guest

__all__ = ["Popen"]


class Popen(Guest, popen_spawn_posix.Popen):
    """A process that was started by the method spawn."""
