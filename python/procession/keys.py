"""Which keys of shared dicts are equal.

In a dict of one process Python asks the keys: ``hash(a) == hash(b) and a == b``. A dict in shared memory has nobody to ask, since its keys are bytes; so equal keys
must become equal bytes. That is so for all types of the stdlib that are used as keys, for what derives from them without comparing
in its own way, for enums, for frozen dataclasses and for NumPy's scalars. `register` adds others.

As with a manager of the stdlib, whose server gets a copy of each key, a key that is equal to nothing but itself (a NaN, an object that compares by identity)
can be inserted, and met by iterating, but not found.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import numbers
import types
from collections.abc import Callable
from typing import Any, TypeVar

from . import _native
from .shared_object import SharedObject

__all__ = ["register"]

K = TypeVar("K")

#: What a key is reduced to: a name and a value that is equal for equal keys of that name. Without a name, the key is equal to the value itself;
#: with an empty one, to nothing.
Reduced = tuple[str | None, Any]
Reduction = Callable[[Any], Reduced]

_UNIQUE: Reduced = ("", None)


def register(cls: type[K], reduce: Callable[[K], Any]) -> None:
    """Lets instances of `cls` be keys of shared dicts.

    Args:
        cls: a type with an ``__eq__`` and a ``__hash__`` of its own.
        reduce: gets a key and returns what it is compared by, for instance a tuple of its fields: something that can be a key itself, and is
            equal for two keys if and only if they are equal.

    Every process that uses such keys must do this, best right after the class was defined.
    """
    name = _name_of(cls)
    _reductions[cls] = lambda key: (name, reduce(key))


def reduced(key: Any) -> Reduced:
    """What a key is compared by that is of no type that the native module knows.

    Raises:
        TypeError: if nobody knows.
    """
    cls = type(key)
    reduction = _reductions.get(cls)
    if reduction is None:
        reduction = _reductions[cls] = _reduction_for(cls)
    return reduction(key)


_reductions: dict[type, Reduction] = {}

#: How to make an instance of the base of one of what derives from it, without asking the derived type.
_BASES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (bytes, lambda key: bytes.__getitem__(key, slice(None))),
    (tuple, lambda key: tuple.__getitem__(key, slice(None))),
    (frozenset, lambda key: frozenset(frozenset.__iter__(key))),
)


def _compares_as(cls: type, base: type) -> bool:
    return cls.__eq__ is base.__eq__ and cls.__hash__ is base.__hash__


def _name_of(thing: Any) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


def _reduction_for(cls: type) -> Reduction:
    for base, convert in _BASES:
        if issubclass(cls, base) and _compares_as(cls, base):
            return functools.partial(_as_base, convert)
    by_name = _reduction_by_name(cls)
    if by_name is not None:
        return by_name
    if issubclass(cls, numbers.Number):
        return _reduce_number
    if issubclass(cls, enum.Enum) and _compares_as(cls, enum.Enum):
        name = _name_of(cls)
        if issubclass(cls, enum.Flag):
            return lambda member: (name, member._value_)
        return lambda member: (name, member._name_)
    if _compares_as(cls, object):
        return _reduce_by_identity
    if cls is types.BuiltinFunctionType:
        return _reduce_builtin
    if dataclasses.is_dataclass(cls) and _compares_by_fields(cls):
        return _dataclass_reduction(cls)
    raise _refusal(cls)


def _refusal(cls: type) -> TypeError:
    return TypeError(
        f"a {cls.__qualname__} cannot be a key of a shared dict, because its type compares in its own way, which other processes cannot ask for: "
        f"use what it is compared by as the key, such as a tuple of its fields, or say what that is with "
        f"procession.keys.register({cls.__qualname__}, ...)"
    )


def _as_base(convert: Callable[[Any], Any], key: Any) -> Reduced:
    return None, convert(key)


def _reduce_number(key: Any) -> Reduced:
    """Numbers are equal if their values are, whatever their types."""
    if isinstance(key, numbers.Integral):
        return None, int(key)
    if isinstance(key, numbers.Rational):
        return _ratio(int(key.numerator), int(key.denominator))
    if isinstance(key, numbers.Complex) and not isinstance(key, numbers.Real):
        return _reduce_complex(complex(key))
    if key != key:
        return _UNIQUE
    try:
        return _ratio(*map(int, key.as_integer_ratio()))
    except OverflowError:
        return None, float(key)


def _reduce_complex(key: complex) -> Reduced:
    if key.imag == 0:
        return None, key.real
    return "complex", (key.real, key.imag)


def _ratio(numerator: int, denominator: int) -> Reduced:
    if denominator == 1:
        return None, numerator
    try:
        number = numerator / denominator
    except OverflowError:
        return "ratio", (numerator, denominator)
    if number.as_integer_ratio() == (numerator, denominator):
        return None, number
    return "ratio", (numerator, denominator)


def _reduce_by_identity(key: Any) -> Reduced:
    """Found again in another process is only what is pickled by its name."""
    if isinstance(key, SharedObject):
        return _UNIQUE
    if isinstance(key, _native.ClusterObject):
        raise TypeError(
            "a shared object on a server cannot be a key, or a part of one: it compares by identity, which no other process knows; use its name"
        )
    if isinstance(key, (type, types.FunctionType)):
        return "by name", _name_of(key)
    name = key.__reduce_ex__(4)
    if isinstance(name, str):
        return "by name", f"{getattr(key, '__module__', None)}:{name}"
    return _UNIQUE


def _reduce_builtin(key: Any) -> Reduced:
    if key.__self__ is None or isinstance(key.__self__, types.ModuleType):
        return "by name", _name_of(key)
    raise TypeError(f"a method of an object cannot be a key of a shared dict: {key!r}")


def _compares_by_fields(cls: Any) -> bool:
    """Whether a dataclass has the `__eq__` and the `__hash__` that its decorator makes."""
    fields = [(field.name, Any, dataclasses.field(compare=field.compare, hash=field.hash)) for field in dataclasses.fields(cls)]
    made = dataclasses.make_dataclass("Made", fields, frozen=True)
    return all(_has_code_of(getattr(cls, name), getattr(made, name)) for name in ("__eq__", "__hash__"))


def _has_code_of(method: Any, made: Any) -> bool:
    code, other = getattr(method, "__code__", None), made.__code__
    return code is not None and (code.co_code, code.co_names, code.co_varnames) == (
        other.co_code,
        other.co_names,
        other.co_varnames,
    )


def _dataclass_reduction(cls: Any) -> Reduction:
    name = _name_of(cls)
    compared = [field.name for field in dataclasses.fields(cls) if field.compare]
    return lambda key: (name, tuple(getattr(key, field) for field in compared))


def _reduction_by_name(cls: type) -> Reduction | None:
    """The reduction for types of modules that this one does not import; of what derives from them if it compares in the same way."""
    for base in cls.__mro__:
        reduction = _BY_NAME.get(f"{base.__module__}.{base.__qualname__}")
        if reduction is not None:
            return reduction if _compares_as(cls, base) else None
    return None


def _reduce_time(key: Any) -> Reduced:
    offset = key.utcoffset()
    if offset is None:
        return "naive time", (key.hour, key.minute, key.second, key.microsecond)
    seconds = key.hour * 3600 + key.minute * 60 + key.second
    return "time", (seconds * 10**6 + key.microsecond) - _microseconds(offset)


def _reduce_datetime(key: Any) -> Reduced:
    # Which of two equal times of the clock is meant plays no part in comparing.
    key = key.replace(fold=0)
    offset = key.utcoffset()
    moment = key.toordinal() * 86400 * 10**6 + (key.hour * 3600 + key.minute * 60 + key.second) * 10**6 + key.microsecond
    if offset is None:
        return "naive datetime", moment
    return "datetime", moment - _microseconds(offset)


def _microseconds(duration: Any) -> int:
    microseconds: int = (duration.days * 86400 + duration.seconds) * 10**6 + duration.microseconds
    return microseconds


def _reduce_range(key: range) -> Reduced:
    first = key.start if key else None
    step = key.step if len(key) > 1 else None
    return "range", (len(key), first, step)


def _reduce_path(key: Any) -> Reduced:
    is_windows = any(base.__name__ == "PureWindowsPath" for base in type(key).__mro__)
    return ("windows path", str(key).lower()) if is_windows else ("path", str(key))


def _reduce_duration_of_numpy(key: Any) -> Reduced:
    # An integer by its bases, but one that is compared by its unit as well.
    raise _refusal(type(key))


def _reduce_zone(key: Any) -> Reduced:
    return _UNIQUE if key.key is None else ("zone", key.key)


_BY_NAME: dict[str, Reduction] = {
    "builtins.complex": lambda key: _reduce_complex(complex(key.real, key.imag)),
    "builtins.range": _reduce_range,
    "datetime.date": lambda key: ("date", key.toordinal()),
    "datetime.datetime": _reduce_datetime,
    "datetime.time": _reduce_time,
    "datetime.timedelta": lambda key: ("timedelta", _microseconds(key)),
    "datetime.timezone": lambda key: ("timezone", _microseconds(key.utcoffset(None))),
    "zoneinfo.ZoneInfo": _reduce_zone,
    "numpy.bool": lambda key: (None, int(key)),
    "numpy.bool_": lambda key: (None, int(key)),
    "numpy.bytes_": lambda key: (None, bytes.__getitem__(key, slice(None))),
    "numpy.str_": lambda key: (None, str.__str__(key)),
    "numpy.timedelta64": _reduce_duration_of_numpy,
    "uuid.UUID": lambda key: ("uuid", key.int),
    "ipaddress.IPv4Address": lambda key: ("ipv4 address", int(key)),
    "ipaddress.IPv6Address": lambda key: ("ipv6 address", (int(key), key.scope_id)),
    "ipaddress.IPv4Network": lambda key: ("ipv4 network", (int(key.network_address), int(key.netmask))),
    "ipaddress.IPv6Network": lambda key: ("ipv6 network", (int(key.network_address), int(key.netmask))),
    **{
        f"{module}.{name}": _reduce_path
        for module in ("pathlib", "pathlib._local")
        for name in ("PurePath", "PurePosixPath", "PureWindowsPath")
    },
}
