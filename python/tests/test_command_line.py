"""`python -m procession`: info, doctor, bench."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from procession import _native
from procession.benchmark import catalogue
from procession.command_line import bench, examination, main, program
from procession.command_line.finding import Verdict


def ask(*arguments: str, limit: Callable[[], None] | None = None) -> tuple[int, str]:
    """The exit code and the output of a command."""
    command = [sys.executable, "-m", "procession", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=120, preexec_fn=limit)
    return done.returncode, done.stdout


def test_info_for_programs_is_one_object() -> None:
    code, output = ask("info", "--json")
    told = json.loads(output)
    assert code == 0
    assert told["kernel"]["memfd_create"] == "yes"
    assert told["this session"]["processes, at most"] == "1,024"


def test_info_for_people_has_the_same_sections() -> None:
    _, output = ask("info")
    _, told = ask("info", "--json")
    headings = [line for line in output.splitlines() if not line.startswith(" ")]
    assert headings == list(json.loads(told))


def test_without_a_command_the_usage_is_shown() -> None:
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2


def test_where_the_tests_run_nothing_is_broken() -> None:
    code, output = ask("doctor")
    assert code == 0, output
    assert " 0 broken" in output


def test_a_file_size_limit_is_found_and_named() -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100 << 10, 100 << 10))

    code, output = ask("doctor", limit=limit)
    assert code == 1
    assert "no session can begin" in output
    assert "ulimit -f unlimited" in output


def test_few_open_files_are_weak_but_work() -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    code, output = ask("doctor", limit=limit)
    assert code == 0
    assert "this process may have 64 files open" in output


@pytest.mark.parametrize(
    ("number", "sandboxed", "word"),
    [
        (errno.ENOSYS, False, "too old"),
        (errno.ENOSYS, True, "seccomp"),
        (errno.EPERM, False, "seccomp"),
        (errno.EMFILE, False, "limit"),
    ],
)
def test_a_call_that_fails_has_a_remedy(
    number: int, sandboxed: bool, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = OSError(number, os.strerror(number))
    monkeypatch.setattr(examination.machine, "is_sandboxed", lambda: sandboxed)
    monkeypatch.setattr(_native, "capabilities", lambda: [("pidfd_open", False, refused), ("futex_waitv", True, refused)])
    broken, weak = list(examination._capabilities())
    assert (broken.verdict, weak.verdict) == (Verdict.BROKEN, Verdict.WEAK)
    assert word in broken.remedy


GUARDED = """
from procession import Pool

def main():
    with Pool() as pool:
        pool.map(abs, [1])

if __name__ == "__main__":
    main()
    Pool()
"""

UNGUARDED = """
import procession

pool = procession.Pool()
for number in range(3):
    procession.Process(target=print).start()
class Configuration:
    manager = procession.Manager()
if __name__ == "__main__":
    pass
else:
    procession.Manager()
"""


@pytest.mark.parametrize(("text", "lines"), [(GUARDED, []), (UNGUARDED, [4, 6, 8, 12])])
def test_a_program_is_looked_through_for_its_guard(text: str, lines: list[int], tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(text)
    found = [finding.what for finding in program.findings(path) if finding.verdict is Verdict.BROKEN]
    assert [int(what.split(":")[1].split()[0]) for what in found] == lines


def test_a_program_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    for text in (None, "def :"):
        if text is not None:
            path.write_text(text)
        (finding,) = program.findings(path)
        assert finding.verdict is Verdict.BROKEN
    code, _ = ask("doctor", str(path))
    assert code == 1


def test_bench_compares_with_the_stdlib(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = [scenario for scenario in catalogue.all_scenarios() if scenario.table == "lock"]
    monkeypatch.setattr(catalogue, "all_scenarios", lambda: scenarios)
    monkeypatch.setattr(bench, "BRIEF", bench.Plan(rounds=1, seconds=0.001))
    assert main(["bench"]) == 0
    output = capsys.readouterr().out
    assert "| lock | procession | multiprocessing |" in output
    assert "×" in output
