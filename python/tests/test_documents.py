"""The documents at the root: links lead somewhere, the first program runs, and the translation is in step."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "MIGRATING.md", "MANY_MACHINES.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def blocks(text: str) -> list[str]:
    return re.findall(r"^```.*?^```", text, flags=re.DOTALL | re.MULTILINE)


def without_words(block: str) -> str:
    """The code, without comments and what stands in strings."""
    block = re.sub(r'"[^"\n]*"', '""', block)
    return re.sub(r"[ ]*(//|#(?!\[)).*", "", block)


def test_the_translation_has_the_same_code() -> None:
    assert [without_words(block) for block in blocks(CHINESE)] == [without_words(block) for block in blocks(ENGLISH)]


def test_the_translation_has_the_same_headings() -> None:
    def levels(text: str) -> list[str]:
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        return re.findall(r"^#+", prose, flags=re.MULTILINE)

    assert levels(CHINESE) == levels(ENGLISH)


def test_the_translation_has_the_same_links() -> None:
    def links(text: str) -> list[str]:
        return re.findall(r"\]\(([^)#]+)\)", text)[1:]

    assert links(CHINESE) == links(ENGLISH)


def test_the_translation_has_the_same_figures() -> None:
    def figures(text: str) -> list[list[str]]:
        rows = [line.strip("|").split("|")[1:] for line in text.splitlines() if line.startswith("|")]
        return [re.findall(r"[\d.]+", " ".join(cells)) for cells in rows]

    assert figures(CHINESE) == figures(ENGLISH)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_the_first_program_runs(text: str, tmp_path: Path) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    path = tmp_path / "program.py"
    path.write_text(program, "utf-8")
    done = subprocess.run([sys.executable, path], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert len(done.stdout.splitlines()) == 5
