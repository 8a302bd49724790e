"""What this machine and this process may use."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

__all__ = ["available_memory", "control_group_limit", "is_sandboxed", "limit", "processors", "processors_by_quota", "size"]

CONTROL_GROUPS = Path("/sys/fs/cgroup")


def size(number: float) -> str:
    """A number of bytes, in the largest unit that fits."""
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if number < 1024 or unit == "TiB":
            break
        number /= 1024
    return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"


def limit(which: int) -> int | None:
    """The limit of this process for a resource; None if there is none."""
    soft, _ = resource.getrlimit(which)
    return None if soft == resource.RLIM_INFINITY else soft


def processors() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0))


def available_memory() -> int | None:
    """Bytes of memory that the machine could still give; None if it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return found[0] * 1024 if found else None


def is_sandboxed() -> bool:
    """Whether a filter decides which system calls this process may make."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return False
    return any(line.split() == ["Seccomp:", "2"] for line in lines)


def control_group_limit(name: str) -> int | None:
    """The least that any control group of this process says in the file of that name; None if none says anything."""
    numbers = [int(text) for text in _control_group_files(name) if text.isdecimal()]
    return min(numbers, default=None)


def processors_by_quota() -> float | None:
    """How many processors' time the control groups allow; None if that is not limited."""
    quotas = []
    for text in _control_group_files("cpu.max"):
        quota, _, period = text.partition(" ")
        if quota.isdecimal() and period.isdecimal():
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def _control_group_files(name: str) -> Iterator[str]:
    for directory in _control_groups():
        try:
            yield (directory / name).read_text().strip()
        except OSError:
            continue


def _control_groups() -> Iterator[Path]:
    """The directories of this process's control group, and of those that it is in."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    paths = [line.removeprefix("0::") for line in lines if line.startswith("0::")]
    for path in paths:
        directory = CONTROL_GROUPS / path.lstrip("/")
        yield directory
        yield from (parent for parent in directory.parents if parent.is_relative_to(CONTROL_GROUPS))
