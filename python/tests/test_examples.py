"""The programs of `examples/python`: as they are, and with only their import changed, with the stdlib."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "python"
METHODS = ["fork", "spawn", "forkserver"]
PACKAGES = ["procession", "multiprocessing"]
#: Longer than any of them takes on a machine that is busy with something else.
SECONDS = 120

#: Chooses the start method, then runs the program as `python PROGRAM` does.
RUN = """
import runpy, sys
import {package} as package

package.set_start_method({method!r})
runpy.run_path({program!r}, run_name="__main__")
"""


def kitchen(lines: list[str]) -> None:
    cooked = sorted(found[1] for line in lines if (found := re.fullmatch(r"\w+ cooked (.*)", line)))
    eaten = sorted(found[1] for line in lines if (found := re.fullmatch(r"\w+ ate (.*), cooked by \w+", line)))
    assert eaten == cooked == sorted(f"{food} {number}" for food in ("包子", "馒头") for number in range(1, 6))
    assert lines[-1] == "Every dish is eaten."


def countdown(lines: list[str]) -> None:
    assert lines == ["{'count': 0}"]


def squares(lines: list[str]) -> None:
    assert [line for line in lines if "=" in line] == [f"{n} * {n} = {n * n}" for n in range(10)]
    workers = {line.split()[-1] for line in lines if "process" in line}
    assert 1 <= len(workers) <= 3


def callbacks(lines: list[str]) -> None:
    results = {"1 / -2 = -0.5", "1 / -1 = -1.0", "1 / 0: division by zero", "1 / 1 = 1.0", "1 / 2 = 0.5"}
    assert set(lines[:-1]) == results
    assert lines[-1] == "1 of 5 failed"


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "kitchen": kitchen,
    "countdown": countdown,
    "squares": squares,
    "squares_async": squares,
    "callbacks": callbacks,
}


def test_every_example_is_tested() -> None:
    # What runs on many machines has tests of its own: `test_cluster_crawl.py`.
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {*CHECKS, "crawl"}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("package", PACKAGES)
def test_example(name: str, method: str, package: str, tmp_path: Path) -> None:
    text = (EXAMPLES / f"{name}.py").read_text("utf-8")
    changed, imports = re.subn(r"^from procession import", f"from {package} import", text, flags=re.MULTILINE)
    assert imports == 1, "an example has one import of procession"
    program = tmp_path / f"{name}.py"
    program.write_text(changed, "utf-8")
    output = run(RUN.format(package=package, method=method, program=str(program)))
    CHECKS[name](output.splitlines())


def run(code: str) -> str:
    """What a program prints; fails if it writes to standard error, or does not end."""
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error::ResourceWarning"}
    # It would have each line written in two pieces, between which those of others would come.
    environment.pop("PYTHONUNBUFFERED", None)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            pytest.fail(f"it hangs; it has printed:\n{output}\n{errors}")
    assert errors == ""
    assert process.returncode == 0
    return output
