"""Cookies that are written out as text: ``Set-Cookie`` headers and ``document.cookie``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.scripts import Script, Scripts


@dataclass(frozen=True, slots=True)
class Written:
    """A cookie set by text; ``by_script`` in the page, where it cannot be ``httpOnly``."""

    name: str
    line: int
    http_only: bool
    by_script: bool


def cookies(scripts: Scripts, script: Script) -> Iterator[Written]:
    """Every cookie that is set so, removals left out."""
    top = tsx.root(script.text)
    for call, _ in javascript.calls(script.text, "set", "append", "setHeader"):
        given = javascript.arguments(call)
        if len(given) > 1 and (javascript.string(given[0]) or "").lower() == "set-cookie":
            yield from _header(scripts, script, given[1])
    for node in top.find_all(kind="pair"):
        key, value = node.field("key"), node.field("value")
        if key is not None and value is not None and key.text().strip("'\"").lower() == "set-cookie":
            yield from _header(scripts, script, value)
    for node in top.find_all(kind="assignment_expression"):
        left, right = node.field("left"), node.field("right")
        if left is not None and right is not None and left.text() in {"document.cookie", "window.document.cookie"}:
            for name in _names(scripts, script, right):
                yield Written(name, javascript.line(node), http_only=False, by_script=True)


def _header(scripts: Scripts, script: Script, value: SgNode) -> Iterator[Written]:
    value = javascript.plain(value)
    for one in value.children() if value.kind() == "array" else [value]:
        for name in _names(scripts, script, one):
            yield Written(name, javascript.line(one), http_only="httponly" in one.text().lower(), by_script=False)


def _names(scripts: Scripts, script: Script, node: SgNode) -> tuple[str, ...]:
    """What stands before the first ``=``, where something stands behind it."""
    heads: tuple[str, ...] = ("",)
    parts = list(_parts(node))
    for index, part in enumerate(parts):
        if part.kind() != "string_fragment":
            found = scripts.texts(script, part)
        elif "=" in part.text():
            name, _, rest = part.text().partition("=")
            is_set = not rest.startswith(";") if rest else index + 1 < len(parts)
            return tuple(head + name for head in heads if is_set)
        else:
            found = (part.text(),)
        heads = tuple(head + one for head in heads for one in found)
    return ()


def _parts(node: SgNode) -> Iterator[SgNode]:
    """Fragments of text and the expressions between them, in order."""
    node = javascript.plain(node)
    if node.kind() in {"string", "template_string"}:
        for one in node.children():
            if one.kind() == "template_substitution":
                yield from (inner for inner in one.children() if inner.is_named())
            elif one.kind() in {"string_fragment", "escape_sequence"}:
                yield one
    elif node.kind() == "binary_expression":
        for side in ("left", "right"):
            inner = node.field(side)
            if inner is not None:
                yield from _parts(inner)
    else:
        yield node
