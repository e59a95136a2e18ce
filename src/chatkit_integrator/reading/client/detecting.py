"""Whether the widget waits for chatkit.js, and whether the page says something where the chat fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, binding, unit, unit_names
from chatkit_integrator.reading.client.code import is_still
from chatkit_integrator.reading.client.guards import Wrapped, rests_on, wrappers
from chatkit_integrator.reading.client.slices import region
from chatkit_integrator.reading.client.ways import Ways
from chatkit_integrator.reading.client.widget import ELEMENT
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.entries import Site
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow
    from chatkit_integrator.reading.client.widget import Widget

_ASKED = re.compile(r"\bcustomElements\s*\??\.\s*(?:get|whenDefined)\s*(?:\?\.)?$")
_CHATKIT = re.compile(r"chatkit", re.IGNORECASE)
_FAILED = re.compile(r"err(?:or)?s?\b|fail|timed?_?out|unavailable|crash", re.IGNORECASE)
_OF_A_FORM = re.compile(r"log-?in|sign-?(?:in|up|out)|regist|password|credential|form|upload|submit|save", re.IGNORECASE)
_NOTHING = frozenset({"null", "undefined", "false"})


def detection(site: Site, follow: Follow, widget: Widget) -> tuple[Evidence, ...]:
    """The lines that look for the element, and those conditions on the way to it that wait for them."""
    ways = Ways(site, follow)
    found: list[Evidence] = []
    for chain in widget.chains:
        for one in ways.on(chain):
            if isinstance(one, Wrapped):
                continue
            asked = next(
                (place for where, code in rests_on(follow, one.source, one.test) for place in _asked(follow, where, code)), None
            )
            if asked is not None:
                found += [one.source.at(one.test), asked]
                break
    if widget.kind == "element" and widget.options is not None:
        whole = unit(widget.node)
        alone = not unit_names(whole) and whole.kind() != "export_statement"
        found += _asked(follow, widget.source, whole if alone else region(widget.node))
    return tuple(dict.fromkeys(found))


def _asked(follow: Follow, source: Source, code: SgNode) -> Iterator[Evidence]:
    """Lines of a piece of code that look whether the element, or its script, is there."""
    for call in [*code.find_all(kind="call_expression"), *([code] if code.kind() == "call_expression" else [])]:
        function = call.field("function")
        text = function.text() if function is not None else ""
        if _ASKED.search(text):
            if _is_of_chatkit(follow, source, call):
                yield source.at(call)
        elif text.endswith("addEventListener"):
            given = javascript.arguments(call)
            event = javascript.string(given[0]) if given else None
            holder = function.field("object") if function is not None else None
            if (
                event in {"load", "error"}
                and holder is not None
                and holder.text() not in {"window", "document"}
                and _CHATKIT.search(unit(call).text())
            ):
                yield source.at(call)
    for node in code.find_all(kind="assignment_expression"):
        left = node.field("left")
        if left is not None and javascript.last_name(left) in {"onload", "onerror"} and _CHATKIT.search(unit(node).text()):
            yield source.at(node)
    if code.kind() == "jsx_attribute":
        name, opening = code.child(0), code.parent()
        if (
            name is not None
            and opening is not None
            and name.text() in {"onLoad", "onReady"}
            and _CHATKIT.search(opening.text())
        ):
            yield source.at(code)


def _is_of_chatkit(follow: Follow, source: Source, call: SgNode) -> bool:
    """Whether a look at the registry of elements is for ChatKit's; a name that could not be read may be its."""
    given = javascript.arguments(call)
    found = follow(source, given[0]) if given else ()
    texts = [javascript.string(one.node) for one in found if not one.path]
    return ELEMENT in texts or not texts or None in texts


def failure_shown(follow: Follow, widget: Widget) -> Evidence | None:
    """The line that shows something else where the chat fails: ``onError``, or what is rendered for an error."""
    for term in follow.properties(widget.source, widget.options, "onError"):
        handlers = follow.functions(term.source, term.node) if term.node.kind() not in FUNCTIONS else [term]
        for handler in handlers:
            body = handler.node.field("body")
            if (
                body is None
                or body.kind() != "statement_block"
                or any(one.is_named() and one.kind() != "comment" for one in body.children())
            ):
                return term.source.at(term.node)
        if not handlers:
            return term.source.at(term.node)
    for call, _ in javascript.calls(widget.source.text, "addEventListener"):
        given = javascript.arguments(call)
        if given and javascript.string(given[0]) == "chatkit.error":
            return widget.source.at(call)
    seen: set[tuple[str, SgNode]] = set()
    for chain in widget.chains:
        for use in chain.uses[:3]:
            statement = unit(use.node)
            kept = next((one for one in wrappers(use.source, use.node) if one.name.endswith("ErrorBoundary")), None)
            if kept is not None:
                return kept.source.at(kept.opening)
            if not use.page and (use.source.path, statement) not in seen:
                seen.add((use.source.path, statement))
                shown = _error_branch(use.source, statement)
                if shown is not None:
                    return shown
    return None


def _error_branch(source: Source, statement: SgNode) -> Evidence | None:
    for kind, part in (("if_statement", "consequence"), ("ternary_expression", "consequence"), ("binary_expression", "right")):
        for node in statement.find_all(kind=kind):
            test = node.field("left") if kind == "binary_expression" else node.field("condition")
            sign = node.field("operator") if kind == "binary_expression" else None
            then = node.field(part)
            if test is None or then is None or (kind == "binary_expression" and (sign is None or sign.text() != "&&")):
                continue
            if (
                _FAILED.search(test.text())
                and not _OF_A_FORM.search(test.text())
                and not test.text().lstrip("(").startswith("!")
                and any(True for _ in tsx.elements(then))
                and _may_change(source, test)
            ):
                return source.at(test)
    return None


def _may_change(source: Source, test: SgNode) -> bool:
    """Whether a condition may come true: one of nothing but states that are never set stays as it is."""
    for one in [*test.find_all(kind="identifier"), *([test] if test.kind() == "identifier" else [])]:
        meant = binding(source, one.text(), one)
        value = javascript.plain(meant.value) if meant is not None and meant.value is not None else None
        called = javascript.last_name(value.field("function")) if value is not None else ""
        if value is None or called != "useState" or not is_still(source, value):
            return True
    return not any(True for _ in test.find_all(kind="identifier")) and test.kind() != "identifier"
