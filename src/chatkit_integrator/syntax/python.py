"""Edits of Python text. libcst finds the places (it reads newer syntax than the running Python does); splices make the edit.

A statement is spoken of by its span in the text: from the first character of its own line to behind its line ending.
"""

from __future__ import annotations

import ast
import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.syntax.text import BOM, Splice, apply, indentation, line_end, line_start, with_endings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import libcst as cst


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: where it stands (character offsets), the line it starts on, its nearest function, and its node."""

    start: int
    end: int
    line: int
    node: cst.BaseStatement | cst.BaseSmallStatement
    block: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed Python text. ``statements`` are all simple and compound statements, in order."""

    text: str
    statements: tuple[Statement, ...]

    def at(self, *block: str) -> Iterator[Statement]:
        """Statements in the body of a function by name (``at()``: of the module), nested blocks included."""
        return (one for one in self.statements if one.block == block)


def parse_check(text: str, path: str) -> None:
    """Raise ``SyntaxRefusedError`` where the text is no Python, of this version or a newer one."""
    try:
        ast.parse(text.removeprefix(BOM))
    except (SyntaxError, ValueError):
        _parse_check_newer(text, path)


def _parse_check_newer(text: str, path: str) -> None:
    import libcst as cst  # noqa: PLC0415 - heavy

    try:
        cst.parse_module(text.removeprefix(BOM))
    except cst.ParserSyntaxError as error:
        raise SyntaxRefusedError(
            f"{path}:{error.raw_line} does not parse as Python; mend it first, nothing was edited."
        ) from error


def read(text: str, path: str) -> Source:
    """Parse a text; ``SyntaxRefusedError`` where it is no Python."""
    import libcst as cst  # noqa: PLC0415 - heavy
    from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415

    parse_check(text, path)
    shift = len(BOM) if text.startswith(BOM) else 0
    body = text[shift:]
    wrapper = MetadataWrapper(cst.parse_module(body), unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    starts = [0]
    for index, char in enumerate(body):
        if char == "\n":
            starts.append(index + 1)

    found: list[Statement] = []

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column + shift

    def walk(nodes: Sequence[cst.CSTNode], block: tuple[str, ...]) -> None:
        for node in nodes:
            if isinstance(node, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
                for small in node.body:
                    place = positions[small]
                    found.append(
                        Statement(
                            offset(place.start.line, place.start.column),
                            offset(place.end.line, place.end.column),
                            place.start.line,
                            small,
                            block,
                        )
                    )
            elif isinstance(node, cst.BaseCompoundStatement):
                place = positions[node]
                found.append(
                    Statement(
                        offset(place.start.line, place.start.column),
                        offset(place.end.line, place.end.column),
                        place.start.line,
                        node,
                        block,
                    )
                )
                inner = (*block, node.name.value) if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else block
                for child in _suites(node):
                    walk(child.body, inner)

    walk(wrapper.module.body, ())
    return Source(text, tuple(found))


def _suites(node: cst.CSTNode) -> Iterator[cst.BaseSuite]:
    import libcst as cst  # noqa: PLC0415 - heavy

    for child in node.children:
        if isinstance(child, cst.BaseSuite):
            yield child
        elif isinstance(child, (cst.Else, cst.If, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally, cst.MatchCase)):
            yield from _suites(child)


def code(node: cst.CSTNode) -> str:
    """The text of a node, without the comments and blank lines around it."""
    import libcst as cst  # noqa: PLC0415 - heavy

    return cst.Module(body=[]).code_for_node(node).strip()


def insert_after(source: Source, anchor: Statement, lines: Sequence[str]) -> str:
    """Put lines behind a statement, on lines of their own, indented as it is."""
    text = source.text
    end = line_end(text, max(anchor.end - 1, anchor.start))
    indent = indentation(text, anchor.start)
    new = "".join(f"{indent}{line}\n" if line else "\n" for line in lines)
    if end == len(text) and not text.endswith("\n"):
        new = "\n" + new.removesuffix("\n")
    return apply(text, [Splice(end, end, with_endings(new, text))])


def insert_before(source: Source, anchor: Statement, lines: Sequence[str]) -> str:
    """Put lines before a statement, on lines of their own, indented as it is."""
    text = source.text
    start = line_start(text, anchor.start)
    indent = indentation(text, anchor.start)
    new = "".join(f"{indent}{line}\n" if line else "\n" for line in lines)
    return apply(text, [Splice(start, start, with_endings(new, text))])


def imports(source: Source) -> tuple[Statement, ...]:
    """The imports that stand at module level, in order."""
    import libcst as cst  # noqa: PLC0415 - heavy

    return tuple(one for one in source.at() if isinstance(one.node, (cst.Import, cst.ImportFrom)))


def names(source: Source) -> frozenset[str]:
    """Every name that is bound at module level by an import, an assignment, a function or a class."""
    import libcst as cst  # noqa: PLC0415 - heavy

    found: set[str] = set()
    for one in source.at():
        node = one.node
        if isinstance(node, (cst.Import, cst.ImportFrom)) and not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                bound = alias.evaluated_alias or alias.evaluated_name
                found.add(bound.split(".")[0])
        elif isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            found.add(node.name.value)
        elif isinstance(node, cst.Assign):
            found.update(target.target.value for target in node.targets if isinstance(target.target, cst.Name))
        elif isinstance(node, cst.AnnAssign) and isinstance(node.target, cst.Name):
            found.add(node.target.value)
    return frozenset(found)


def add_import(source: Source, statement: str, *, before: int) -> str:
    """Put an import behind the last module-level import that ends before the offset ``before``.

    Without such an import it goes behind the module's docstring, or to the top.
    """
    import libcst as cst  # noqa: PLC0415 - heavy

    earlier = [one for one in imports(source) if one.end <= before]
    if earlier:
        ends = [line_end(source.text, one.end - 1) for one in earlier]
        return insert_after(source, earlier[bisect.bisect_left(ends, max(ends))], [statement])
    first = next(source.at(), None)
    if first is None:
        return apply(source.text, [Splice(0, 0, with_endings(statement + "\n", source.text))])
    is_docstring = isinstance(first.node, cst.Expr) and isinstance(first.node.value, (cst.SimpleString, cst.ConcatenatedString))
    if is_docstring:
        return insert_after(source, first, ["", statement])
    return insert_before(source, first, [statement])
