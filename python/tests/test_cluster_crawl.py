"""`examples/python/crawl.py`: on this machine, and with two worker hosts of which one is killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import hosts
import pytest
import servers
from test_examples import EXAMPLES, SECONDS

CRAWL = EXAMPLES / "crawl.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory with files in directories, and with what is to be passed over."""
    for number in range(1000):
        path = tmp_path / f"directory {number % 10}" / f"{number:04}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d" % number * 1000)
    (tmp_path / "link").symlink_to(tmp_path / "directory 0" / "0000")
    return tmp_path


def lines(directory: Path) -> list[str]:
    """What is to be printed."""
    files = sorted(str(path) for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return [f"{hashlib.blake2b(Path(path).read_bytes()).hexdigest()}  {path}" for path in files]


@contextlib.contextmanager
def crawling(*arguments: str):
    """The program, ended if the test fails."""
    command = [sys.executable, "-u", str(CRAWL), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as crawl:
        try:
            yield crawl
        finally:
            crawl.kill()


def test_on_this_machine(tree: Path) -> None:
    with crawling(str(tree)) as crawl:
        output, errors = crawl.communicate(timeout=SECONDS)
    assert output.splitlines() == lines(tree)
    assert errors.startswith("1000 files, ")
    assert errors.endswith(" 0 errors\n")
    assert crawl.returncode == 0


def test_on_two_hosts_of_which_one_is_killed(tree: Path) -> None:
    url = f"{servers.url('server')}?namespace=crawl-{os.getpid()}&lease=1"
    options = ["--slots", "1", "--app", str(CRAWL)]
    with hosts.Host(url, *options) as first, hosts.Host(url, *options):
        with crawling("--on", url, str(tree)) as crawl:
            assert crawl.stdout is not None
            head = crawl.stdout.readline()
            first.end(signal.SIGKILL)
            output, errors = crawl.communicate(timeout=SECONDS)
    assert (head + output).splitlines() == lines(tree)
    assert errors.endswith(" 0 errors\n")
    assert crawl.returncode == 0
