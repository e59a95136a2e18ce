"""A template's text with its host imports rewired to the modules of the project that it is put into.

A template is an ordinary source file that imports what it expects of the project from ``host``. Installing it replaces those
imports and changes nothing else.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOST = "host"


@dataclass(frozen=True, slots=True)
class Binding:
    """How a host name is bound in a project: import statements, then perhaps an assignment or a small function."""

    imports: tuple[str, ...]
    assignment: str | None = None


def rewire(text: str, bindings: Mapping[str, Binding]) -> str:
    """Replace each ``from host import a, b`` by the project's own imports, sorted into place, and assignments behind them.

    Raises ``ValueError`` where a host name has no binding.
    """
    lines = text.splitlines(keepends=True)
    imports: list[str] = []
    assignments: list[str] = []
    for node in sorted(_from_host(ast.parse(text)), key=lambda one: one.lineno, reverse=True):
        for alias in node.names:
            if alias.name not in bindings:
                raise ValueError(f"no binding for {HOST}.{alias.name}")
        found = [bindings[alias.name] for alias in node.names]
        made = [line for one in found if one.assignment for line in one.assignment.splitlines()]
        new = [line for one in found for line in one.imports]
        if node.col_offset:
            indent = " " * node.col_offset
            between = ["\n"] if new and made else []
            written = [*(f"{indent}{line}\n" for line in new), *between, *(f"{indent}{line}".rstrip() + "\n" for line in made)]
            lines[node.lineno - 1 : node.end_lineno] = written
        else:
            lines[node.lineno - 1 : node.end_lineno] = []
            imports = [*new, *imports]
            assignments = [*made, *assignments]
    rewired = "".join(lines)
    return _with_imports(rewired, imports, assignments) if imports or assignments else rewired


def _from_host(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == HOST and not node.level:
            yield node


def _with_imports(text: str, new: list[str], assignments: list[str]) -> str:
    """Write the imports at the top of a text anew, with ``new`` among them and ``assignments`` behind them."""
    lines = text.splitlines(keepends=True)
    body = ast.parse(text).body
    nodes = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if not nodes:  # the host's were the only ones: behind the docstring
        end = body[0].end_lineno or 1
        return "".join([*lines[:end], "\n", *(f"{line}\n" for line in new), *lines[end + 1 :]])
    first, last = nodes[0].lineno - 1, nodes[-1].end_lineno
    present = ["".join(lines[node.lineno - 1 : node.end_lineno]).rstrip("\n") for node in nodes]
    blocks: dict[int, list[tuple[int, str, str]]] = {}
    for line in dict.fromkeys([*present, *_merged(new)]):
        block, distance, module = _key(line, own=line not in present)
        blocks.setdefault(block, []).append((distance, module, line))
    written = "\n\n".join("\n".join(line for *_, line in sorted(blocks[block])) for block in sorted(blocks))
    behind = "\n" + "\n".join(assignments) + "\n" if assignments else ""
    ahead = lines[:first]
    while ahead[-2:] == ["\n", "\n"]:  # where the host's import was the only one of its block
        ahead.pop()
    return "".join([*ahead, written, "\n", behind, *lines[last:]])


def _merged(new: list[str]) -> list[str]:
    """One statement for the plain imports from one module."""
    names: dict[str, list[str]] = {}
    for line in new:
        module, separator, name = line.partition(" import ")
        plain = separator and line.startswith("from ") and " as " not in name
        names.setdefault(module if plain else line, []).extend([name] if plain else [])
    return [f"{start} import {', '.join(sorted(set(found)))}" if found else start for start, found in names.items()]


def _key(line: str, *, own: bool) -> tuple[int, int, str]:
    """Where an import goes: its block (standard library, third party, the project's ``own``, relative), its place there."""
    import sys  # noqa: PLC0415 - only here

    words = line.split()
    module = words[1]
    if module.startswith("."):
        return 3, -len(module) + len(module.lstrip(".")), module.lower()
    block = 0 if module.split(".")[0] in sys.stdlib_module_names else 2 if own else 1
    return block, 0, f"{'1' if words[0] == 'from' else '0'}{module.lower()}"
