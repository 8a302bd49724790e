"""What the doctor can say of a program by reading it: whether it may be imported without starting processes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .finding import Finding, Verdict

__all__ = ["findings"]

#: Calls that start processes, by the last part of their name.
STARTING = frozenset({"Manager", "Pool", "Process", "ProcessPoolExecutor", "process_map"})
#: Statements whose contents do not run when the program is imported.
LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

REMEDY = 'put it under `if __name__ == "__main__":`, since spawn and forkserver import the program in each child'


def findings(path: Path) -> Iterator[Finding]:
    """One for each call outside the guard that starts processes; or one that says that there is none."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (OSError, SyntaxError, ValueError) as error:
        yield Finding(Verdict.BROKEN, f"{path} cannot be read: {error}")
        return
    calls = list(_unguarded(tree.body))
    for call in calls:
        yield Finding(Verdict.BROKEN, f"{path}:{call.lineno} calls {_name(call)} when it is imported", REMEDY)
    if not calls:
        yield Finding(Verdict.FINE, f"{path} starts no process when it is imported")


def _unguarded(nodes: list[ast.stmt]) -> Iterator[ast.Call]:
    waiting: list[ast.AST] = list(nodes)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, LATER):
            continue
        if isinstance(node, ast.If) and _is_guard(node.test):
            waiting = [*node.orelse, *waiting]
            continue
        if isinstance(node, ast.Call) and _name(node) in STARTING:
            yield node
        waiting = [*ast.iter_child_nodes(node), *waiting]


def _is_guard(test: ast.expr) -> bool:
    """Whether it says `__name__ == "__main__"`, alone or with more."""
    return any(
        isinstance(part, ast.Compare)
        and isinstance(part.ops[0], ast.Eq)
        and {ast.unparse(part.left), ast.unparse(part.comparators[0])} == {"__name__", "'__main__'"}
        for part in ast.walk(test)
    )


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
