"""Changes that are one step, whoever else changes the same thing."""

from multiprocessing.context import BaseContext
from typing import Any

import procession
import pytest

ROUNDS = 200
PROCESSES = 3


@pytest.fixture
def manager() -> Any:
    with procession.Manager() as manager:
        yield manager


def append_one(values: list[int]) -> list[int]:
    return [*values[-20:], 1]


def count(shared: Any, values: Any, value: Any, namespace: Any, array: Any, lock: Any) -> None:
    for number in range(ROUNDS):
        shared.add("count")
        shared.add(1.5, 0.5)
        shared.update_with("values", append_one, [])
        values.update_with(-1, lambda last: last + 1)
        values.insert(-1, number)
        values.pop(0)
        value.add(2)
        value.update_with(lambda former: former + 1)
        namespace._add("count")
        namespace._update_with("text", lambda text: text[-10:] + "a", "")
        with lock:
            array[0] += 1


def test_nothing_is_lost(context: BaseContext, manager: Any) -> None:
    things = (
        manager.dict(),
        manager.list([0, 0, 0, 0]),
        manager.Value("i", 0),
        manager.Namespace(),
        manager.Array("q", [0]),
        manager.Lock(),
    )
    children = [context.Process(target=count, args=things) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    shared, values, value, namespace, array, _ = things
    rounds = ROUNDS * PROCESSES
    assert shared["count"] == rounds and shared[1.5] == rounds / 2 and len(shared["values"]) == 21
    assert len(values) == 4 and values[-1] == rounds
    assert value.value == 3 * rounds
    assert namespace.count == rounds and namespace.text == "a" * 11
    assert array[0] == rounds


def take(shared: Any, values: Any, results: Any) -> None:
    taken = []
    while True:
        try:
            taken.append(shared.popitem()[0])
            taken.append(values.pop(0))
        except (KeyError, IndexError):
            break
    results.put(taken)


def test_everything_is_taken_once(context: BaseContext, manager: Any) -> None:
    shared, values = manager.dict({number: None for number in range(ROUNDS)}), manager.list(range(ROUNDS, 2 * ROUNDS))
    results = context.Queue()
    children = [context.Process(target=take, args=(shared, values, results)) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    taken = sum((results.get() for _ in children), [])
    for child in children:
        child.join()
    assert sorted([*taken, *shared, *values]) == list(range(2 * ROUNDS))


def test_what_the_function_raises_changes_nothing(manager: Any) -> None:
    def fail(value: Any) -> Any:
        raise ValueError(value)

    shared, values, value = manager.dict(a=1), manager.list([1]), manager.Value("i", 1)
    for attempt in (
        lambda: shared.update_with("a", fail),
        lambda: shared.update_with("b", fail, 1),
        lambda: values.update_with(0, fail),
        lambda: value.update_with(fail),
    ):
        with pytest.raises(ValueError, match="1"):
            attempt()
    assert (shared.copy(), values[:], value.value) == ({"a": 1}, [1], 1)


def test_nothing_to_change(manager: Any) -> None:
    with pytest.raises(KeyError):
        manager.dict().update_with("a", str)
    with pytest.raises(IndexError):
        manager.list().update_with(0, str)
    with pytest.raises(AttributeError):
        manager.Namespace()._update_with("a", str)
    assert manager.dict().update_with("a", str, None) == "None"


def test_it_is_called_again_if_somebody_was_quicker(manager: Any) -> None:
    shared = manager.dict(a=1)
    seen = []

    def change(value: int) -> int:
        seen.append(value)
        if value == 1:
            shared["a"] = 10
        return value + 1

    assert shared.update_with("a", change) == 11
    assert seen == [1, 10]


def test_a_list_that_changes_is_sorted_anew(manager: Any) -> None:
    values = manager.list([3, 1, 2])
    calls = []

    def key(value: int) -> int:
        if not calls:
            values.append(0)
        calls.append(value)
        return value

    values.sort(key=key)
    assert values[:] == [0, 1, 2, 3]
