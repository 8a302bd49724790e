"""Keys of shared dicts are equal when Python says so."""

import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import itertools
import pathlib
import uuid
import zoneinfo
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy
import procession
import pytest
from procession import keys


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Number(enum.IntEnum):
    ONE = 1


class Word(str, enum.Enum):
    A = "a"


class Mode(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: int


class Text(str):
    def __str__(self) -> str:
        return "something else"


@dataclasses.dataclass(frozen=True)
class Place:
    street: str
    number: int
    note: str = dataclasses.field(default="", compare=False)


@dataclasses.dataclass(frozen=True)
class Town:
    street: str
    number: int
    note: str = dataclasses.field(default="", compare=False)


class Circle:
    """Compares in its own way."""

    def __init__(self, radius: int) -> None:
        self.radius = radius

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Circle) and other.radius == self.radius

    def __hash__(self) -> int:
        return hash(self.radius)

    def __repr__(self) -> str:
        return f"Circle({self.radius})"


class Registered(Circle):
    pass


keys.register(Registered, lambda key: key.radius)


class ByIdentity:
    pass


MOSCOW, UTC = zoneinfo.ZoneInfo("Etc/GMT-3"), datetime.timezone.utc
NOON = datetime.datetime(2020, 1, 2, 12, tzinfo=UTC)

KEYS: list[Any] = [
    *(None, True, False, 0, 1, 2, -1, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1, 10**400),
    *(0.0, -0.0, 1.0, 0.5, 1.5, 2.0**63, 2.0**64, 1e300, float("inf"), float("-inf"), 1 + 0j, 1 + 2j, 1.0 + 2.0j, 0.5 + 0j),
    *(decimal.Decimal("1"), decimal.Decimal("1.00"), decimal.Decimal("0.5"), decimal.Decimal("0.1"), decimal.Decimal("Infinity")),
    *(0.1, fractions.Fraction(1, 2), fractions.Fraction(1, 10), fractions.Fraction(2, 1), fractions.Fraction(1, 3)),
    *("", "a", "1", "A", "ä", "\ud800", b"", b"a", b"1", Text("a"), Word.A, Number.ONE, Colour.RED, Colour.GREEN),
    *(Mode.READ, Mode.WRITE, Mode.READ | Mode.WRITE, Mode(3), int, str, Colour, len, print, Ellipsis, NotImplemented),
    *((), (1,), (1.0,), (True, "a"), (1, "a"), (1, 2), Point(1, 2), ((1,),), (((((1,),),),),), (((((1.0,),),),),), (None,)),
    *(tuple(range(20)), tuple(map(float, range(20))), tuple(range(21)), (b"a",), ("a",)),
    *(frozenset(), frozenset([1, "a"]), frozenset(["a", 1.0]), frozenset([1]), frozenset([(1, 2)]), frozenset([Point(1, 2)])),
    *(range(0), range(3, 3), range(0, 3), range(0, 3, 1), range(0, 4, 2), range(0, 3, 2), range(1), range(0, 1, 9)),
    *(datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2), datetime.datetime(2020, 1, 2, fold=1), NOON, NOON.astimezone(MOSCOW)),
    *(NOON.replace(tzinfo=None), datetime.timedelta(days=1), datetime.timedelta(hours=24), UTC, datetime.timezone(datetime.timedelta())),
    *(datetime.time(12), datetime.time(12, tzinfo=UTC), datetime.time(13, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))),
    *(MOSCOW, zoneinfo.ZoneInfo("UTC"), uuid.UUID(int=5), uuid.UUID(int=6)),
    *(pathlib.PurePosixPath("a/b"), pathlib.Path("a/b"), pathlib.PureWindowsPath("a/b"), pathlib.PureWindowsPath("A/B"), pathlib.Path("A/B")),
    *(ipaddress.ip_address("1.2.3.4"), ipaddress.ip_address("::1"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("10.0.0.0/9")),
    *(Place("a", 1), Place("a", 1, "x"), Place("a", 2), Place("a", True), Town("a", 1), Registered(1), Registered(2)),
]


@pytest.fixture(scope="module")
def manager() -> Iterator[Any]:
    with procession.Manager() as manager:
        yield manager


def test_any_two_keys_are_the_same_entry_if_they_are_equal(manager: Any) -> None:
    wrong = []
    for one, other in itertools.product(KEYS, KEYS):
        shared = manager.dict()
        shared[one] = "one"
        if (other in shared) != (hash(one) == hash(other) and one == other):
            wrong.append((one, other))
    assert wrong == []


def test_all_keys_together(manager: Any) -> None:
    real: dict[Any, int] = {}
    shared, updated = manager.dict(), manager.dict()
    for number, key in enumerate(KEYS):
        real[key] = number
        shared[key] = number
        updated.update({key: number})
    for its in (shared, updated, manager.dict(real)):
        assert list(its.values()) == list(real.values())
        assert [(type(key), repr(key)) for key in its.keys()] == [(type(key), repr(key)) for key in real]
        assert its.copy() == real
        assert all(its[key] == number for key, number in real.items())
    for key in KEYS:
        assert shared.pop(key, None) == real.pop(key, None)
    assert len(shared) == 0


def test_numpy_scalars_are_the_numbers_that_they_are(manager: Any) -> None:
    shared = manager.dict({1: "one", 0.5: "half", "a": "text", b"a": "bytes", 1j: "imaginary", 2**63: "large"})
    found = [shared[key] for key in (numpy.int8(1), numpy.uint64(1), numpy.float32(1), numpy.float64(0.5), numpy.float16(0.5))]
    assert found == ["one", "one", "one", "half", "half"]
    assert shared[numpy.bool_(True)] == "one"
    assert shared[numpy.str_("a")] == "text" and shared[numpy.bytes_(b"a")] == "bytes"
    assert shared[numpy.complex128(1j)] == "imaginary" and shared[numpy.uint64(2**63)] == "large"
    assert numpy.float32(0.1) not in manager.dict({0.1: None})
    shared[numpy.int64(7)] = "seven"
    assert shared[7] == "seven" and shared.keys()[-1] == 7


@pytest.mark.parametrize(
    "key", [float("nan"), (1, float("nan")), frozenset([float("nan")]), decimal.Decimal("nan"), complex("nan"), ByIdentity()]
)
def test_what_is_equal_to_nothing_is_met_but_not_found(manager: Any, key: Any) -> None:
    shared = manager.dict()
    shared[key] = 1
    shared[key] = 2
    assert key not in shared and shared.get(key) is None
    with pytest.raises(KeyError):
        shared.pop(key)
    assert shared.values() == [1, 2]
    assert [type(found) for found in shared.keys()] == [type(key)] * 2
    assert shared.setdefault(key, 3) == 3
    assert shared.update_with(key, lambda value: value + 1, 3) == 4
    assert shared.values() == [1, 2, 3, 4]
    assert shared.popitem()[1] == 4


def test_a_type_that_compares_in_its_own_way_is_refused_with_advice(manager: Any) -> None:
    for use in (lambda d: d[Circle(1)], lambda d: d.__setitem__((1, Circle(1)), 1), lambda d: d.update({Circle(1): 1})):
        with pytest.raises(TypeError, match=r"Circle cannot be a key.*procession\.keys\.register\(Circle"):
            use(manager.dict())

    @dataclasses.dataclass(frozen=True)
    class Own(Place):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = Place.__hash__

    with pytest.raises(TypeError, match="cannot be a key"):
        manager.dict()[Own("a", 1)]


def test_a_shared_object_is_no_key(manager: Any) -> None:
    with pytest.raises(TypeError, match="shared object"):
        manager.dict()[manager.list()] = 1


def test_a_key_that_leads_nowhere(manager: Any) -> None:
    nested: Any = ()
    for _ in range(5000):
        nested = (nested,)
    with pytest.raises(RecursionError):
        manager.dict()[nested] = 1
