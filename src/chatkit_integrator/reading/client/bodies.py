"""What the widget's fetch writes into the body of a request: where in it, under which keys, for which operations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, binding
from chatkit_integrator.reading.client.guards import conditions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow, Term

CREATE = "threads.create"
ADD = "threads.add_user_message"
_OPERATION = re.compile(r"^threads\.\w+$|^items\.\w+$|^attachments\.\w+$")
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
            if value is not None and left is not None and path and self._is_body(term, left) and path[-1:] != ("body",):
                keys = tuple(self._names(source, value))
                if set(path) - _PROTOCOL and (keys or value.kind() != "object"):
                    yield Written(path, keys or path[-1:], source.at(node), operations(source, node))
        for call in term.node.find_all(kind="call_expression"):
            function, given = call.field("function"), javascript.arguments(call)
            if function is not None and function.text() == "JSON.stringify" and given:
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
            elif name not in _PROTOCOL:
                keys = tuple(self._names(source, value))
                yield Written((*path, name), keys or (name,), source.at(value), operations(source, call))

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


def operations(source: Source, node: SgNode) -> tuple[str, ...]:
    """The operations that a line is run for, as conditions around it name them; empty where it is run for all."""
    found: list[str] = []
    for one in conditions(source, node):
        named = [text for text, _, _ in _strings(source, one.test) if _OPERATION.match(text)]
        text = one.test.text()
        denied = "!==" in text or text.lstrip("(").startswith("!")
        if named and one.holds != denied:
            found += named
    for outer in node.ancestors():
        value = outer.field("value") if outer.kind() == "switch_case" else None
        text = javascript.string(value) if value is not None else None
        if text is not None and _OPERATION.match(text):
            found.append(text)
    return tuple(dict.fromkeys(found))


def _strings(source: Source, test: SgNode) -> Iterator[tuple[str, int, SgNode]]:
    for kind in ("string", "template_string"):
        for node in test.find_all(kind=kind):
            yield node.text()[1:-1], javascript.line(node), node
    for name in test.find_all(kind="identifier"):
        meant = binding(source, name.text(), name)
        value = meant.value if meant is not None and meant.kind == "variable" else None
        if value is not None and value.kind() in {
            "array",
            "new_expression",
            "string",
            "as_expression",
            "binary_expression",
            "call_expression",
        }:
            for node in value.find_all(kind="string"):
                yield node.text()[1:-1], javascript.line(node), node


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
