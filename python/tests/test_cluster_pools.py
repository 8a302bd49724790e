"""A pool on a server: the tests of pools of this machine, again, with each kind of server and a host of two slots; and what is its own."""

# ruff: noqa: F401, F811
import os
import signal
import time
from pathlib import Path
from typing import Any

import hosts
import procession
import programs
import pytest
import servers
import test_pool_errors
import test_pool_tasks
import test_pool_waiting
from elsewhere import substitute
from procession.cluster import ClusterContext, NotSigned, NoWorkers
from served import context, kind, remote
from test_pool_errors import (
    test_a_callback_may_use_the_pool,
    test_arguments_that_cannot_be_sent_are_the_error_of_the_task,
    test_callbacks_get_what_get_returns,
    test_callbacks_run_in_a_thread_that_is_not_the_callers,
    test_map_does_everything_before_it_raises_the_first_error,
    test_results_that_cannot_be_read_concern_nobody_else,
    test_results_that_cannot_be_sent,
    test_what_a_callback_raises_is_raised_by_get,
    test_what_an_iterable_raises_is_raised_unwrapped,
)
from test_pool_tasks import (
    process_number,
    square,
    test_a_closed_pool_finishes_what_imap_is_still_reading,
    test_an_object_with_a_state_is_a_new_one_for_every_task,
    test_apply_passes_arguments_and_returns_the_value,
    test_arrays_come_back_writable,
    test_imap_reads_an_iterable_that_depends_on_its_results,
    test_imap_with_a_buffersize_reads_no_further_ahead,
    test_imap_yields_in_order_and_imap_unordered_everything,
    test_map_keeps_the_order_whatever_the_chunks,
    test_shared_objects_travel_as_arguments_and_results,
    test_the_iterator_of_imap_has_a_next_with_a_time_limit,
    test_threads_may_share_a_pool,
    test_values_of_all_kinds_survive,
)
from test_pool_waiting import test_results_can_be_awaited


@pytest.fixture(autouse=True)
def everything_is_elsewhere(monkeypatch: pytest.MonkeyPatch, context: ClusterContext) -> None:
    for module in (test_pool_errors, test_pool_tasks, test_pool_waiting):
        substitute(monkeypatch, module, context)


def die_once(calls: Any) -> int:
    count: int = calls.add("calls")
    if count == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return count


def test_a_task_of_a_worker_that_died_is_run_again(context: ClusterContext) -> None:
    with context.Pool() as pool:
        assert pool.apply(die_once, (context.Manager().dict(),)) == 2
        with pytest.raises(procession.WorkerLost):
            pool.apply(die_once, (context.Manager().dict(),), retries=0)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def test_a_task_past_its_time_is_ended(context: ClusterContext) -> None:
    with context.Pool() as pool:
        with pytest.raises(procession.TaskTimeout):
            pool.apply(sleep, (600,), timeout=0.2, retries=0)


def test_settings_of_workers_are_for_the_hosts(context: ClusterContext) -> None:
    for settings in ({"initializer": print}, {"maxtasksperchild": 1}):
        with pytest.raises(ValueError, match="procession worker"):
            context.Pool(**settings)
    with pytest.raises(ValueError, match="at least 1"):
        context.Pool(0)


def test_a_pool_shows_its_name(context: ClusterContext) -> None:
    with context.Pool(name="render") as pool:
        assert repr(pool) == "<procession.cluster.pool.Pool state=RUN name='render'>"


def test_what_is_in_memory_stays_here(context: ClusterContext) -> None:
    with context.Pool() as pool:
        with pytest.raises(TypeError, match="make it with the context that procession.connect"):
            pool.apply(square, (procession.Lock(),))


def begin_and_wait(begun: Any, go: Any) -> int:
    begun.add("begun")
    assert go.wait(60)
    return os.getpid()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_host_that_ends_hands_its_tasks_over(how: signal.Signals, remote: ClusterContext) -> None:
    url = remote._cluster.url
    begun, go = remote.Manager().dict(), remote.Event()
    with remote.Pool() as pool, hosts.Host(url, "--slots", "1", "--drain", "0") as first:
        result = pool.apply_async(begin_and_wait, (begun, go))
        while not begun:
            time.sleep(0.01)
        code = first.end(how)
        assert code == (0 if how == signal.SIGTERM else -how), first.output()
        go.set()
        with hosts.Host(url, "--slots", "1") as second:
            assert result.get(60) != first.process.pid, second.output()
    assert begun["begun"] == 2


def test_a_host_that_is_to_end_finishes_what_it_does(remote: ClusterContext) -> None:
    begun, go = remote.Manager().dict(), remote.Event()
    with remote.Pool() as pool, hosts.Host(remote._cluster.url, "--slots", "1", "--drain", "600") as host:
        result = pool.apply_async(begin_and_wait, (begun, go))
        while not begun:
            time.sleep(0.01)
        host.process.send_signal(signal.SIGTERM)
        go.set()
        assert result.get(60)
        assert host.process.wait(60) == 0
    assert begun["begun"] == 1


_PROGRAM = """
import sys
import procession

prepared = []

def prepare():
    prepared.append("prepared")

def what_was_prepared(number):
    return prepared[number]

if __name__ == "__main__":
    context = procession.connect()
    with context.Pool(name="programs") as pool:
        print(pool.map(what_was_prepared, [0, -1]))
"""


def test_functions_of_a_main_program(tmp_path: Path, remote: ClusterContext, monkeypatch: pytest.MonkeyPatch) -> None:
    url = remote._cluster.url
    monkeypatch.setenv("PROCESSION_URL", url)
    (tmp_path / "program.py").write_text(_PROGRAM)
    with hosts.Host(url, "--pool", "programs", "--slots", "1", "--app", str(tmp_path / "program.py"), "--initializer", "program:prepare") as host:
        ended = programs.run(tmp_path, _PROGRAM)
        assert (ended.returncode, ended.stdout) == (0, "['prepared', 'prepared']\n"), (ended.stderr, host.output())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["http://nowhere"], "redis://"),
        (["redis://127.1:1", "--slots", "0"], "--slots"),
        (["redis://127.0.0.1:1/?patience=0.1"], "not available"),
    ],
)
def test_a_host_that_cannot_begin_says_why(arguments: list[str], complaint: str) -> None:
    with hosts.Host(*arguments) as host:
        assert host.process.wait(60) != 0
        assert complaint in host.output() and "Traceback" not in host.output()


def test_without_a_key_nobody_elsewhere_is_obeyed() -> None:
    with servers.Server() as server:
        url = f"redis://127.1:{server.port}/?insecure=1"
        with pytest.raises(NotSigned, match="PROCESSION_KEY_FILE"):
            procession.connect(url).Pool()
        with hosts.Host(url) as host:
            assert host.process.wait(60) == 1
            assert "PROCESSION_KEY_FILE" in host.output()


def test_a_pool_that_nobody_serves_is_told_of(remote: ClusterContext) -> None:
    with remote.Pool(patience_for_hosts=0.5) as pool:
        with pytest.raises(NoWorkers, match="no worker host"):
            pool.apply(process_number)
