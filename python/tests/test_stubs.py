"""The stub of the package, whose names are made at run time. Those of the native module are compared by `mypy.stubtest`."""

from __future__ import annotations

import ast
from pathlib import Path

import procession

STUB = ast.parse(Path(procession.__file__).with_suffix(".pyi").read_text("utf-8"))


def test_it_names_what_is_public() -> None:
    (names,) = [
        ast.literal_eval(node.value)
        for node in STUB.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert sorted(names) == sorted(procession.__all__)
    assert names == sorted(names)


def test_it_defines_what_it_names() -> None:
    defined = set()
    for node in STUB.body:
        match node:
            case ast.ImportFrom(names=aliases):
                defined |= {alias.asname or alias.name for alias in aliases}
            case ast.Assign(targets=[ast.Name(id=name)]):
                defined.add(name)
    assert set(procession.__all__) <= defined
