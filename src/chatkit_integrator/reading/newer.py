"""Python that is newer than the Python we run on, rewritten to what the standard library's parser reads.

Only what inspection does not look at is given up: type parameters, type aliases, the inside of f-strings and t-strings.
``except A, B:`` gets its parentheses back. Lines stay where they are, so that evidence points at the right one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.syntax.text import Splice, apply

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

_NEXT_LINE = "\\\n"


def older(text: str) -> str | None:
    """Give text that an older parser reads, line for line; ``None`` where it is no Python at all."""
    import libcst as cst  # noqa: PLC0415 - heavy
    from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415

    body = text.removeprefix("\ufeff")
    try:
        wrapper = MetadataWrapper(cst.parse_module(body), unsafe_skip_copy=True)
    except cst.ParserSyntaxError:
        return None
    positions = wrapper.resolve(PositionProvider)
    starts = [0]
    for index, char in enumerate(body):
        if char == "\n":
            starts.append(index + 1)
    splices: list[Splice] = []
    for node, before, after in _too_new(wrapper.module):
        place = positions[node]
        start = starts[place.start.line - 1] + place.start.column
        end = starts[place.end.line - 1] + place.end.column
        lines = body.count("\n", start, end) - before.count("\n")
        splices.append(Splice(start, end, f"{before}{_NEXT_LINE * lines}{after}"))
    rewritten = apply(body, _outermost(splices))
    try:
        compile(rewritten, "<older>", "exec", dont_inherit=True)
    except SyntaxError:
        return None
    return rewritten


def _too_new(module: cst.Module) -> Iterator[tuple[cst.CSTNode, str, str]]:
    """What has to go, and the text instead, around the lines that it took."""
    import libcst as cst  # noqa: PLC0415 - heavy

    stack: list[cst.CSTNode] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.TypeAlias):
            yield node, f"{node.name.value} = ", "None"
        elif isinstance(node, cst.TypeParameters):
            yield node, "", ""
        elif isinstance(node, (cst.FormattedString, cst.TemplatedString)):
            yield node, "", '""'
        elif isinstance(node, cst.ExceptHandler) and isinstance(node.type, cst.Tuple) and not node.type.lpar:
            yield node.type, f"({module.code_for_node(node.type)})", ""
            stack.append(node.body)
        else:
            stack.extend(node.children)


def _outermost(splices: list[Splice]) -> list[Splice]:
    kept: list[Splice] = []
    for one in sorted(splices, key=lambda splice: (splice.start, -splice.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept
