"""The interpreter's own tests of multiprocessing, made to test another package.

They are read from the running interpreter, rewritten, and stored in a directory from which every process
of the run can import them, those started with ``-E``, ``-S`` or ``-I`` included.
"""

import importlib.util
import json
import re
from collections.abc import Sequence
from pathlib import Path

STANDARD = "multiprocessing"
"""The package for which the tests were written."""

MODULE = "_test_multiprocessing"
"""The name under which the rewritten tests are imported: one of them looks for it in a traceback."""

COMPANIONS = ("mp_fork_bomb.py", "mp_preload.py")
"""Scripts beside the tests, which the tests run."""

# A name of the package stands alone: `_multiprocessing` and `test_multiprocessing` are other names. Where a
# word follows that is not part of an import, it is prose, such as the text of a warning.
_NAME = re.compile(rf"\b{STANDARD}\b(?! (?!as\b|import\b)\w)")

_IMPORT_IN_A_COMMAND = "from test._test_multiprocessing import"
_PRELOADED_MODULE = "test.test_multiprocessing_forkserver"
_PRELOADED_SCRIPT = '"test.mp_preload"'

# The tests of conditions count sleepers in three semaphores of the standard library's condition. Here the condition itself tells.
_CONDITION = """

def _nobody_sleeps(self, condition):
    if self.TYPE == "processes":
        self.assertEqual(repr(condition), f"<Condition({condition._lock!r}, 0)>")


_TestCondition.check_invariant = _nobody_sleeps
"""


class NoSuite(Exception):
    """The interpreter comes without its own tests."""


def locate() -> Path:
    """Return the file of the interpreter's own tests.

    Raises:
        NoSuite: it has none, as many packages of operating systems.
    """
    try:
        found = importlib.util.find_spec("test._test_multiprocessing")
    except ModuleNotFoundError:
        found = None
    if found is None or found.origin is None:
        raise NoSuite
    return Path(found.origin)


def write(directory: Path, package: str, search_path: Sequence[str]) -> None:
    """Store the tests, for `package`, in `directory`.

    Args:
        directory: where the module and its companions are written.
        package: the package to test; with "multiprocessing" the code stays as it is.
        search_path: directories for commands that see no ``PYTHONPATH``.
    """
    original = locate()
    path = [str(directory), *search_path]
    text = original.read_text(encoding="utf-8")
    (directory / f"{MODULE}.py").write_text(_tests(text, package, path), encoding="utf-8")
    for name in COMPANIONS:
        text = original.with_name(name).read_text(encoding="utf-8")
        (directory / name).write_text(_companion(text, package, path), encoding="utf-8")


def rename(text: str, package: str) -> str:
    """Return `text` with the names of multiprocessing replaced by those of `package`."""
    return _NAME.sub(package, text)


def _tests(text: str, package: str, search_path: Sequence[str]) -> str:
    text = text.replace(_PRELOADED_MODULE, "suite_under_forkserver")
    if package == STANDARD:
        return text
    command = f"{_extension(search_path)}; from {MODULE} import"
    return rename(text.replace(_IMPORT_IN_A_COMMAND, command), package) + _CONDITION


def _companion(text: str, package: str, search_path: Sequence[str]) -> str:
    if package == STANDARD:
        return text
    text = text.replace(_PRELOADED_SCRIPT, _PRELOADED_SCRIPT.replace("test.", ""))
    return f"{_extension(search_path)}\n{rename(text, package)}"


def _extension(search_path: Sequence[str]) -> str:
    # With double quotes, since it lands inside a literal with single ones.
    return f"import sys; sys.path[:0] = {json.dumps(list(search_path))}"
