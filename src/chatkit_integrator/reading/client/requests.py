"""What the widget's own fetch does to a request: the headers that it sets, and what it writes into the body, for which operations."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, binding, parameters, pattern
from chatkit_integrator.reading.client.follow import Term
from chatkit_integrator.reading.client.guards import conditions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow

CREATE = "threads.create"
ADD = "threads.add_user_message"
_OPERATION = re.compile(r"^threads\.\w+$|^items\.\w+$|^attachments\.\w+$")
_HEADER = re.compile(r"^(?:[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+|authorization|cookie|token)$", re.IGNORECASE)
_PROTOCOL = frozenset({"type", "params", "input", "content", "thread_id", "attachments", "inference_options", "quoted_text"})
_MADE_UP = re.compile(r"randomUUID|Math\.random|nanoid\(|uuidv?4?\(|Date\.now")
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Header:
    """A header that a request is given, by its name in small letters."""

    name: str
    place: Evidence
    value: Term | None = None
    is_made_up: bool = False
    """The browser makes the value for itself: a random id of a session or a device."""


@dataclass(frozen=True, slots=True)
class Written:
    """Something put into the body: where in it, which keys, and for which operations (all of them where none is named)."""

    path: tuple[str, ...]
    keys: tuple[str, ...]
    place: Evidence
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requests:
    """What a fetch of the widget's own does."""

    functions: tuple[Term, ...]
    headers: tuple[Header, ...]
    written: tuple[Written, ...]
    credentials: Evidence | None
    refuses: tuple[Evidence, ...]


class Requesting:
    """Reads the functions that send the widget's requests."""

    def __init__(self, follow: Follow) -> None:
        self._follow = follow

    def read(self, fetches: list[Term]) -> Requests:
        """Read functions that are given as ``fetch``, with what they hand the request to."""
        running = list(self._running(fetches))
        headers = [one for term in running for one in self._headers(term)]
        written = [one for term in running for one in self._written(term)]
        credentials = next((place for term in running for place in _credentials(term)), None)
        refuses = [one for term in fetches for one in _refuses(term)]
        return Requests(
            tuple(fetches),
            tuple(dict.fromkeys(self._judged(one) for one in headers)),
            tuple(dict.fromkeys(written)),
            credentials,
            tuple(refuses),
        )

    def _judged(self, header: Header) -> Header:
        value = header.value
        followed = self._follow(value.source, value.node) if value is not None else ()
        texts = [one.node.text() for one in ((value, *followed) if value is not None else ())]
        return replace(header, is_made_up=any(_MADE_UP.search(one) for one in texts))

    def _running(self, fetches: list[Term]) -> Iterator[Term]:
        """The functions themselves, and those that they hand the request to or take headers and context from."""
        queue = [(one, _DEPTH) for one in fetches]
        seen: set[tuple[str, SgNode]] = set()
        while queue:
            term, depth = queue.pop(0)
            if (term.source.path, term.node) in seen:
                continue
            seen.add((term.source.path, term.node))
            yield term
            own = {name.text() for one in parameters(term.node) for name, _, _ in pattern(one.field("pattern") or one)}
            for call in term.node.find_all(kind="call_expression") if depth > 0 else ():
                given = " ".join(one.text() for one in javascript.arguments(call))
                handed = any(re.search(rf"\b{re.escape(name)}\b", given) for name in own)
                for inner in self._follow.functions(term.source, call.field("function")):
                    if handed or not _asks(inner.node):
                        queue.append((inner, depth - 1))

    def _headers(self, term: Term) -> Iterator[Header]:
        source = term.source
        for pair in term.node.find_all(kind="pair"):
            key, value = pair.field("key"), pair.field("value")
            if key is None or value is None or _inside(pair, term.node, "metadata"):
                continue
            names = self._keys(source, key)
            yield from (Header(name.lower(), source.at(pair), Term(source, value)) for name in names if _HEADER.match(name))
        for call in term.node.find_all(kind="call_expression"):
            if javascript.last_name(call.field("function")) in {"set", "append", "setRequestHeader"}:
                given = javascript.arguments(call)
                names = self._texts(source, given[0]) if len(given) > 1 else []
                yield from (
                    Header(name.lower(), source.at(call), Term(source, given[1])) for name in names if _HEADER.match(name)
                )
        for node in term.node.find_all(kind="assignment_expression"):
            left, value = node.field("left"), node.field("right")
            if left is not None and value is not None and left.kind() in {"member_expression", "subscript_expression"}:
                name = _last_key(left)
                if _HEADER.match(name):
                    yield Header(name.lower(), source.at(node), Term(source, value))

    def _keys(self, source: Source, key: SgNode) -> list[str]:
        if key.kind() == "computed_property_name":
            return self._texts(source, key.child(1))
        return [key.text().strip("'\"`")]

    def _texts(self, source: Source, node: SgNode | None) -> list[str]:
        found = [javascript.string(term.node) for term in self._follow(source, node) if not term.path]
        return [one for one in found if one is not None]

    def _written(self, term: Term) -> Iterator[Written]:
        if "JSON" not in term.node.text() and "body" not in term.node.text():
            return
        source = term.source
        for node in term.node.find_all(kind="assignment_expression"):
            left, value = node.field("left"), node.field("right")
            path = _path(left) if left is not None else ()
            if value is not None and left is not None and path and self._is_body(term, left) and not path[-1:] == ("body",):
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

    def _names(self, source: Source, value: SgNode, depth: int = 4) -> Iterator[str]:
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
        if one.holds and named and "!==" not in one.test.text():
            found += named
        elif not one.holds and named and ("!==" in one.test.text() or one.test.text().lstrip("(").startswith("!")):
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


def _asks(function: SgNode) -> bool:
    """Whether a function sends a request itself."""
    return any(
        javascript.last_name(call.field("function")) in {"fetch", "axios", "request"}
        for call in function.find_all(kind="call_expression")
    )


def _credentials(term: Term) -> Iterator[Evidence]:
    for pair in term.node.find_all(kind="pair"):
        key, value = pair.field("key"), pair.field("value")
        if key is not None and value is not None and key.text() == "credentials" and "include" in value.text():
            yield term.source.at(pair)


def _refuses(term: Term) -> Iterator[Evidence]:
    for one in term.node.find_all(kind="throw_statement"):
        yield term.source.at(one)


def _inside(node: SgNode, end: SgNode, name: str) -> bool:
    """Whether a node lies in a property, or a variable, of that name."""
    for outer in node.ancestors():
        if outer == end:
            return False
        key = (
            outer.field("key")
            if outer.kind() == "pair"
            else outer.field("name")
            if outer.kind() == "variable_declarator"
            else None
        )
        if key is not None and name in key.text().lower():
            return True
    return False


def _last_key(left: SgNode) -> str:
    if left.kind() == "subscript_expression":
        index = left.field("index")
        return index.text().strip("'\"`") if index is not None and index.kind() == "string" else ""
    return javascript.last_name(left)


def _path(left: SgNode) -> tuple[str, ...]:
    """``("params", "input", "metadata")`` of ``parsed.params.input.metadata``."""
    found: list[str] = []
    here: SgNode | None = javascript.plain(left)
    while here is not None and here.kind() in {"member_expression", "subscript_expression"}:
        found.insert(0, _last_key(here))
        inner = here.field("object")
        here = javascript.plain(inner) if inner is not None else None
    return tuple(found)
