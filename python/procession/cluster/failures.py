"""What tasks raise on a worker host, told so that whoever waits for them knows where to look and what to do."""

from __future__ import annotations

import os

__all__ = ["tell"]

_OF_MAIN = (
    "functions and classes of a main program cannot be found on the worker host {host}: move them to a module and start workers with `--app that.module`, start "
    "workers with `--app path/to/script.py` of that same script, or have their code go along by Pool(serializer='cloudpickle')"
)
_NO_MODULE = (
    "the worker host {host} cannot import what the task needs: have it there as here, and start the worker where it is found, or with `--app module` or "
    "`--app path/to/file.py`"
)
_NO_CLOUDPICKLE = "the worker host {host} needs the package cloudpickle for this pool: pip install cloudpickle, there as well"
_ANOTHER_VERSION = (
    "the worker host {host} has another version of that module, or was started with `--app` of another program; `--app module:version` there, and "
    "connect(…, app_version=…) here, keep versions apart"
)


def tell(host: str, raised: BaseException, of_main: bool | None) -> BaseException:
    """What the client of a task is told that has raised something on this host.

    Args:
        host: what the host is called.
        raised: by the task, or by reading it.
        of_main: None if the task has raised it; otherwise whether its function is one of a main program, as far as is known.
    """
    if of_main is not None:
        raised = _unreadable(host, raised, of_main)
    _add_note(raised, f"raised on the worker host {host}, by process {os.getpid()}")
    return raised


def _unreadable(host: str, raised: BaseException, of_main: bool) -> BaseException:
    if isinstance(raised, ImportError):
        advice = _NO_CLOUDPICKLE if raised.name == "cloudpickle" else _NO_MODULE
        _add_note(raised, advice.format(host=host))
    elif isinstance(raised, AttributeError):
        if of_main or "<module '__main__'" in str(raised):
            # What pickle says of it speaks of a module that the user has never seen.
            return ImportError(_OF_MAIN.format(host=host), name="__main__").with_traceback(raised.__traceback__)
        _add_note(raised, _ANOTHER_VERSION.format(host=host))
    return raised


def _add_note(raised: BaseException, note: str) -> None:
    # An exception may be raised more than once, and pass through several workers of a host.
    beginning = note.partition(", by process")[0]
    if not any(known.startswith(beginning) for known in getattr(raised, "__notes__", ())):
        raised.add_note(note)
