"""redis-py: what everybody can write by hand with the server's own commands. What a process has taken is lost with it."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import redis

__all__ = ["context"]

#: Seconds that a lock lasts whose holder has died.
LEASE = 15


class Queue:
    """A list of the server."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection

    def put(self, element: Any) -> None:
        self._connection.rpush("queue", pickle.dumps(element))

    def get(self) -> Any:
        _, found = self._connection.blpop(["queue"])
        return pickle.loads(found)

    def put_many(self, elements: Sequence[Any]) -> None:
        self._connection.rpush("queue", *map(pickle.dumps, elements))

    def get_many(self, limit: int) -> list[Any]:
        return [pickle.loads(found) for found in self._connection.lpop("queue", limit)]


class Dict:
    """A hash of the server."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection

    def __getitem__(self, key: Any) -> Any:
        found = self._connection.hget("dict", pickle.dumps(key))
        if found is None:
            raise KeyError(key)
        return pickle.loads(found)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._connection.hset("dict", pickle.dumps(key), pickle.dumps(value))


class Context:
    """What it offers."""

    def __init__(self, url: str) -> None:
        self._connection = redis.Redis.from_url(url)

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def Queue(self) -> Queue:
        return Queue(self._connection)

    def dict(self) -> Dict:
        return Dict(self._connection)

    def Lock(self) -> Any:
        return self._connection.lock("lock", timeout=LEASE)


def context(method: str | None) -> type[Context]:
    """What it offers."""
    return Context
