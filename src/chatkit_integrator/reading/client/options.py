"""What the widget's options say: the key of the domain, and whether OpenAI's hosted workflow answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.guards import conditions, rests_on

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow, Term
    from chatkit_integrator.reading.client.texts import Texts

_DEVELOPMENT = re.compile(r"NODE_ENV|env\.(?:DEV|PROD|MODE)\b|\bhostname\b|isDev|isProd")
_REAL = re.compile(r"^domain_pk_[0-9a-f]{16,}")


@dataclass(frozen=True, slots=True)
class DomainKey:
    """Where the key comes from; ``placeholder`` is what stands in for it where the configuration has none."""

    how: Literal["configured", "written", "absent", "unread"]
    place: Evidence
    placeholder: str | None = None
    guarded: bool = False
    """The placeholder is for development alone, as the code says."""


def domain_key(follow: Follow, texts: Texts, source: Source, call: SgNode, options: SgNode | None) -> DomainKey:
    """Read ``api.domainKey``."""
    found = [term for one in api(follow, source, options) for term in follow.properties(one.source, one.node, "domainKey")]
    if not found:
        return DomainKey("absent" if api_is_read(follow, source, options) else "unread", source.at(call))
    term = found[0]
    place = term.source.at(term.node)
    stand_ins = [
        one for one in follow(term.source, term.node) if one.kind == "string" and not _REAL.match(one.node.text()[1:-1])
    ]
    guarded = bool(stand_ins) and all(_is_for_development(follow, one) for one in stand_ins)
    values = [one for term in found for one in texts.of(term.source, term.node)]
    known = [one for one in values if "{" not in one and one]
    if any("{" in one for one in values):
        return DomainKey("configured", place, next((one for one in known if not _REAL.match(one)), None), guarded)
    if not values and follow(term.source, term.node):
        opaque = any(one.path or one.kind not in {"string", "undefined", "null"} for one in follow(term.source, term.node))
        return DomainKey("unread" if opaque else "absent", place)
    if not known:
        return DomainKey("absent", place)
    return DomainKey("written", place, next((one for one in known if not _REAL.match(one)), None), guarded)


def _is_for_development(follow: Follow, literal: Term) -> bool:
    """Whether a text is taken only where a condition says that the site is being developed."""
    return any(
        _DEVELOPMENT.search(code.text())
        for one in conditions(literal.source, literal.node)
        for _, code in rests_on(follow, one.source, one.test)
    )


def hosted(follow: Follow, source: Source, options: SgNode | None) -> Evidence | None:
    """The line that asks for a secret of a hosted workflow."""
    for one in api(follow, source, options):
        for name in ("getClientSecret", "clientToken"):
            found = follow.properties(one.source, one.node, name)
            if found:
                return found[0].source.at(found[0].node)
    return None


def api(follow: Follow, source: Source, options: SgNode | None) -> list[Term]:
    """The ``api`` part of the options: each object that it may be."""
    return [one for given in follow.properties(source, options, "api") for one in follow.objects(given.source, given.node)]


def api_is_read(follow: Follow, source: Source, options: SgNode | None) -> bool:
    """Whether all of the ``api`` part could be read."""
    found = api(follow, source, options)
    return bool(found) and not any(
        part.kind() == "spread_element" and not follow.objects(one.source, part.child(1))
        for one in found
        for part in javascript.plain(one.node).children()
    )
