"""A template's text with its host imports rewired to the modules of the project that it is put into.

A template is an ordinary source file that imports what it expects of the project from ``host``. Installing it replaces those
imports and changes nothing else.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "host"


@dataclass(frozen=True, slots=True)
class Binding:
    """How a host name is bound in a project: import statements, then perhaps an assignment."""

    imports: tuple[str, ...]
    assignment: str | None = None


def rewire(text: str, bindings: Mapping[str, Binding]) -> str:
    """Replace each ``from host import a, b`` by the project's own imports.

    Raises ``ValueError`` where a host name has no binding. Imports keep the blocks of the file: a relative import goes to the
    end of them, an absolute one where the host's stood.
    """
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text)
    assignments: list[str] = []
    for node in sorted(ast.walk(tree), key=lambda one: getattr(one, "lineno", 0), reverse=True):
        if not isinstance(node, ast.ImportFrom) or node.module != HOST or node.level:
            continue
        new: list[str] = []
        indent = " " * node.col_offset
        for alias in node.names:
            if alias.name not in bindings:
                raise ValueError(f"no binding for {HOST}.{alias.name}")
            binding = bindings[alias.name]
            new += [f"{indent}{one}\n" for one in binding.imports]
            if binding.assignment and node.col_offset:
                new.append(f"{indent}{binding.assignment}\n")
            elif binding.assignment:
                assignments.append(binding.assignment + "\n")
        lines[node.lineno - 1 : node.end_lineno] = new if node.col_offset else []
        if not node.col_offset:
            lines = _with_imports("".join(lines), new)
    if assignments:
        lines = _after_imports("".join(lines), assignments)
    return "".join(lines)


def _last_import(text: str) -> int:
    """The number of the line that the last import at module level ends on."""
    found = [node for node in ast.parse(text).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return max((node.end_lineno or node.lineno for node in found), default=0)


def _with_imports(text: str, new: list[str]) -> list[str]:
    """Sort import lines into their blocks: standard library, third party and project, then relative."""
    for line in dict.fromkeys(new):
        if line not in text.splitlines(keepends=True):
            text = _with_import(text, line)
    return text.splitlines(keepends=True)


def _key(line: str) -> tuple[int, int, str]:
    import sys  # noqa: PLC0415 - only here

    words = line.split()
    module = words[1]
    if module.startswith("."):
        return 2, -len(module) + len(module.lstrip(".")), module.lower()
    standard = module.split(".")[0] in sys.stdlib_module_names
    return 0 if standard else 1, 0, f"{'1' if words[0] == 'from' else '0'}{module.lower()}"


def _with_import(text: str, line: str) -> str:
    lines = text.splitlines(keepends=True)
    existing = [node for node in ast.parse(text).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    wanted = _key(line)
    place, block = None, -1
    for node in existing:
        source = lines[node.lineno - 1]
        if _key(source) <= wanted:
            place, block = (node.end_lineno or node.lineno), _key(source)[0]
    if place is None:
        if not existing:
            docstring = ast.parse(text).body[0]
            at = docstring.end_lineno or 1
            return "".join([*lines[:at], "\n", line, *lines[at:]])
        at = existing[0].lineno - 1
        gap = "" if _key(lines[at])[0] == wanted[0] else "\n"
        return "".join([*lines[:at], line, gap, *lines[at:]])
    before = "" if block == wanted[0] else "\n"
    follows = next((node for node in existing if node.lineno > place), None)
    after = "\n" if follows and _key(lines[follows.lineno - 1])[0] != wanted[0] and before else ""
    rest = lines[place:]
    if after and rest and rest[0] == "\n":
        after = ""
    return "".join([*lines[:place], before, line, after, *rest])


def _after_imports(text: str, assignments: list[str]) -> list[str]:
    at = _last_import(text)
    lines = text.splitlines(keepends=True)
    rest = lines[at:]
    while rest and rest[0] == "\n":
        rest.pop(0)
    return [*lines[:at], "\n", *assignments, "\n", "\n", *rest]
