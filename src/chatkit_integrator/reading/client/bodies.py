"""What the widget's fetch writes into the body of a request: where in it, under which keys, for which operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, binding
from chatkit_integrator.reading.client.code import is_reached
from chatkit_integrator.reading.client.follow import Term
from chatkit_integrator.reading.client.operations import operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow

_NOTHING = frozenset({"null", "undefined", "''", '""', "``", "{}", "[]"})
_PROTOCOL = frozenset(
    {
        "type",
        "params",
        "input",
        "content",
        "thread_id",
        "attachments",
        "inference_options",
        "quoted_text",
        "threadId",
        "thread",
        "op",
    }
)


@dataclass(frozen=True, slots=True)
class Written:
    """Something put into the body: where in it, which keys, and for which operations (all of them where none is named)."""

    path: tuple[str, ...]
    keys: tuple[str, ...]
    place: Evidence
    operations: tuple[str, ...] = ()


class Bodies:
    """Reads what functions write into bodies."""

    def __init__(self, follow: Follow) -> None:
        self._follow = follow

    def written(self, term: Term) -> Iterator[Written]:
        """What a function puts into a body that it has parsed, or spreads."""
        if "JSON" not in term.node.text() and "body" not in term.node.text():
            return
        source = term.source
        for node in term.node.find_all(kind="assignment_expression"):
            left, value = node.field("left"), node.field("right")
            path = _path(left) if left is not None else ()
            if not is_reached(node):
                continue
            if value is not None and left is not None and path and self._is_body(term, left) and path[-1:] != ("body",):
                keys = tuple(self._names(source, value))
                if set(path) - _PROTOCOL and not self._is_empty(source, value):
                    yield Written(path, keys or path[-1:], source.at(node), operations(source, node))
        for call in term.node.find_all(kind="call_expression"):
            function, given = call.field("function"), javascript.arguments(call)
            if function is not None and function.text() == "JSON.stringify" and given and is_reached(call):
                for one in self._follow.objects(source, given[0]):
                    yield from self._of_object(one.source, one.node, (), call)

    def _of_object(self, source: Source, node: SgNode, path: tuple[str, ...], call: SgNode) -> Iterator[Written]:
        """What an object adds to a body that it is spread from."""
        if not any(one.kind() == "spread_element" for one in node.children()):
            return
        for name, value in javascript.properties(node):
            inner = self._follow.objects(source, value)
            spread = [one for one in inner if any(part.kind() == "spread_element" for part in one.node.children())]
            if name in _PROTOCOL and spread:
                for one in spread:
                    yield from self._of_object(one.source, one.node, (*path, name), call)
            elif name not in _PROTOCOL and not self._is_empty(source, value):
                keys = tuple(self._names(source, value))
                yield Written((*path, name), keys or (name,), source.at(value), operations(source, call))

    def _is_empty(self, source: Source, value: SgNode) -> bool:
        """Whether what is written says nothing, whatever way is taken: ``{}``, ``null``, ``""``, or an object of such."""
        found = self._follow(source, value)
        return bool(found) and all(not one.path and self._says_nothing(one) for one in found)

    def _says_nothing(self, term: Term, depth: int = 4) -> bool:
        if term.kind == "object":
            spread = any(part.kind() == "spread_element" for part in term.node.children())
            values = [value for _, value in javascript.properties(term.node)]
            return not spread and depth > 0 and all(self._says_nothing(Term(term.source, one), depth - 1) for one in values)
        return term.node.text() in _NOTHING

    def _is_body(self, term: Term, left: SgNode) -> bool:
        """Whether what is written to is the parsed body."""
        root = left
        while root.kind() in {
            "member_expression",
            "subscript_expression",
            "non_null_expression",
            "as_expression",
            "parenthesized_expression",
        }:
            inner = root.field("object") or next((one for one in root.children() if one.is_named()), None)
            if inner is None:
                return False
            root = inner
        for one in self._follow(term.source, root):
            if one.kind == "call_expression" and one.node.text().startswith("JSON.parse"):
                return True
            if one.kind == "object" and "JSON.parse" in one.node.text():
                return True
            if one.kind == "object" and any(
                "JSON.parse" in inner.node.text()
                for part in one.node.children()
                if part.kind() == "spread_element"
                for inner in self._follow(one.source, part.child(1))
            ):
                return True
        meant = binding(term.source, root.text(), root) if root.kind() == "identifier" else None
        return meant is not None and meant.kind == "parameter" and "metadata" in left.text()

    def _names(self, source: Source, value: SgNode | None, depth: int = 4) -> Iterator[str]:
        """The keys of an object and of those inside it."""
        for one in self._follow.objects(source, value):
            for name, inner in javascript.properties(one.node):
                yield name
                if depth > 0 and inner.kind() not in FUNCTIONS:
                    yield from self._names(one.source, inner, depth - 1)
            for part in one.node.children():
                if part.kind() == "spread_element" and depth > 0:
                    yield from self._names(one.source, part.child(1), depth - 1)


def _path(left: SgNode) -> tuple[str, ...]:
    """``("params", "input", "metadata")`` of ``parsed.params.input.metadata``."""
    found: list[str] = []
    here: SgNode | None = javascript.plain(left)
    while here is not None and here.kind() in {"member_expression", "subscript_expression"}:
        found.insert(0, last_key(here))
        inner = here.field("object")
        here = javascript.plain(inner) if inner is not None else None
    return tuple(found)


def last_key(left: SgNode) -> str:
    """The name or the string that the last step of a chain takes."""
    if left.kind() == "subscript_expression":
        index = left.field("index")
        return index.text().strip("'\"`") if index is not None and index.kind() == "string" else ""
    return javascript.last_name(left)
