"""Queues on a server: the tests of queues in memory, again, with each kind of server."""

# ruff: noqa: F401, F403, F811
from multiprocessing import connection
from typing import Any

import procession
import pytest
import test_queues
from elsewhere import substitute
from procession.cluster import ClusterContext, PayloadTooLarge, SettingsMismatch
from procession.cluster.queues import Queue
from test_queues import *

# Items are copies of what was put, in any case; the rest would take minutes, or is about shared memory.
del test_a_queue_without_limit_takes_more_than_any_pipe
del test_a_small_array_does_not_keep_the_memory_of_a_large_item
del test_derived_queues_keep_what_is_theirs
del test_put_many_takes_items_of_every_kind


@pytest.fixture(autouse=True)
def everything_is_elsewhere(monkeypatch: pytest.MonkeyPatch, remote: ClusterContext) -> None:
    substitute(monkeypatch, test_queues, remote)


@pytest.fixture
def context(remote: ClusterContext, method: str) -> ClusterContext:
    return remote.get_context(method)


def test_many_items_of_every_kind(remote: ClusterContext) -> None:
    queue = remote.Queue()
    items = [1, "two", b"3" * 1_000_000, [4], numpy.arange(1000), remote.Lock(name="lock"), None, *range(5000)]
    assert queue.put_many(items) == len(items)
    received = queue.get_many(100_000)
    assert received[:4] == items[:4]
    assert numpy.array_equal(received[4], items[4])
    assert received[5].name == "lock"
    assert received[6:] == items[6:]


def test_a_name_leads_to_a_queue_that_was_made_in_the_same_way(remote: ClusterContext) -> None:
    remote.Queue(5, name="orders").put("first")
    assert remote.Queue(5, name="orders").get() == "first"
    for other in (lambda: remote.Queue(6, name="orders"), lambda: remote.JoinableQueue(5, name="orders")):
        with pytest.raises(SettingsMismatch, match='the queue "orders" exists already') as raised:
            other()
        assert isinstance(raised.value, ValueError)


def test_too_large_an_item_is_refused(remote: ClusterContext) -> None:
    queue = remote.Queue()
    with pytest.raises(PayloadTooLarge, match="send it in parts"):
        queue.put(bytes(65 << 20))
    assert queue.empty()


def test_the_reader_can_be_waited_for(remote: ClusterContext) -> None:
    queue = remote.SimpleQueue()
    assert connection.wait([queue._reader], 0) == []
    queue.put("word")
    assert connection.wait([queue._reader], 60) == [queue._reader]
    assert queue._reader.recv() == "word"


class Tagged(Queue[Any]):
    def __new__(cls, *arguments: Any, tag: str = "", **options: Any) -> Any:
        queue = super().__new__(cls, *arguments, **options)
        queue.tag = tag
        return queue


def test_what_derives_keeps_what_is_its_own(context: ClusterContext) -> None:
    queue = Tagged(context._cluster, tag="mine")
    answers = context.Queue()
    process = context.Process(target=_tell_tag, args=(queue, answers))
    process.start()
    assert answers.get() == ("Tagged", "mine")
    process.join()


def _tell_tag(queue: Any, answers: Any) -> None:
    answers.put((type(queue).__name__, queue.tag))
