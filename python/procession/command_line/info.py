"""`python -m procession info`: versions, limits, and what the kernel offers."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import sysconfig
from importlib import util
from typing import Any

from .. import __version__, _native, get_all_start_methods, get_start_method
from . import machine

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser("info", help="versions, limits, and what the kernel offers")
    parser.add_argument("--json", action="store_true", help="for programs: one object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints it."""
    sections = collect()
    if options.json:
        print(json.dumps(sections, indent=2))
        return 0
    width = max(len(name) for section in sections.values() for name in section)
    for title, section in sections.items():
        print(title)
        for name, value in section.items():
            print(f"  {name:{width}}  {value}")
    return 0


def collect() -> dict[str, dict[str, str]]:
    """All there is to tell, by section."""
    return {
        "versions": _versions(),
        "machine": _machine(),
        "this session": _session(),
        "this process": _process(),
        "kernel": {name: "yes" if error is None else str(error) for name, _, error in _native.capabilities()},
        "optional packages": {
            name: "installed" if util.find_spec(name) else "not installed" for name in ("cloudpickle", "numpy", "tqdm")
        },
    }


def _versions() -> dict[str, str]:
    build = "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "with the interpreter's lock"
    return {
        "procession": __version__,
        "native module": str(_native.__file__),
        "layout of shared memory": str(_native.layout_version()),
        "Python": f"{platform.python_implementation()} {platform.python_version()}, {build}",
        "interpreter": sys.executable,
        "C library": " ".join(platform.libc_ver()) or "unknown",
    }


def _machine() -> dict[str, str]:
    quota = machine.processors_by_quota()
    memory = machine.available_memory()
    group = machine.control_group_limit("memory.max")
    return {
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "processors": f"{os.cpu_count()}, of which this process may use {machine.processors()}",
        "processors by quota": "not limited" if quota is None else f"{quota:.2g}",
        "memory available": "unknown" if memory is None else machine.size(memory),
        "memory of the control group": "not limited" if group is None else machine.size(group),
        "system calls filtered": "yes" if machine.is_sandboxed() else "no",
    }


def _session() -> dict[str, str]:
    return {
        **_limits(),
        "start methods": ", ".join(get_all_start_methods()),
        "start method unless told otherwise": get_start_method(),
    }


def _limits() -> dict[str, str]:
    try:
        memory, processes, threads = _native.limits()
    except (OSError, MemoryError, RuntimeError) as error:
        return {"cannot begin": str(error)}
    return {
        "shared memory, at most": machine.size(memory),
        "processes, at most": f"{processes:,}",
        "threads that use shared objects, at most": f"{threads:,}",
    }


def _process() -> dict[str, str]:
    def number(which: int) -> str:
        found = machine.limit(which)
        return "not limited" if found is None else f"{found:,}"

    def size(which: int) -> str:
        found = machine.limit(which)
        return "not limited" if found is None else machine.size(found)

    return {
        "open files (ulimit -n)": number(resource.RLIMIT_NOFILE),
        "processes of the user (ulimit -u)": number(resource.RLIMIT_NPROC),
        "address space (ulimit -v)": size(resource.RLIMIT_AS),
        "size of a file (ulimit -f)": size(resource.RLIMIT_FSIZE),
    }
