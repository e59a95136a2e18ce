"""What the widget's own fetch does to a request: the functions that it runs through, the headers that they set."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, binding, parameters, pattern
from chatkit_integrator.reading.client.bodies import Bodies, Written, last_key
from chatkit_integrator.reading.client.code import is_reached
from chatkit_integrator.reading.client.follow import Term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow

_HEADER = re.compile(r"^(?:[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+|authorization|cookie|token)$", re.IGNORECASE)
_MADE_UP = re.compile(r"randomUUID|Math\.random|nanoid\(|uuidv?4?\(|Date\.now")
_LEFT = frozenset({"arguments", "return_statement", "statement_block", "assignment_expression"})
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
        running, bodies = list(self._running(fetches)), Bodies(self._follow)
        headers = [one for term in running for one in self._headers(term)]
        written = [one for term in running for one in bodies.written(term)]
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
                called = self._follow.functions(term.source, call.field("function"))
                queue += [(inner, depth - 1) for inner in called if handed or not _asks(inner.node)]

    def _headers(self, term: Term) -> Iterator[Header]:
        source = term.source
        for pair in term.node.find_all(kind="pair"):
            key, value = pair.field("key"), pair.field("value")
            if key is None or value is None or _inside(pair, term.node, "metadata"):
                continue
            names = self._keys(source, key) if is_sent(source, pair) else []
            yield from (Header(name.lower(), source.at(pair), Term(source, value)) for name in names if _HEADER.match(name))
        for call in term.node.find_all(kind="call_expression"):
            if javascript.last_name(call.field("function")) in {"set", "append", "setRequestHeader"}:
                given = javascript.arguments(call)
                names = self._texts(source, given[0]) if len(given) > 1 and _is_sent_on(source, call.field("function")) else []
                yield from (
                    Header(name.lower(), source.at(call), Term(source, given[1])) for name in names if _HEADER.match(name)
                )
        for node in term.node.find_all(kind="assignment_expression"):
            left, value = node.field("left"), node.field("right")
            if left is not None and value is not None and left.kind() in {"member_expression", "subscript_expression"}:
                name = last_key(left)
                if _HEADER.match(name) and _is_sent_on(source, left):
                    yield Header(name.lower(), source.at(node), Term(source, value))

    def _keys(self, source: Source, key: SgNode) -> list[str]:
        if key.kind() == "computed_property_name":
            return self._texts(source, key.child(1))
        return [key.text().strip("'\"`")]

    def _texts(self, source: Source, node: SgNode | None) -> list[str]:
        found = [javascript.string(term.node) for term in self._follow(source, node) if not term.path]
        return [one for one in found if one is not None]


def is_sent(source: Source, node: SgNode, depth: int = 4) -> bool:
    """Whether what a node makes leaves its function; a variable that nothing but its own methods are asked of keeps it."""
    if not is_reached(node):
        return False
    inner = node
    for outer in node.ancestors():
        match outer.kind():
            case "variable_declarator":
                name = outer.field("name")
                return name is None or name.kind() != "identifier" or _is_used(source, name, depth - 1)
            case "assignment_expression" if inner == outer.field("right"):
                left = outer.field("left")
                return left is None or left.kind() != "identifier" or _is_used(source, left, depth - 1)
            case kind if kind in FUNCTIONS or kind in _LEFT:
                return True
            case _:
                inner = outer
    return True


def _is_sent_on(source: Source, chain: SgNode | None) -> bool:
    """Whether what ``headers.set`` or ``headers["Authorization"]`` is asked of is sent."""
    root = chain
    while root is not None and root.kind() in {"member_expression", "subscript_expression", "non_null_expression"}:
        root = root.field("object") or next((one for one in root.children() if one.is_named()), None)
        root = javascript.plain(root) if root is not None else None
    if chain is None or not is_reached(chain):
        return False
    if root is None or root.kind() != "identifier":
        return True
    return _is_used(source, root, 3)


def _is_used(source: Source, name: SgNode, depth: int) -> bool:
    """Whether a variable is handed to anything."""
    meant = binding(source, name.text(), name)
    if depth <= 0 or meant is None or meant.kind != "variable" or meant.scope.kind() == "program":
        return True
    for one in source.named(name.text()):
        if one == meant.name or binding(source, one.text(), one) != meant:
            continue
        outer = one.parent()
        if outer is None or (outer.kind() == "assignment_expression" and outer.field("left") == one):
            continue
        if outer.kind() in {"member_expression", "subscript_expression"} and outer.field("object") == one:
            above = outer.parent()
            is_written = above is not None and above.kind() == "assignment_expression" and above.field("left") == outer
            if is_written or javascript.last_name(outer) in {"set", "append", "delete", "has", "get"}:
                continue
        if is_sent(source, one, depth):
            return True
    return False


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
