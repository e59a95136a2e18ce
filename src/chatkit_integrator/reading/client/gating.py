"""Whether somebody who is not signed in gets to see the widget, on each way that leads to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import unit, unit_names
from chatkit_integrator.reading.client.guards import Wrapped, conditions, implied
from chatkit_integrator.reading.client.middleware import guarding
from chatkit_integrator.reading.client.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.entries import Entry, Site
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow, Term
    from chatkit_integrator.reading.client.reaching import Chain
    from chatkit_integrator.reading.client.references import Use

_SOMEBODY = re.compile(
    r"(?:sign|log)(?:ged|ed|_)?-?in|auth(?!or\b|ors\b)"
    r"|(?<![a-z])(?:user|session|token|jwt|account|identity|member|me)(?:_(?:id|name|data|info|email))?(?![a-z_])"
)
_ELSE = re.compile(r"chat|csrf|xsrf|thread|select|target|other|storage|conversation|max|num|push|device|anon|guest")
_NOBODY = re.compile(r"unauth|guest|anonym|signed_?out|logged_?out|no_?user|not_?auth")
_WAITING = re.compile(
    r"loading|pending|mounted|client|hydrat|initiali|checking|checked|ready|error|open|menu|modal|show|visible|agent|message|input|count|selected|expanded|minimi"
)
_RENDERED = frozenset({"jsx_element", "jsx_self_closing_element", "parenthesized_expression"})
_CERTAIN = re.compile(r"authed|authenticated|logged|signed")
_NOTHING = frozenset({"null", "undefined", "false", "''", '""', "0", "[]", "{}"})
_OUTSIDE = re.compile(
    r"^(?:SignedIn|Authenticated|AuthenticatedTemplate|RequireAuth|ProtectedRoute|PrivateRoute|AuthGuard|withAuth\w*|withPageAuthRequired|withAuthenticationRequired)$"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """What is known of the ways to a widget: the lines that gate them, and the entries of those that are open.

    ``notices`` are lines that show strangers something beside the widget, or above it.
    """

    places: tuple[Evidence, ...]
    open: tuple[Evidence, ...]
    notices: tuple[Evidence, ...] = ()


class Gating:
    """Looks for gates on one site."""

    def __init__(self, site: Site, follow: Follow) -> None:
        self._site = site
        self._follow = follow
        self._ways = Ways(site, follow)

    def of(self, chains: list[Chain]) -> Gate:
        """Judge every way on its own: one that is open opens the chat to anybody."""
        places: list[Evidence] = []
        opened: list[Evidence] = []
        for chain in chains:
            found = next(self._on(chain), None)
            if found is None:
                opened.append(chain.place)
            else:
                places.append(found)
        notices = [
            place for chain in chains if opened for use in chain.uses[:2] if not use.page for place in self._notices(use)
        ]
        return Gate(*(tuple(dict.fromkeys(one)) for one in (places, opened, notices)))

    def _notices(self, use: Use) -> Iterator[Evidence]:
        """What the statement around a use renders for strangers: ``{!user && <SignIn />}``."""
        for node in unit(use.node).find_all(kind="binary_expression"):
            left, right = node.field("left"), node.field("right")
            strangers = right is not None and right.kind() in _RENDERED
            if strangers and left is not None and implied(left, holds=False, atom=partial(self.somebody, use.source)):
                yield use.source.at(left)

    def _on(self, chain: Chain) -> Iterator[Evidence]:
        for one in self._ways.on(chain):
            if isinstance(one, Wrapped):
                shown = one.name == "Show" and javascript.attribute(one.opening, "when") is not None
                if shown or _OUTSIDE.match(one.name):
                    yield one.source.at(one.opening)
            elif implied(one.test, one.holds, partial(self.somebody, one.source)):
                yield one.source.at(one.test)
        for use in chain.uses:
            if not use.page:
                yield from _wrapped_export(use)
        yield from self._before(chain.entry)

    def _before(self, entry: Entry) -> Iterator[Evidence]:
        """What the server looks at before a page is sent."""
        if not self._site.is_next or entry.kind != "page":
            return
        refusing = guarding(self._site.files, self._follow, entry.route)
        if refusing is not None:
            yield refusing
        page = self._site.files.source(entry.path)
        for node in page.named("getServerSideProps") if page is not None else ():
            holder = next(
                (one for one in node.ancestors() if one.kind() in {"function_declaration", "variable_declarator"}), None
            )
            if page is not None and holder is not None and re.search(r"redirect|withPageAuth|requireAuth", holder.text()):
                yield page.at(node)

    def somebody(self, source: Source, part: SgNode, holds: bool, depth: int = 2) -> bool | None:
        """Whether a part of a condition says that somebody is signed in; ``None``: it says nothing of that."""
        spelled = _spelled(part)
        if _WAITING.search(spelled.rpartition(".")[2]) and not _CERTAIN.search(spelled):
            only = depth > 0 and holds and self._set_for_somebody(self._follow(source, part), depth - 1)
            return True if only else None
        if _NOBODY.search(spelled):
            return not holds
        found = self._follow(source, part)
        if found and all(one.node.text() in {"true", "1"} for one in found):
            return False
        if _SOMEBODY.search(spelled) and not _ELSE.search(spelled) and not any(_made_up(one) for one in found):
            return holds
        for one in found:
            called = _spelled(one.node.field("function")) if one.kind == "call_expression" else ""
            if _WAITING.search(".".join(one.path).lower()):
                return None
            given = one.node.text() if called.endswith(("get_item", "get", "has")) else ""
            if called and (_SOMEBODY.search(called) or _SOMEBODY.search(given.lower())):
                return holds
        return holds if depth > 0 and self._set_for_somebody(found, depth - 1) else False

    def _set_for_somebody(self, found: tuple[Term, ...], depth: int) -> bool:
        """Whether something is only ever set where somebody is signed in."""
        told = [one for one in found if one.node.text() not in _NOTHING]
        return bool(told) and all(
            any(
                implied(test.test, test.holds, lambda part, holds, test=test: self.somebody(test.source, part, holds, depth))
                for test in conditions(one.source, one.node)
            )
            for one in told
        )


def _wrapped_export(use: Use) -> Iterator[Evidence]:
    """``export default withAuth(Page)`` around what a use stands in."""
    names = unit_names(unit(use.node))
    for export in use.source.exports.values():
        called = export.node.field("function") if export.node.kind() == "call_expression" else None
        given = javascript.arguments(export.node) if called is not None else []
        if called is not None and _OUTSIDE.match(called.text()) and any(one.text() in names for one in given):
            yield use.source.at(export.node)


def _made_up(term: Term) -> bool:
    """Whether a value is an id that the browser makes for itself."""
    return bool(re.search(r"randomUUID|Math\.random|nanoid|uuidv?4?\(", term.node.text()))


def _spelled(node: SgNode | None) -> str:
    """A chain of names in small letters with the words apart: ``isLoggedIn`` as ``is_logged_in``."""
    if node is None:
        return ""
    text = re.sub(r"\(.*\)", "", node.text(), flags=re.DOTALL).replace("?.", ".")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()
    return (
        re.sub(r"\b(?:is|has|use|get|check|fetch)_", "", words)
        .replace("logged_in", "loggedin")
        .replace("signed_in", "signedin")
    )
