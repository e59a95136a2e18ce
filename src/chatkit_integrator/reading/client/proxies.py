"""What a route handler of the site does with the widget's requests: whom it takes them to be from, where it sends them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, binding
from chatkit_integrator.reading.client.code import returned
from chatkit_integrator.reading.client.requests import Requesting
from chatkit_integrator.reading.client.texts import address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.follow import Follow, Term
    from chatkit_integrator.reading.client.requests import Header
    from chatkit_integrator.reading.client.serving import Route
    from chatkit_integrator.reading.client.sessions import Sessions
    from chatkit_integrator.reading.client.texts import Texts

_IDENTITY = re.compile(
    r"^(?:authorization|cookie|x-(?:user|auth|session|account|tenant|clerk|forwarded-user|access|internal)[\w-]*)$"
)
_ALL_HEADERS = re.compile(r"req(?:uest)?\.headers$|\.\.\.\s*(?:Object\.fromEntries\()?req(?:uest)?\.headers")
_SESSION_PATH = re.compile(r"/api/auth/(?:token|get-session|session)\b")
_OF_SESSION = re.compile(r"\b(?:session|user|claims|auth)\b[\w?.!]*\.(?:id|sub|email|userId|user_id|token|accessToken)$")
_SENT_BY_BROWSER = frozenset({"body", "req", "request", "payload", "data", "params"})
_ANSWERS = re.compile(r"(?:^|\.)(?:Next)?Response(?:\.json)?$|\bres(?:\.status\(\d+\))?\.(?:json|send)$")
_DEPTH = 5


@dataclass(frozen=True)
class Proxy:
    """A route of the site's own server that the widget's URL leads to, or a rewrite (``is_code`` is false).

    ``reads_session`` are the lines that find out on the server who asks; ``authorizes`` those that tell the backend;
    ``passes`` those that hand on what the browser sent, ``passes_cookies`` those of them that hand on its cookies;
    ``resends`` answers that make the client ask again, ``leaks`` those that hold the text of an exception.
    """

    place: Evidence
    reads_session: tuple[Evidence, ...] = ()
    authorizes: tuple[Evidence, ...] = ()
    refuses: tuple[Evidence, ...] = ()
    target: str | None = None
    target_place: Evidence | None = None
    passes: tuple[Evidence, ...] = ()
    passes_cookies: tuple[Evidence, ...] = ()
    resends: tuple[Evidence, ...] = ()
    keeps: tuple[Evidence, ...] = ()
    leaks: tuple[Evidence, ...] = ()
    is_code: bool = True


def read(follow: Follow, texts: Texts, sessions: Sessions, route: Route, path: str) -> Proxy | None:
    """Read the handler of a route; ``None`` where it has none for POST."""
    source = route.source
    export = source.exports.get("POST") or source.exports.get("default")
    if export is None:
        return None
    if export.module is not None:
        handlers = [one for one in follow.exported(source, export.module, export.name) if one.kind in FUNCTIONS]
    else:
        start = export.node.field("value") if export.node.kind() == "variable_declarator" else export.node
        handlers = follow.functions(source, start)
        handlers += _wrapped(follow, source, start) if start is not None and not handlers else []
    if not handlers:
        return Proxy(source.at(export.node))
    running = list(_running(follow, handlers))
    asked = [(term, call) for term in running for call in term.node.find_all(kind="call_expression") if _is_request(call)]
    target = _target(texts, asked, route, path)
    headers = [one for term in running for one in Requesting(follow).read([term]).headers if _IDENTITY.match(one.name)]
    handed = [one for one in headers if one.value is not None and _is_handed_on(follow, one.value)]
    handed = [one for one in handed if one.name != "cookie" or not _is_picked(follow, texts, sessions, one)]
    copied = [place for term in running for place in _copied(term)]
    read_by = [place for term in running for place in sessions.read(texts, term)]
    read_by += [term.source.at(call) for term, call in asked if _asks_for_session(texts, term, call)]
    told = [place for term in running for place in _written_into_body(term)] if read_by else []
    return Proxy(
        place=source.at(export.node),
        reads_session=tuple(dict.fromkeys(read_by)),
        authorizes=tuple(dict.fromkeys([*(one.place for one in headers if one not in handed), *told])),
        leaks=tuple(dict.fromkeys(place for term in running for place in _leaks(term))),
        refuses=tuple(dict.fromkeys(place for term in running for place in _with_status(term, "401", "403"))),
        target=target[0] if target is not None else None,
        target_place=target[1] if target is not None else None,
        passes=tuple(dict.fromkeys([*(one.place for one in handed), *copied])),
        passes_cookies=tuple(dict.fromkeys([*(one.place for one in handed if _is_cookie(one)), *copied])),
        resends=tuple(dict.fromkeys(place for term in running for place in _with_status(term, "500", "502", "503", "504"))),
        keeps=tuple(dict.fromkeys(place for term in running for place in _keeps_status(term))),
    )


def _asks_for_session(texts: Texts, term: Term, call: SgNode) -> bool:
    """Whether the site's own sign-in is asked, with the browser's cookies, who they belong to."""
    given = javascript.arguments(call)
    if len(given) < 2 or "cookie" not in given[1].text().lower():  # noqa: PLR2004 - an address and options
        return False
    return any(_SESSION_PATH.search(one) for one in texts.of(term.source, given[0]))


def _written_into_body(term: Term) -> Iterator[Evidence]:
    """Lines that put whom a session belongs to into what is sent on as JSON."""
    sent = {
        given[0].text()
        for call in term.node.find_all(kind="call_expression")
        if (function := call.field("function")) is not None and function.text() == "JSON.stringify"
        for given in [javascript.arguments(call)]
        if given and given[0].kind() == "identifier"
    }
    for node in term.node.find_all(kind="assignment_expression"):
        left, right = node.field("left"), node.field("right")
        holder = left.field("object") if left is not None and left.kind() == "member_expression" else None
        if holder is None or right is None or holder.text() not in sent or not _OF_SESSION.search(right.text()):
            continue
        root = re.split(r"\W", right.text(), maxsplit=1)[0]
        if root not in sent | _SENT_BY_BROWSER:
            yield term.source.at(node)


def _leaks(term: Term) -> Iterator[Evidence]:
    """Lines that answer with the text of what was caught."""
    for clause in term.node.find_all(kind="catch_clause"):
        caught, body = clause.field("parameter"), clause.field("body")
        if caught is None or body is None or caught.kind() != "identifier":
            continue
        name = re.escape(caught.text())
        text = re.compile(rf"\b{name}\??\.(?:message|stack)\b|\bString\({name}\)|\$\{{{name}\}}")
        for call in [*body.find_all(kind="call_expression"), *body.find_all(kind="new_expression")]:
            made = call.field("function") or call.field("constructor")
            if (
                made is not None
                and _ANSWERS.search(made.text())
                and any(text.search(one.text()) for one in javascript.arguments(call))
            ):
                yield term.source.at(call)


def _wrapped(follow: Follow, source: object, start: SgNode) -> list[Term]:
    """The function that ``auth(async (request) => …)`` or ``withAuth(handler)`` is given."""
    from chatkit_integrator.reading.client.files import Source  # noqa: PLC0415 - asked of one value alone

    if not isinstance(source, Source):
        return []
    return [one for given in javascript.arguments(start) for one in follow.functions(source, given)]


def _running(follow: Follow, handlers: list[Term]) -> Iterator[Term]:
    queue = [(one, _DEPTH) for one in handlers]
    seen: set[tuple[str, SgNode]] = set()
    while queue:
        term, depth = queue.pop(0)
        if (term.source.path, term.node) in seen:
            continue
        seen.add((term.source.path, term.node))
        yield term
        for call in term.node.find_all(kind="call_expression") if depth > 0 else ():
            queue += [(one, depth - 1) for one in follow.functions(term.source, call.field("function"))]


def _is_request(call: SgNode) -> bool:
    function = call.field("function")
    name = javascript.last_name(function)
    if name == "fetch":
        return True
    return name in {"post", "request"} and function is not None and "axios" in function.text()


def _target(texts: Texts, asked: list[tuple[Term, SgNode]], route: Route, path: str) -> tuple[str, Evidence] | None:
    """The path that the handler sends requests on to; among several, the one that looks most like the chat's."""
    found: list[tuple[str, Evidence]] = []
    for term, call in asked:
        given = javascript.arguments(call)
        place = term.source.at(call)
        for text in texts.of(term.source, given[0]) if given else ():
            filled = text
            for _, old, new in re.findall(r"(\{path:([^:{}]*):([^{}]*)\})", filled):
                filled = filled.replace(f"{{path:{old}:{new}}}", path.replace(old, new, 1))
            whole = re.sub(r"^(?:\{\w+\})*\{path\}$", path, filled) if "pathname" in call.text() else filled
            whole = whole.replace("{path}", route.caught)
            found.append((address(whole, place).path, place))
    found = [one for one in found if "{" not in one[0]] or found
    chat = [one for one in found if "chat" in one[0]]
    chat = [one for one in chat if not any(one[0].startswith(f"{other}/") for other, _ in chat)]  # files go below the chat
    return (chat or found or [None])[0]


def _is_cookie(header: Header) -> bool:
    """Whether what is handed on is the browser's cookies."""
    return header.name == "cookie" or (header.value is not None and "cookie" in header.value.node.text().lower())


def _is_handed_on(follow: Follow, value: Term) -> bool:
    """Whether a header's value is what the browser sent, as it is."""
    return any(
        re.search(r"(?:headers?(?:\(\))?\??\.get\(|headers\[|headers\.(?:authorization|cookie))", one.node.text())
        for one in (value, *follow(value.source, value.node))
    )


def _is_picked(follow: Follow, texts: Texts, sessions: Sessions, cookie: Header) -> bool:
    """Whether it is one cookie of the browser's that is handed on, chosen by its name."""
    value = cookie.value
    terms = (value, *follow(value.source, value.node)) if value is not None else ()
    return any(True for term in terms for _ in sessions.picked(texts, term))


def _copied(term: Term) -> Iterator[Evidence]:
    """Lines that copy the headers of the request."""
    for call in term.node.find_all(kind="call_expression"):
        function = call.field("function")
        if javascript.last_name(function) == "forEach" and function is not None and "headers" in function.text():
            yield term.source.at(call)
    for pair in term.node.find_all(kind="pair"):
        key, value = pair.field("key"), pair.field("value")
        if key is not None and value is not None and key.text() == "headers" and _ALL_HEADERS.search(value.text()):
            yield term.source.at(pair)
    for node in term.node.find_all(kind="new_expression"):
        given = javascript.arguments(node)
        made = node.field("constructor")
        if made is not None and made.text() == "Headers" and given and _ALL_HEADERS.search(given[0].text()):
            yield term.source.at(node)


def _with_status(term: Term, *wanted: str) -> Iterator[Evidence]:
    for node in term.node.find_all(kind="pair"):
        key, value = node.field("key"), node.field("value")
        if key is not None and value is not None and key.text() == "status" and value.text() in wanted:
            yield term.source.at(node)
    for call in term.node.find_all(kind="call_expression"):
        given = javascript.arguments(call)
        if javascript.last_name(call.field("function")) == "status" and given and given[0].text() in wanted:
            yield term.source.at(call)


def _keeps_status(term: Term) -> Iterator[Evidence]:
    """Lines that answer with the status that came, or hand on the answer itself."""
    for node in term.node.find_all(kind="new_expression"):
        made, given = node.field("constructor"), javascript.arguments(node)
        if made is not None and made.text().endswith("Response") and len(given) > 1 and given[1].kind() == "identifier":
            yield term.source.at(node)
    for value in returned(term.node):
        meant = binding(term.source, value.text(), value) if value.kind() == "identifier" else None
        call = javascript.plain(meant.value) if meant is not None and meant.value is not None else javascript.plain(value)
        if call.kind() == "call_expression" and _is_request(call):
            yield term.source.at(value)
    for node in term.node.find_all(kind="pair"):
        key, value = node.field("key"), node.field("value")
        if key is not None and value is not None and key.text() == "status" and value.text().endswith(".status"):
            yield term.source.at(node)
