"""What code worker hosts run: which tasks they get, and what is told if they cannot carry one out."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from multiprocessing.pool import RemoteTraceback  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

import hosts
import procession
import pytest
import servers
from conftest import on_server
from procession.cluster import ClusterContext, HostLost, NoWorkers

TESTS = str(Path(__file__).parent)
PACKAGES = os.environ.get("PYTHONPATH", "")


@pytest.fixture
def context() -> ClusterContext:
    """Where no host is."""
    return on_server("server")


def host_of(context: ClusterContext, *arguments: str, **environment: str) -> hosts.Host:
    return hosts.Host(context._cluster.url, "--slots", "1", "--name", "heron", *arguments, **environment)


def square(number: int) -> int:
    return number * number


_raised = ValueError("once and again")


def fail(reason: str) -> None:
    raise ValueError(reason)


def fail_again() -> None:
    raise _raised


def test_what_a_task_raises_says_on_which_host(context: ClusterContext) -> None:
    with host_of(context), context.Pool() as pool:
        with pytest.raises(ValueError, match="for a reason") as caught:
            pool.apply(fail, ("for a reason",))
        (note,) = caught.value.__notes__
        assert note.startswith("raised on the worker host heron, by process ")
        assert isinstance(caught.value.__cause__, RemoteTraceback)
        assert "in fail" in str(caught.value.__cause__) and note in str(caught.value.__cause__)
        for _ in range(2):
            with pytest.raises(ValueError, match="once and again") as caught:
                pool.apply(fail_again)
            assert len(caught.value.__notes__) == 1


def test_a_module_that_a_host_has_not(context: ClusterContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "only_here.py"
    file.write_text("def do():\n    return 'done'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import only_here  # type: ignore[import-not-found]

    with context.Pool() as pool:
        with host_of(context) as host:
            with pytest.raises(ModuleNotFoundError, match="only_here") as caught:
                pool.apply(only_here.do)
            notes = "\n".join(caught.value.__notes__)
            assert "worker host heron" in notes and "--app module" in notes
            process = context.Process(target=only_here.do)
            process.start()
            process.join()
            assert process.exitcode == 1
            assert "the worker host heron cannot import" in host.output()
        with host_of(context, "--app", str(file)):
            assert pool.apply(only_here.do) == "done"
        # Another version of it, in which the function is not.
        (tmp_path / "older").mkdir()
        (tmp_path / "older" / "only_here.py").touch()
        with host_of(context, "--app", str(tmp_path / "older" / "only_here.py")):
            with pytest.raises(AttributeError, match="do") as raised:
                pool.apply(only_here.do)
            assert "worker host heron has another version" in "\n".join(raised.value.__notes__)


SCRIPT = """
import sys

import procession


class Point:
    def __init__(self, x):
        self.x = x


def move(point):
    return Point(point.x + 1)


if __name__ == "__main__":
    with procession.connect().Pool(serializer=sys.argv[1]) as pool:
        moved = pool.apply(move, (Point(1),))
        print(moved.x, isinstance(moved, Point) or type(moved).__module__)
        print(pool.apply(lambda: moved.x + 1) if sys.argv[1] == "cloudpickle" else "")
"""


def run_script(path: Path, context: ClusterContext, serializer: str = "pickle") -> subprocess.CompletedProcess[str]:
    path.write_text(SCRIPT)
    return subprocess.run(
        [sys.executable, str(path), serializer],
        env={**os.environ, "PROCESSION_URL": context._cluster.url},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_functions_of_a_main_program(context: ClusterContext, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    with host_of(context):
        done = run_script(script, context)
        assert done.returncode == 1
        last = done.stderr.rpartition('"""\n')[2]
        for said in ("ImportError: functions and classes of a main program", "worker host heron", "--app that.module", "--app path/to/script.py", "cloudpickle"):
            assert said in last, done.stderr
        assert "AttributeError" not in done.stderr
        done = run_script(script, context, "cloudpickle")
        assert (done.stdout, done.returncode) == ("2 True\n3\n", 0), done.stderr
    with host_of(context, "--app", str(script)):
        done = run_script(script, context)
        assert (done.stdout.split()[0], done.returncode) == ("2", 0), done.stderr


def test_a_host_of_another_script_has_not_the_functions_of_this_one(context: ClusterContext, tmp_path: Path) -> None:
    (tmp_path / "another.py").touch()
    with host_of(context, "--app", str(tmp_path / "another.py")):
        done = run_script(tmp_path / "script.py", context)
    assert "ImportError: functions and classes of a main program" in done.stderr
    assert "AttributeError" not in done.stderr


def test_hosts_of_another_version_get_no_task(context: ClusterContext, monkeypatch: pytest.MonkeyPatch) -> None:
    url = context._cluster.url
    first, second = (procession.connect(url, app_version=version) for version in ("v1", "v2"))
    assert first != second and first != context
    with host_of(context, "--app", "test_cluster_code:v1") as host, first.Pool() as pool:
        assert pool.apply(square, (3,)) == 9
        assert "-app-v1" in host.output()
        # What tasks connect to is in the same version, as what came along.
        assert pool.apply(os.getenv, ("PROCESSION_APP_VERSION",)) == "v1"
        assert pool.apply(versions, (second,)) == ("v1", "v2")
        python = f"python-{sys.version_info.major}.{sys.version_info.minor}"
        for other, wanted in ((second, f"{python}-app-v2"), (context, python)):
            with other.Pool(patience_for_hosts=0.1) as refused:
                with pytest.raises(NoWorkers, match=rf"runs the code {wanted}; there are only heron .* with code {python}-app-v1;"):
                    refused.apply(square, (3,))
            with pytest.raises(NoWorkers, match=rf"runs the code {wanted}; there are only heron .* with code {python}-app-v1;"):
                other.Process(target=square, args=(3,), patience_for_hosts=0.1).start()
        process = first.Process(target=square, args=(3,))
        process.start()
        process.join()
        assert process.exitcode == 0
    monkeypatch.setenv("PROCESSION_APP_VERSION", "v3")
    with host_of(context), procession.connect(url).Pool() as pool:
        assert pool.apply(square, (4,)) == 16
    with pytest.raises(ValueError, match="a version consists of"):
        procession.connect(url, app_version="v 4")


def versions(context: ClusterContext) -> tuple[str | None, str | None]:
    return procession.connect(context._cluster.url)._app_version, context._app_version


def test_code_goes_along_by_cloudpickle(context: ClusterContext) -> None:
    factor = 3
    with host_of(context), context.Pool(serializer="cloudpickle") as pool:
        assert pool.map(lambda number: number * factor, range(4)) == [0, 3, 6, 9]
        # What it refers to may have changed since.
        factor = 4
        assert list(pool.imap(lambda number: number * factor, range(4))) == [0, 4, 8, 12]
        # So do results.
        assert pool.apply(lambda: lambda: factor)() == 4

        class Refused(Exception):
            pass

        def refuse() -> None:
            raise Refused("by code of its own")

        with pytest.raises(Refused, match="by code of its own"):
            pool.apply(refuse)
    with context.Pool() as pool, host_of(context):
        with pytest.raises(Exception, match="pickle"):
            pool.apply(lambda: None)
    with pytest.raises(ValueError, match="'pickle' or 'cloudpickle', not 'json'"):
        context.Pool(serializer="json")


def test_cloudpickle_that_is_not_installed(context: ClusterContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cloudpickle.py").write_text("raise ModuleNotFoundError(\"No module named 'cloudpickle'\", name='cloudpickle')\n")
    paths = os.pathsep.join([str(tmp_path), TESTS, PACKAGES])
    with context.Pool(serializer="cloudpickle") as pool, host_of(context, PYTHONPATH=paths):
        with pytest.raises(ImportError, match="cloudpickle") as caught:
            pool.apply(lambda: None)
        assert "worker host heron needs the package cloudpickle" in "\n".join(caught.value.__notes__)
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(ImportError, match="pip install cloudpickle"):
        context.Pool(serializer="cloudpickle")


def stay(begun: Any) -> None:
    begun.put(os.getpid())
    signal.pause()


def test_a_lost_host_is_told_from_a_lost_worker(context: ClusterContext) -> None:
    begun = context.Queue()
    with context.Pool() as pool, host_of(context) as first:
        result = pool.apply_async(stay, (begun,), retries=0)
        begun.get(timeout=60)
        first.end(signal.SIGKILL)
        # Another one misses it.
        with host_of(context), pytest.raises(HostLost, match="heron") as caught:
            result.get(60)
    assert (caught.value.host, caught.value.attempts) == ("heron", 1)
    assert caught.value.args == (str(caught.value), "heron", 1)
    assert isinstance(caught.value, procession.WorkerLost)
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (str(copied), copied.host, copied.attempts) == (str(caught.value), "heron", 1)


def test_an_app_whose_import_never_ends(context: ClusterContext, tmp_path: Path) -> None:
    app = tmp_path / "endless.py"
    app.write_text("import pathlib, signal\npathlib.Path(__file__).with_suffix('.begun').touch()\nwhile True:\n    signal.pause()\n")
    with host_of(context, "--app", str(app)) as host:
        servers.single().wait_for(app.with_suffix(".begun").exists)
        with context.Pool(patience_for_hosts=0.1) as pool:
            with pytest.raises(NoWorkers, match="there is no worker host at all"):
                pool.apply(square, (3,))
        assert host.end(signal.SIGTERM) != 0


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("no_such_module", ["Traceback", "No module named 'no_such_module'"]),
        ("broken.py", ["Traceback", 'broken.py", line 2', "RuntimeError: not today"]),
        ("broken.py:v2", ["RuntimeError: not today"]),
        ("apart/queue.py", ["another module 'queue'", "another name"]),
        ("not here.py", ["there is no such file"]),
        ("a b", ["neither the name of a module nor a file"]),
        ("shop:", ["no version behind the colon"]),
        ("shop:v 2", ["a version consists of"]),
    ],
)
def test_an_app_that_cannot_be_imported_ends_the_command(app: str, said: list[str], context: ClusterContext, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("\nraise RuntimeError('not today')\n")
    # Not where the interpreter itself looks for its modules.
    (tmp_path / "apart").mkdir()
    (tmp_path / "apart" / "queue.py").touch()
    with host_of(context, "--app", str(tmp_path / app) if ".py" in app else app) as host:
        assert host.process.wait(60) == 2
        for part in said:
            assert part in host.output(), host.output()


def test_a_host_serves_one_version(context: ClusterContext) -> None:
    with host_of(context, "--app", "json:v1", "--app", "csv:v2") as host:
        assert host.process.wait(60) == 2
        assert "v1 and v2" in host.output()
