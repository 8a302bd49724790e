"""What the doctor looks at: kernel, limits, interpreter."""

from __future__ import annotations

import errno
import os
import platform
import resource
import sysconfig
from collections.abc import Iterator

from .. import _native, get_start_method
from . import machine
from .finding import Finding, Verdict

__all__ = ["findings"]

OLDEST_KERNEL = (5, 4)
#: A child costs its parent two or three descriptors, a pipe another two.
FEW_FILES = 256
LITTLE_MEMORY = 256 << 20
FEW_PROCESSES = 64


def findings() -> Iterator[Finding]:
    """Everything that can be said without a program."""
    yield _kernel()
    yield from _capabilities()
    yield _session()
    yield _proc()
    yield _address_space()
    yield _file_size()
    yield _open_files()
    yield _processes()
    yield _memory()
    yield _processors()
    yield _start_method()
    yield _interpreter()


def _kernel() -> Finding:
    release = platform.release()
    numbers = release.split("-")[0].split(".")[:2]
    what = f"Linux {release} on {platform.machine()}"
    if all(number.isdecimal() for number in numbers) and tuple(map(int, numbers)) < OLDEST_KERNEL:
        return Finding(Verdict.BROKEN, what, "procession needs Linux 5.4 or later")
    return Finding(Verdict.FINE, what)


def _capabilities() -> Iterator[Finding]:
    for name, optional, error in _native.capabilities():
        if error is None:
            yield Finding(Verdict.FINE, f"{name} works")
            continue
        verdict = Verdict.WEAK if optional else Verdict.BROKEN
        yield Finding(verdict, f"{name} does not work: {error}", _remedy_for_call(name, error))


def _remedy_for_call(name: str, error: OSError) -> str:
    if name == "mmap" or error.errno in (errno.ENOMEM, errno.EMFILE, errno.ENFILE):
        return "a limit of this process is in the way: see below"
    if error.errno == errno.ENOSYS and not machine.is_sandboxed():
        effect = "sleepers look for deaths every 5 ms instead" if name == "futex_waitv" else "procession cannot work"
        return f"the kernel is too old for it; {effect}"
    return f"a sandbox forbids it: allow {name} in the seccomp profile, or take a newer container runtime's default profile"


def _session() -> Finding:
    try:
        memory, _, _ = _native.limits()
    except (OSError, MemoryError, RuntimeError) as error:
        return Finding(Verdict.BROKEN, f"no session can begin: {error}", "see what else is said here")
    what = f"a session may have {machine.size(memory)} of shared memory"
    if memory < LITTLE_MEMORY:
        return Finding(Verdict.WEAK, what, "it is half of what is available when the session begins; give the machine more")
    return Finding(Verdict.FINE, what)


def _proc() -> Finding:
    if os.access("/proc/self/stat", os.R_OK):
        return Finding(Verdict.FINE, "/proc can be read")
    return Finding(Verdict.WEAK, "/proc cannot be read", "mount it: deaths of processes are found later without it")


def _address_space() -> Finding:
    found = machine.limit(resource.RLIMIT_AS)
    if found is None:
        return Finding(Verdict.FINE, "the address space is not limited")
    return Finding(
        Verdict.WEAK,
        f"the address space is limited to {machine.size(found)}, and shared memory with it",
        "ulimit -v unlimited; to limit what a process takes, use `ulimit -d`, which leaves shared memory alone",
    )


def _file_size() -> Finding:
    found = machine.limit(resource.RLIMIT_FSIZE)
    if found is None:
        return Finding(Verdict.FINE, "the size of files is not limited")
    return Finding(
        Verdict.WEAK, f"files, and so shared memory, may have at most {machine.size(found)}", "ulimit -f unlimited"
    )


def _open_files() -> Finding:
    found = machine.limit(resource.RLIMIT_NOFILE)
    what = "open files are not limited" if found is None else f"this process may have {found:,} files open"
    if found is not None and found < FEW_FILES:
        return Finding(Verdict.WEAK, what, "ulimit -n 4096: each child costs its parent two or three")
    return Finding(Verdict.FINE, what)


def _processes() -> Finding:
    limits = (machine.limit(resource.RLIMIT_NPROC), machine.control_group_limit("pids.max"))
    found = min((limit for limit in limits if limit is not None), default=None)
    what = "processes are not limited" if found is None else f"there may be {found:,} processes and threads"
    if found is not None and found < FEW_PROCESSES:
        return Finding(Verdict.WEAK, what, "ulimit -u, or pids.max of the control group (docker run --pids-limit)")
    return Finding(Verdict.FINE, what)


def _memory() -> Finding:
    found = machine.control_group_limit("memory.max")
    if found is None:
        return Finding(Verdict.FINE, "no control group limits memory")
    what = f"the control group may use {machine.size(found)} of memory, shared memory included"
    if found < LITTLE_MEMORY:
        return Finding(Verdict.WEAK, what, "give the container more: who goes beyond is killed by the kernel")
    return Finding(Verdict.FINE, what)


def _processors() -> Finding:
    usable = machine.processors()
    quota = machine.processors_by_quota()
    if quota is not None:
        usable = min(usable, max(1, round(quota)))
    workers = _workers_of_a_pool()
    what = f"{usable} of {os.cpu_count()} processors can be used; Pool() starts {workers} workers"
    if workers > usable:
        return Finding(Verdict.WEAK, what, f"Pool({usable}), or from Python 3.13 on PYTHON_CPU_COUNT={usable}")
    return Finding(Verdict.FINE, what)


def _workers_of_a_pool() -> int:
    count = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


def _start_method() -> Finding:
    method = get_start_method()
    if method != "fork":
        return Finding(Verdict.FINE, f"processes are started by {method} unless told otherwise")
    return Finding(
        Verdict.FINE,
        "processes are started by fork unless told otherwise: a process that has threads may hang in its copy",
        'set_start_method("forkserver") in programs that start threads first, or use libraries that do',
    )


def _interpreter() -> Finding:
    version = platform.python_version()
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return Finding(Verdict.FINE, f"Python {version}, free-threaded: the native module leaves the lock off")
    return Finding(Verdict.FINE, f"Python {version}")
