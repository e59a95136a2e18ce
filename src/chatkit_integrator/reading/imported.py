"""Which modules of a repository run with a program: those that it imports, and those that they import in turn."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatkit_integrator.reading.python import PythonModules


def imported(modules: PythonModules, paths: Iterable[str]) -> frozenset[str]:
    """The modules at ``paths`` and all that is imported from there, at the top or inside a function.

    What is loaded by a name that is put together when the program runs is not among them.
    """
    found: set[str] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        module = modules.module(path)
        if path in found or module is None:
            continue
        found.add(path)
        waiting += (one for node in ast.walk(module.tree) for one in _targets(modules, path, node))
    return frozenset(found)


def _targets(modules: PythonModules, path: str, node: ast.AST) -> Iterator[str]:
    """The files that an import statement loads: of ``a.b.c`` those of ``a`` and ``a.b`` too."""
    wanted: list[tuple[str, int]] = []
    if isinstance(node, ast.Import):
        wanted += ((name, 0) for alias in node.names for name in _prefixes(alias.name))
    elif isinstance(node, ast.ImportFrom):
        source = node.module or ""
        wanted += ((name, node.level) for name in _prefixes(source))
        wanted += ((f"{source}.{alias.name}" if source else alias.name, node.level) for alias in node.names)
    for name, level in wanted:
        target = modules.locate(path, name, level)
        if target is not None:
            yield target


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:taken]) for taken in range(1, len(parts) + 1))
