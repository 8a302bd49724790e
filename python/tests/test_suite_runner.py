"""The runner of the interpreter's own tests, with tests that hang, die and fail."""

import os
from pathlib import Path

import compare
import crew
import pytest
import translation
from outcome import DIED, FAILED, HOSTS, HUNG, PASSED, SKIPPED, UNNEEDED, MethodRun, Outcome, Run
from worker_process import NotStarted, WorkerProcess

_SAMPLE = """
import os, threading, unittest

class Sample(unittest.TestCase):
    def test_1_passes(self): pass
    def test_2_fails(self): self.fail("on purpose")
    def test_3_hangs(self): threading.Event().wait()
    def test_4_dies(self): os._exit(3)
    def test_5_is_skipped(self): self.skipTest("no reason")
    def test_6_fails_in_a_part(self):
        with self.subTest(part=1): self.fail("in a part")
    def test_7_passes(self): pass

class Unprepared(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise OSError("not today")
    def test_is_not_reached(self): pass
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What leads to a small suite with the start method "sample"."""
    (tmp_path / "suite_under_sample.py").write_text(_SAMPLE, encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def start(environment: dict[str, str]) -> WorkerProcess:
    return WorkerProcess("sample", environment, patience=5)


def test_every_fate_is_told_and_the_others_go_on(environment: dict[str, str]) -> None:
    worker = start(environment)
    jobs = crew.by_class("sample", worker.tests)
    worker.close()
    told: dict[str, Outcome] = {}
    crew.run(jobs, 2, lambda method: start(environment), lambda method, test, outcome: told.update({test: outcome}))
    verdicts = {test: outcome.verdict for test, outcome in told.items()}
    assert verdicts == {
        "Sample.test_1_passes": PASSED,
        "Sample.test_2_fails": FAILED,
        "Sample.test_3_hangs": HUNG,
        "Sample.test_4_dies": DIED,
        "Sample.test_5_is_skipped": SKIPPED,
        "Sample.test_6_fails_in_a_part": FAILED,
        "Sample.test_7_passes": PASSED,
        "Unprepared.test_is_not_reached": FAILED,
        "Unprepared: set-up or clean-up": FAILED,
        crew.EXIT: PASSED,
    }
    assert "test_3_hangs" in told["Sample.test_3_hangs"].detail
    assert "ended with 3" in told["Sample.test_4_dies"].detail
    assert "not today" in told["Unprepared: set-up or clean-up"].detail


def test_a_worker_that_does_not_start_says_why(environment: dict[str, str]) -> None:
    with pytest.raises(NotStarted, match="No module named 'suite_under_sample'"):
        start({**environment, "PYTHONPATH": ""})


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("import multiprocessing.queues as q", "import procession.queues as q"),
        ("from multiprocessing import util", "from procession import util"),
        ("import multiprocessing as mp", "import procession as mp"),
        ("f'{multiprocessing.get_start_method()}'", "f'{procession.get_start_method()}'"),
        ("patch('multiprocessing.shared_memory.x')", "patch('procession.shared_memory.x')"),
        ("check(multiprocessing)", "check(procession)"),
        ("import _multiprocessing", "import _multiprocessing"),
        ("'test_multiprocessing.py'", "'test_multiprocessing.py'"),
        ("'unclosed running multiprocessing pool'", "'unclosed running multiprocessing pool'"),
    ],
)
def test_names_are_replaced_and_prose_is_not(text: str, renamed: str) -> None:
    assert translation.rename(text, "procession") == renamed


def run_with(package: str, **verdicts: str) -> Run:
    tests = {f"Sample.{test}": Outcome(verdict, 0.1) for test, verdict in verdicts.items()}
    return Run(package, "3.13.0", methods={"fork": MethodRun(tests)})


@pytest.mark.parametrize(
    ("ours", "control", "code"),
    [
        (PASSED, PASSED, 0),
        (PASSED, UNNEEDED, 0),
        (FAILED, UNNEEDED, 1),
        (FAILED, PASSED, 1),
        (HUNG, PASSED, 1),
        (SKIPPED, PASSED, 1),
        (FAILED, FAILED, 0),
        (SKIPPED, SKIPPED, 0),
        (FAILED, SKIPPED, 0),
        (PASSED, FAILED, 0),
    ],
)
def test_what_passes_on_the_control_must_pass(
    ours: str, control: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judge(tmp_path, monkeypatch, "", run_with("procession", test=ours), run_with("multiprocessing", test=control)) == code


_EXCLUSION = """
[[exclusion]]
tests = "Sample.test*"
reason = "an example"
"""


@pytest.mark.parametrize(("ours", "code"), [(FAILED, 0), (PASSED, 1)])
def test_an_exclusion_excuses_and_must_be_needed(
    ours: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = run_with("procession", test=ours), run_with("multiprocessing", test=PASSED)
    assert judge(tmp_path, monkeypatch, _EXCLUSION, *runs) == code


def test_a_test_that_was_not_run_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(tmp_path, monkeypatch, "", run_with("procession"), run_with("multiprocessing", test=PASSED)) == 1
    assert judge(tmp_path, monkeypatch, "", run_with("procession", test=PASSED)) == 1


@pytest.mark.parametrize(("ours", "code"), [(PASSED, 0), (FAILED, 1)])
def test_what_ran_on_hosts_is_compared_with_fresh_interpreters(
    ours: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_hosts = Run("procession", "3.13.0", methods={HOSTS: MethodRun({"Sample.test": Outcome(ours, 0.1)})})
    spawned = {"Sample.test": Outcome(PASSED, 0.1), "Sample.of_one_machine": Outcome(PASSED, 0.1)}
    control = Run("multiprocessing", "3.13.0", methods={"spawn": MethodRun(spawned)})
    on_hosts.methods["spawn"] = MethodRun(spawned)
    assert judge(tmp_path, monkeypatch, "", on_hosts, control) == code


def judge(directory: Path, monkeypatch: pytest.MonkeyPatch, exclusions: str, *runs: Run) -> int:
    """Return the exit code of the comparison of some runs."""
    (directory / "exclusions.toml").write_text(exclusions, encoding="utf-8")
    monkeypatch.setattr(compare, "EXCLUSIONS", directory / "exclusions.toml")
    paths = [directory / f"{number}.json" for number in range(len(runs))]
    for run, path in zip(runs, paths, strict=True):
        run.write(path)
    return compare.main([str(path) for path in paths])
