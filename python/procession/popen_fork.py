"""Starting a process by the method fork: as in the stdlib, but as a guest of this process's session."""

from multiprocessing import popen_fork

from .guest import Guest

__all__ = ["Popen"]


class Popen(Guest, popen_fork.Popen):
    """A process that was started by the method fork."""

    _is_copy = True
