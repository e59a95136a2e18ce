"""Content-Security-Policies as they are written in a site's sources: their directives, and where an origin goes into each.

A policy is a string, strings that are added up, a list of strings, or an object by directive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatkit_integrator.syntax import tsx
from chatkit_integrator.syntax.text import Splice, apply, indentation, line_ending, line_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

ORIGIN = "https://cdn.platform.openai.com"
_ALL = "default-src"
SCRIPTS = ("script-src-elem", "script-src", _ALL)
FRAMES = ("frame-src", "child-src", _ALL)
_GOVERNING = frozenset({*SCRIPTS, *FRAMES})
_NOTHING = ((), ("'none'",))
_OTHERS = (
    "script-src-attr|(?:style|connect|font|img|media|object|worker|manifest|prefetch|fenced-frame)-src(?:-elem|-attr)?|"
    "base-uri|form-action|frame-ancestors|navigate-to|plugin-types|report-to|report-uri|sandbox|trusted-types|"
    "require-trusted-types-for|upgrade-insecure-requests|block-all-mixed-content"
)
_COMPUTED = "\1"  # stands for each character of what is computed inside of a string
_START = re.compile(rf"(?:^|(?<=[;\n{_COMPUTED}]))\s*({'|'.join(sorted(_GOVERNING, reverse=True))}|{_OTHERS})(?=[\s;]|$)")
_SOURCE = re.compile(rf".*[':.*{_COMPUTED}].*|localhost")
_HOST = r"(?:cdn\.platform\.openai\.com|\*\.platform\.openai\.com|\*\.openai\.com)"
_ALLOWING = re.compile(rf"\*|https:|(?:https://)?{_HOST}/?")
_PARTS = frozenset(
    {
        "array",
        "binary_expression",
        "parenthesized_expression",
        "spread_element",
        "template_string",
        "template_substitution",
        "ternary_expression",
    }
)


class UncertainError(Exception):
    """A policy is put together in a way that an edit cannot be sure of."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive in the text: ``added`` puts the origin behind its sources.

    ``copy``, put at ``place`` with a name between its two parts, is a directive of that name with the same sources and the
    origin. ``None``: the sources go on outside of the text that they begin in.
    """

    name: str
    tokens: tuple[str, ...]
    added: Splice
    place: int
    copy: tuple[str, str] | None
    is_camel: bool = False
    is_always: bool = True

    @property
    def allows(self) -> bool:
        """Whether the origin needs nothing more. Beside ``strict-dynamic`` a script that another script loads needs none."""
        is_trusted = "'strict-dynamic'" in self.tokens and self.name in SCRIPTS
        return is_trusted or any(_ALLOWING.fullmatch(token) for token in self.tokens)

    def widened(self, own: str) -> Splice:
        """The origin in this directive, or in one of its ``own`` name where this is the one for everything."""
        if self.copy is None and (self.name == _ALL or "'none'" in self.tokens):
            raise UncertainError
        if self.name != _ALL or self.copy is None:
            return self.added
        own = re.sub(r"-(\w)", lambda found: found.group(1).upper(), own) if self.is_camel else own
        return Splice(self.place, self.place, own.join(self.copy))


def found_in(text: str) -> Iterator[tuple[tsx.Span, Directive]]:
    """Every directive that governs scripts or frames, with the policy that it is part of."""
    top = tsx.root(text)
    for kind in ("string", "template_string"):
        for node in top.find_all(kind=kind):
            if not _is_of_images(node):
                policy = _policy(node)
                is_there = not _is_conditional(node, policy)
                yield from ((policy, replace(one, is_always=is_there)) for one in _in_string(text, node))
    for node in top.find_all(kind="object"):
        pairs = {name: one for one in node.children() if one.kind() == "pair" and (name := _key(one)[0])}
        for name, pair in pairs.items():
            if name in _GOVERNING and len(pairs) > 1:
                yield tsx.span(node), _of_pair(text, name, pair)


def _is_of_images(node: SgNode) -> bool:
    """Whether a string is the policy of optimised images, which next.config has under a key of its own."""
    return any(one.kind() == "pair" and one.text().startswith("contentSecurityPolicy") for one in node.ancestors())


def _policy(node: SgNode) -> tsx.Span:
    """The outermost list, template or sum that a string is put into."""
    found = node
    for one in node.ancestors():
        if one.kind() not in _PARTS:
            break
        if one.kind() in {"array", "template_string", "binary_expression"}:
            found = one
    return tsx.span(found)


def _is_conditional(node: SgNode, policy: tsx.Span) -> bool:
    """Whether a string is in its policy only if something is so."""
    within = (one for one in node.ancestors() if policy.start < tsx.span(one).start and tsx.span(one).end < policy.end)
    return any(
        one.kind() == "ternary_expression" or (one.kind() == "binary_expression" and one.children()[1].text() != "+")
        for one in within
    )


def _in_string(text: str, node: SgNode) -> Iterator[Directive]:
    place, parent = tsx.span(node), node.parent()
    key = parent.field("key") if parent is not None else None
    if parent is None or (key is not None and tsx.span(key) == place):
        return
    body, first = _masked(text, node)[1:-1], place.start + 1
    starts = list(_START.finditer(body))
    for at, found in enumerate(starts):
        name = found.group(1)
        following = starts[at + 1].start() if at + 1 < len(starts) else len(body)
        limit = found.end() + len(body[found.end() : following].partition(";")[0])
        sources = body[found.end() : limit]
        tokens = _tokens(sources)
        is_prose = len(starts) == 1 and parent.kind() != "array" and not all(map(_SOURCE.fullmatch, tokens))
        if name not in _GOVERNING or is_prose:
            continue
        if body.strip() == name:
            raise UncertainError
        start, end = first + limit - len(sources.lstrip()), first + found.end() + len(sources.rstrip())
        added = Splice(start, end, ORIGIN) if tokens == ("'none'",) else Splice(end, end, f" {ORIGIN}")
        new = f" {ORIGIN}" if tokens in _NOTHING else f" {text[start:end]} {ORIGIN}"
        if limit == len(body) and _goes_on(text, node):
            yield Directive(name, tokens, added, end, None)
        elif len(starts) == 1 and parent.kind() == "array":
            quote = text[place.start]
            yield Directive(name, tokens, added, place.start, (quote, f"{new}{quote},{_next_line(text, place.start)}"))
        elif (apart := _next_line(text, first + found.start(1))) != " ":
            yield Directive(name, tokens, added, first + found.start(1), ("", f"{new}{';' if ';' in body else ''}{apart}"))
        else:
            yield Directive(name, tokens, added, end, ("; ", new))


def _tokens(sources: str) -> tuple[str, ...]:
    return tuple(sources.replace("\\", "").split())


def _masked(text: str, node: SgNode) -> str:
    """A string as written, with what is computed in it told apart."""
    place = tsx.span(node)
    body = text[place.start : place.end]
    for one in node.children():
        if one.kind() == "template_substitution":
            inner = tsx.span(one)
            start, end = inner.start - place.start, inner.end - place.start
            body = body[:start] + _COMPUTED * (end - start) + body[end:]
    return body


def _goes_on(text: str, node: SgNode) -> bool:
    """Whether something is added to a string behind it."""
    sums = [one for one in node.ancestors() if one.kind() == "binary_expression"]
    return bool(sums) and bool(text[tsx.span(node).end : tsx.span(sums[-1]).end].strip(" \t\r\n)"))


def _next_line(text: str, start: int) -> str:
    """What comes between what is at ``start`` and a thing put before it: a line ending where its line begins with it."""
    indent = indentation(text, start)
    is_first = text[line_start(text, start) : start] == indent
    return f"{line_ending(text)}{indent}" if is_first else " "


def _key(pair: SgNode) -> tuple[str, str]:
    """The directive that a property is named after, in ``kebab-case`` or ``camelCase``, and its name as written."""
    key = pair.field("key")
    written = key.text() if key is not None else ""
    name = re.sub(r"[A-Z]", lambda found: f"-{found.group().lower()}", written.strip("'\""))
    return (name, written) if _START.fullmatch(name) else ("", written)


def _of_pair(text: str, name: str, pair: SgNode) -> Directive:
    value = pair.field("value")
    if value is None or value.kind() not in {"array", "string", "template_string"}:
        raise UncertainError
    written, place, whole = _key(pair)[1], tsx.span(value), tsx.span(pair)
    if value.kind() == "array":
        items = [one for one in value.children() if one.is_named() and one.kind() != "comment"]
        strings = [one for one in items if one.kind() in {"string", "template_string"}]
        tokens = tuple(token for one in strings for token in _tokens(one.text()[1:-1]))
        quote = strings[-1].text()[0] if strings else '"'
        new = f"{quote}{ORIGIN}{quote}"
        if tokens in _NOTHING and len(items) == len(strings):
            last = tsx.span(items[0]) if items else tsx.Span(place.start + 1, place.start + 1)
            added = Splice(last.start, last.end, new)
        else:
            last = tsx.span(items[-1])
            added = Splice(last.end, last.end, f",{_next_line(text, last.start)}{new}")
    else:
        tokens = _tokens(_masked(text, value)[1:-1])
        end = place.end - 1
        added = Splice(place.start + 1, end, ORIGIN) if tokens in _NOTHING else Splice(end, end, f" {ORIGIN}")
    shifted = Splice(added.start - place.start, added.end - place.start, added.new)
    behind = f": {apply(text[place.start : place.end], [shifted])},{_next_line(text, whole.start)}"
    quote = written[0] if written[:1] in {"'", '"'} else ""
    return Directive(name, tokens, added, whole.start, (quote, f"{quote}{behind}"), is_camel="-" not in written)
