"""Locks and their kin on a server: the tests of those in memory, again, with each kind of server."""

# ruff: noqa: F401, F403, F811
import threading
from typing import Any

import pytest
import test_synchronize
from elsewhere import substitute
from procession.cluster import ClusterContext, SettingsMismatch
from procession.cluster.synchronize import RLock
from test_synchronize import *

# Its objects have handles, and ctypes of the stdlib.
del test_shared_objects_are_the_same_in_every_process
del test_ctypes_are_guarded_by_our_locks


@pytest.fixture(autouse=True)
def everything_is_elsewhere(monkeypatch: pytest.MonkeyPatch, remote: ClusterContext) -> None:
    substitute(monkeypatch, test_synchronize, remote)


@pytest.fixture
def context(remote: ClusterContext, method: str) -> ClusterContext:
    return remote.get_context(method)


def _tell_names(shared: Any, answers: Any) -> None:
    answers.put([thing.name for thing in shared])


def test_they_are_the_same_in_every_process(context: ClusterContext) -> None:
    shared = [getattr(context, kind)(*arguments) for kind, arguments in SHARED.items()]
    answers = context.Queue()
    process = context.Process(target=_tell_names, args=(shared, answers))
    process.start()
    assert answers.get() == [thing.name for thing in shared]
    process.join()


def test_names_lead_to_the_same_locks(remote: ClusterContext) -> None:
    for kind in ("Lock", "RLock"):
        with getattr(remote, kind)(name=kind):
            assert getattr(remote, kind)(name=kind).locked()
            assert in_thread(lambda kind=kind: getattr(remote, kind)(name=kind).acquire(False)) is False
    assert remote.Semaphore(3, name="permits").acquire()
    assert remote.Semaphore(3, name="permits").get_value() == 2
    with pytest.raises(SettingsMismatch):
        remote.Semaphore(4, name="permits")
    with pytest.raises(SettingsMismatch):
        remote.BoundedSemaphore(3, name="permits")
    assert remote.Barrier(2, name="start").parties == 2
    with pytest.raises(SettingsMismatch):
        remote.Barrier(3, name="start")


def test_a_condition_has_the_lock_of_its_name(remote: ClusterContext) -> None:
    condition = remote.Condition(name="changed")
    with condition:
        assert remote.RLock(name="changed").is_mine()
        assert remote.Condition(name="changed").wait(0.001) is False
    with pytest.raises(SettingsMismatch):
        remote.Condition(remote.Lock(name="another"), name="changed")


def test_fences_grow(remote: ClusterContext) -> None:
    lock, reentrant = remote.Lock(), remote.RLock()
    assert (lock.fence, lock.lost, reentrant.fence, reentrant.lost) == (None, False, None, False)
    fences = []
    for _ in range(3):
        with lock, reentrant, reentrant:
            fences.append((lock.fence, reentrant.fence))
            assert not lock.lost and not reentrant.lost
    assert fences == sorted(set(fences))
    assert lock.fence is None


def test_a_lock_that_is_held_for_longer_than_its_lease_stays_held(remote: ClusterContext) -> None:
    lock, other = remote.Lock(), remote.Lock(name="another")
    with lock:
        assert in_thread(lambda: lock.acquire(timeout=2.5 * remote.lease)) is False
        assert lock.is_mine() and not lock.lost
    assert not other.locked()
