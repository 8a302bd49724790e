"""Runs Python programs in interpreters of their own."""

import subprocess
import sys
from pathlib import Path

LIMIT = 60
"""Seconds after which a program hangs."""


def run(directory: Path, source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program from a file and return how it ended, with what it printed.

    Raises:
        subprocess.TimeoutExpired: it hangs.
    """
    script = directory / "program.py"
    script.write_text(source, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, timeout=LIMIT, check=False
    )
