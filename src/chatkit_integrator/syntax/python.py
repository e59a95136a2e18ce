"""Edits of Python text. libcst finds the places (it reads newer syntax than the running Python does); splices make the edit.

A statement is spoken of by its span in the text: from the first character of its own line to behind its line ending.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.syntax.text import BOM, Splice, append_lines, apply, indentation, line_end, line_start, with_endings

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

    path: str
    text: str
    statements: tuple[Statement, ...]

    def at(self, *block: str) -> Iterator[Statement]:
        """Statements in the body of a function by name (``at()``: of the module), nested blocks included."""
        return (one for one in self.statements if one.block == block)

    def around(self, inner: Statement) -> tuple[Statement, ...]:
        """The compound statements of the same function that a statement stands in, the outermost first."""
        import libcst as cst  # noqa: PLC0415 - heavy

        return tuple(
            one
            for one in self.at(*inner.block)
            if isinstance(one.node, cst.BaseCompoundStatement) and one.start < inner.start and inner.end <= one.end
        )


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
                decorated = isinstance(node, (cst.FunctionDef, cst.ClassDef)) and node.decorators
                first = positions[decorated[0]].start if decorated else place.start
                found.append(
                    Statement(
                        offset(first.line, first.column),
                        offset(place.end.line, place.end.column),
                        first.line,
                        node,
                        block,
                    )
                )
                inner = (*block, node.name.value) if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else block
                for child in _suites(node):
                    walk([child] if isinstance(child, cst.SimpleStatementSuite) else child.body, inner)

    walk(wrapper.module.body, ())
    return Source(path, text, tuple(found))


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
    """Put lines behind a statement, on lines of their own, indented as it is.

    ``SyntaxRefusedError`` where the statement follows a colon on its line, which leaves no such place.
    """
    text = source.text
    before = text[line_start(text, anchor.start) : anchor.start]
    _must_hold(not before.strip() or not _in_suite(source, anchor), source, anchor)
    end = line_end(text, max(anchor.end - 1, anchor.start))
    indent = indentation(text, anchor.start)
    new = "".join(f"{indent}{line}\n" if line else "\n" for line in lines)
    if end == len(text) and not text.endswith("\n"):
        new = "\n" + new.removesuffix("\n")
    return apply(text, [Splice(end, end, with_endings(new, text))])


def insert_before(source: Source, anchor: Statement, lines: Sequence[str]) -> str:
    """Put lines before a statement and the comment right above it, on lines of their own, indented as it is.

    ``SyntaxRefusedError`` where something else stands before it on its line.
    """
    text = source.text
    _must_hold(not text[line_start(text, anchor.start) : anchor.start].strip(), source, anchor)
    indent = indentation(text, anchor.start)
    start = _with_comment(text, line_start(text, anchor.start), indent)
    new = "".join(f"{indent}{line}\n" if line else "\n" for line in lines)
    return apply(text, [Splice(start, start, with_endings(new, text))])


def _must_hold(is_sure: bool, source: Source, anchor: Statement) -> None:
    if not is_sure:
        raise SyntaxRefusedError(
            f"{source.path}:{anchor.line} has several statements on one line; put them on lines of their own."
        )


def _in_suite(source: Source, anchor: Statement) -> bool:
    """Whether a statement stands behind the colon of a compound one, on its line."""
    import libcst as cst  # noqa: PLC0415 - heavy

    return any(
        anchor.node in suite.body
        for one in source.statements
        for suite in _suites(one.node)
        if isinstance(suite, cst.SimpleStatementSuite)
    )


def _with_comment(text: str, start: int, indent: str) -> int:
    """Where the comment lines right above a line begin; one that heads the file belongs to the file."""
    above = start
    while above:
        line = text[line_start(text, above - 1) : above]
        if not line.startswith(f"{indent}#"):
            return above
        above = line_start(text, above - 1)
    return start


def imports(source: Source) -> tuple[Statement, ...]:
    """The imports that stand at module level, in order."""
    import libcst as cst  # noqa: PLC0415 - heavy

    return tuple(one for one in source.at() if isinstance(one.node, (cst.Import, cst.ImportFrom)))


def names(source: Source) -> frozenset[str]:
    """Every name that is bound at module level by an import, an assignment, a function or a class."""
    return frozenset(name for one in source.at() for name in bound(one))


def bound(statement: Statement) -> frozenset[str]:
    """The names that a statement binds where it stands."""
    import libcst as cst  # noqa: PLC0415 - heavy

    match statement.node:
        case cst.Import(names=aliases) | cst.ImportFrom(names=[*aliases]):
            return frozenset((one.evaluated_alias or one.evaluated_name).split(".")[0] for one in aliases)
        case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
            return frozenset({name.value})
        case cst.Assign(targets=targets):
            return frozenset(one.target.value for one in targets if isinstance(one.target, cst.Name))
        case cst.AnnAssign(target=cst.Name(value=name)):
            return frozenset({name})
        case _:
            return frozenset()


def add_import(source: Source, statement: str, *, before: int) -> str:
    """Put an import behind the last module-level import that ends before the offset ``before``.

    Imports in ``if`` and ``try`` are not counted: they may not run. Without any other it goes behind the module's docstring,
    or to the top.
    """
    import libcst as cst  # noqa: PLC0415 - heavy

    earlier = [one for one in imports(source) if one.end <= before and not source.around(one)]
    if earlier:
        return insert_after(source, earlier[-1], [statement])
    first = next(source.at(), None)
    if first is None:
        return append_lines(source.text, f"{statement}\n")
    is_docstring = isinstance(first.node, cst.Expr) and isinstance(first.node.value, (cst.SimpleString, cst.ConcatenatedString))
    if is_docstring:
        return insert_after(source, first, ["", statement])
    return insert_before(source, first, [statement])
