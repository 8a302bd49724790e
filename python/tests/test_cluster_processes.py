"""Processes that hosts start: some of the tests of those of this machine, again, with each kind of server; and what is their own."""

# ruff: noqa: F401, F811
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hosts
import procession
import programs
import pytest
from procession.cluster import ClusterContext, HostLost, NoWorkers
from served import context, kind, remote
from test_process import (
    put_under_lock,
    test_a_child_is_ended_by_its_parent,
    test_every_object_travels_as_an_argument,
    test_exit_codes,
    wait_for_ever,
)


def describe(queue: Any) -> None:
    process, parent = procession.current_process(), procession.parent_process()
    assert parent is not None
    queue.put((process.name, process.daemon, os.getpid(), parent.pid, bytes(process.authkey)))


def test_a_process_knows_who_it_is(context: ClusterContext) -> None:
    queue = context.Queue()
    process = context.Process(target=describe, args=(queue,), name="the-child", daemon=True)
    assert (process.pid, process.host, process.failure) == (None, None, None)
    process.start()
    *known, authkey = queue.get()
    assert known == ["the-child", True, process.pid, os.getpid()]
    # The key of this process is a secret, which stays here.
    assert authkey and authkey != process.authkey == procession.current_process().authkey
    process.join()
    assert (process.exitcode, process.is_alive(), process.failure) == (0, False, None)
    assert process.host == os.uname().nodename
    process.close()


def meet(barrier: Any) -> None:
    barrier.wait(60)


def test_processes_wait_for_each_other_though_there_are_more_than_slots(context: ClusterContext) -> None:
    barrier = context.Barrier(5)
    processes = [context.Process(target=meet, args=(barrier,)) for _ in range(5)]
    for process in processes:
        process.start()
    assert set(processes) <= set(procession.active_children())
    for process in processes:
        process.join()
        assert process.exitcode == 0


def start_others(url: str, queue: Any, generations: int) -> None:
    queue.put(generations)
    if generations:
        child = procession.connect(url).Process(target=start_others, args=(url, queue, generations - 1))
        child.start()
        child.join()
        sys.exit(child.exitcode)
    sys.exit(7)


def test_processes_start_others(context: ClusterContext) -> None:
    queue = context.Queue()
    process = context.Process(target=start_others, args=(context._cluster.url, queue, 2))
    process.start()
    process.join()
    assert (process.exitcode, [queue.get() for _ in range(3)]) == (7, [2, 1, 0])


def fail() -> None:
    raise ValueError("boom")


def test_what_a_process_raises_is_told_to_who_wanted_it(context: ClusterContext) -> None:
    process = context.Process(target=fail)
    process.start()
    process.join()
    assert process.exitcode == 1
    failure = str(process.failure)
    assert "ValueError: boom" in failure and "in fail" in failure


def leave_a_copy(pids: Any, failure: str) -> None:
    # It keeps all that it has inherited.
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
    pids.put(pid)
    if failure:
        raise ValueError(failure)


@pytest.mark.parametrize("failure", ["", "boom" * 100_000])
def test_what_a_process_leaves_behind_does_not_keep_its_end_from_being_told(failure: str, context: ClusterContext) -> None:
    pids = context.Queue()
    process = context.Process(target=leave_a_copy, args=(pids, failure))
    process.start()
    left = pids.get(timeout=60)
    process.join()
    os.kill(left, signal.SIGKILL)
    assert process.exitcode == (1 if failure else 0)
    assert ("boomboom" in str(process.failure)) == bool(failure)


_OF_MAIN = """
import procession

def work():
    pass

if __name__ == "__main__":
    process = procession.connect().Process(target=work)
    process.start()
    process.join()
    print(process.exitcode, process.failure)
"""


def test_a_target_of_a_main_program_that_the_host_does_not_have(
    tmp_path: Path, remote: ClusterContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCESSION_URL", remote._cluster.url)
    with hosts.Host(remote._cluster.url, "--slots", "1", "--name", "heron"):
        ended = programs.run(tmp_path, _OF_MAIN)
    assert ended.returncode == 0 and ended.stdout.startswith("1 "), ended.stderr
    assert "heron" in ended.stdout and "--app path/to/script.py" in ended.stdout


_SUBCLASS = """
import procession

context = procession.connect()

class Doubler(context.Process):
    def __init__(self, number, answers):
        super().__init__()
        self.number, self.answers = number, answers

    def run(self):
        self.answers.put(2 * self.number)
"""

_MAIN = """
import doubler

if __name__ == "__main__":
    answers = doubler.context.Queue()
    process = doubler.Doubler(21, answers)
    process.start()
    process.join()
    print(answers.get(timeout=10), process.exitcode)
"""


def test_a_class_of_ones_own(tmp_path: Path, remote: ClusterContext, monkeypatch: pytest.MonkeyPatch) -> None:
    url = remote._cluster.url
    (tmp_path / "doubler.py").write_text(_SUBCLASS)
    monkeypatch.setenv("PROCESSION_URL", url)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with hosts.Host(url, "--slots", "1", "--app", "doubler") as host:
        ended = programs.run(tmp_path, _MAIN)
        assert (ended.returncode, ended.stdout) == (0, "42 0\n"), (ended.stderr, host.output())


def test_a_process_is_lost_with_its_host(remote: ClusterContext) -> None:
    ready = remote.Event()
    with hosts.Host(remote._cluster.url, "--slots", "1", "--name", "heron") as host:
        process = remote.Process(target=wait_for_ever, args=(ready,))
        process.start()
        assert ready.wait(60), host.output()
        assert process.host == "heron"
        host.end(signal.SIGKILL)
        process.join()
    assert process.exitcode == -255
    assert isinstance(process.failure, HostLost) and process.failure.host == "heron" and "heron" in str(process.failure)
    _wait_until(lambda: not _is_running(process.pid))


def test_a_host_that_ends_says_how_its_processes_ended(remote: ClusterContext) -> None:
    ready = remote.Event()
    with hosts.Host(remote._cluster.url, "--slots", "1", "--drain", "0") as host:
        process = remote.Process(target=wait_for_ever, args=(ready,))
        process.start()
        assert ready.wait(60), host.output()
        assert host.end() == 0
    process.join()
    assert process.exitcode == -signal.SIGTERM


def test_without_a_host_nothing_starts(remote: ClusterContext) -> None:
    process = remote.Process(target=abs, args=(1,), patience_for_hosts=0.5)
    with pytest.raises(NoWorkers, match="no worker host"):
        process.start()


def test_which_hosts_are_meant(remote: ClusterContext) -> None:
    with hosts.Host(remote._cluster.url, "--slots", "1", "--pool", "gpu"):
        process = remote.Process(target=abs, args=(1,), pool="gpu")
        process.start()
        process.join()
        assert process.exitcode == 0
        with pytest.raises(NoWorkers):
            remote.Process(target=abs, args=(1,), patience_for_hosts=0.5).start()


def test_what_is_in_memory_stays_here(context: ClusterContext) -> None:
    with pytest.raises(TypeError, match="make it with the context that procession.connect"):
        context.Process(target=put_under_lock, args=(procession.Lock(), context.Queue())).start()


def test_a_start_method_starts_processes_here(remote: ClusterContext) -> None:
    queue = remote.Queue()
    process = remote.get_context("spawn").Process(target=describe, args=(queue,), name="here")
    process.start()
    assert queue.get()[0] == "here"
    process.join()


_CLIENT = """
import sys
import procession
from test_cluster_processes import stay

if __name__ == "__main__":
    context = procession.connect()
    pids, go = context.Queue(name="pids"), context.Event(name="go")
    for daemon in (True, False):
        context.Process(target=stay, args=(pids, go), daemon=daemon).start()
    print("started", flush=True)
    sys.stdin.read()
"""


def stay(pids: Any, go: Any) -> None:
    pids.put((procession.current_process().daemon, os.getpid()))
    assert go.wait(60)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_daemonic_process_ends_with_its_client(
    is_killed: bool, tmp_path: Path, remote: ClusterContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = remote._cluster.url
    pids, go = remote.Queue(name="pids"), remote.Event(name="go")
    monkeypatch.setenv("PROCESSION_URL", url)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    (tmp_path / "client.py").write_text(_CLIENT)
    with hosts.Host(url, "--slots", "1"):
        with subprocess.Popen([sys.executable, str(tmp_path / "client.py")], stdin=subprocess.PIPE) as client:
            found = dict(pids.get(timeout=60) for _ in range(2))
            if is_killed:
                client.kill()
            assert client.stdin is not None
            client.stdin.close()
            _wait_until(lambda: not _is_running(found[True]))
            # The other one goes on; a client that exits by itself waits for it, as `multiprocessing` does.
            assert _is_running(found[False])
            go.set()
            assert client.wait(60) == (-signal.SIGKILL if is_killed else 0)
        _wait_until(lambda: not _is_running(found[False]))


_INTERRUPTED = """
import _thread, threading, procession
from test_cluster_processes import describe

if __name__ == "__main__":
    context = procession.connect()
    process = context.Process(target=describe, args=(context.Queue(name="answers"),))
    threading.Timer(0.2, _thread.interrupt_main).start()
    try:
        process.start()
    except KeyboardInterrupt:
        print("interrupted", procession.active_children())
"""


def test_a_process_that_was_given_up_while_it_waited_for_a_host_is_never_begun(
    tmp_path: Path, remote: ClusterContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = remote._cluster.url
    monkeypatch.setenv("PROCESSION_URL", url)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    ended = programs.run(tmp_path, _INTERRUPTED)
    assert (ended.returncode, ended.stdout) == (0, "interrupted []\n"), ended.stderr
    answers = remote.Queue(name="answers")
    with hosts.Host(url, "--slots", "1"):
        process = remote.Process(target=describe, args=(answers,), name="the only one")
        process.start()
        process.join()
    assert answers.get()[0] == "the only one" and answers.empty()


def _is_running(pid: int | None) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.01)
