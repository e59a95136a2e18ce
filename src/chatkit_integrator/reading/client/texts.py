"""The strings that an expression may be: addresses, names of headers, paths. What only the environment knows is ``{NAME}``.

A path that a handler takes from its own address is ``{path}``; the origin of the page itself is empty; what is not known at
all is ``{~}``, and at the end of an address it is taken for a query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, product
from posixpath import join
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS
from chatkit_integrator.reading.client.code import returned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow

_ENVIRONMENT = re.compile(
    r"^(?:process\.env|import\.meta\.env|env|Deno\.env)\??\.(\w+)!?$|^(?:process\.env|import\.meta\.env)\[['\"](\w+)['\"]\]$"
)
_OWN_ORIGIN = re.compile(r"(?:^|\.)location\.origin$|^location\.origin$|nextUrl\.origin$")
_CUSTOM_FIELD = re.compile(r"customFields(?:\?\.|\.|!\.)(\w+)$")
_EXAMPLES = (".env.example", ".env.local.example", ".env.sample", ".env.template", "env.example")
_ASSIGNED = re.compile(r"""\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*["']?((?:https?://|/)[^\s"'#]*)""")
_UNKNOWN = "{~}"
_OWN_PATH = {(name,) for name in ("pathname", "path", "slug", "proxy", "params", "all", "href")}
_DEPTH = 20
_MOST = 12


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes: ``origin`` is empty for the page's own, ``path`` starts with a slash."""

    text: str
    origin: str
    path: str
    query: str
    place: Evidence

    @property
    def is_open(self) -> bool:
        """Whether only the environment knows where it goes, its own site included."""
        return self.text.startswith("{") and self.text == self.origin

    @property
    def same_origin(self) -> bool:
        """Whether it goes to the site itself."""
        return not self.origin


class Texts:
    """Evaluates strings with the help of names followed."""

    def __init__(self, follow: Follow) -> None:
        self._follow = follow
        self._fields: dict[str, tuple[str, ...]] | None = None
        self._examples: dict[str, str] | None = None

    def of(self, source: Source, node: SgNode | None, depth: int = _DEPTH) -> tuple[str, ...]:
        """Every string that an expression may be, the more certain ones first."""
        if node is None or depth <= 0:
            return ()
        found = dict.fromkeys(islice(self._strings(source, javascript.plain(node), depth - 1), _MOST))
        return tuple(sorted(found, key=lambda one: one.count("{")))

    def _strings(self, source: Source, node: SgNode, depth: int) -> Iterator[str]:
        text = node.text()
        environment = _ENVIRONMENT.match(text)
        field = _CUSTOM_FIELD.search(text)
        match node.kind():
            case _ if environment is not None:
                yield from self._environment(environment.group(1) or environment.group(2))
            case _ if _OWN_ORIGIN.search(text):
                yield ""
            case _ if field is not None and node.kind() == "member_expression":
                yield from self._field(field.group(1))
            case "string":
                yield text[1:-1]
            case "template_string":
                parts = [self._part(source, one, depth) for one in node.children() if one.kind() != "`"]
                yield from ("".join(one) for one in product(*parts))
            case "ternary_expression":
                for side in ("consequence", "alternative"):
                    yield from self.of(source, node.field(side), depth)
            case "binary_expression":
                yield from self._binary(source, node, depth)
            case "new_expression" if javascript.arguments(node):
                yield from self._url(source, javascript.arguments(node), depth)
            case "call_expression":
                yield from self._call(source, node, depth)
            case "number":
                yield text
            case _:
                yield from self._followed(source, node, depth)

    def _followed(self, source: Source, node: SgNode, depth: int) -> Iterator[str]:
        for term in self._follow(source, node):
            outer = ".".join((term.node.text() if "\n" not in term.node.text() else "", *term.path))
            environment, field = _ENVIRONMENT.match(outer), _CUSTOM_FIELD.search(outer)
            if environment is not None and term.path:
                yield from self._environment(environment.group(1))
            elif field is not None and term.path:
                yield from self._field(field.group(1))
            elif _OWN_ORIGIN.search(outer) and term.path:
                yield ""
            elif term.path[-1:] in _OWN_PATH or (term.kind == "required_parameter" and term.node.text().startswith("path:")):
                yield "{path}"
            elif term.node != node and not term.path:
                yield from self.of(term.source, term.node, depth)

    def _part(self, source: Source, node: SgNode, depth: int) -> tuple[str, ...]:
        if node.kind() != "template_substitution":
            return (node.text(),)
        inner = next((one for one in node.children() if one.is_named()), None)
        return self.of(source, inner, depth) or (_UNKNOWN,)

    def _binary(self, source: Source, node: SgNode, depth: int) -> Iterator[str]:
        sign = node.field("operator")
        left, right = (self.of(source, node.field(side), depth) for side in ("left", "right"))
        if sign is not None and sign.text() == "+":
            yield from ("".join(one) for one in product(left or (_UNKNOWN,), right or (_UNKNOWN,)))
        elif sign is not None and sign.text() in {"||", "??"}:
            yield from left
            yield from right
        elif sign is not None and sign.text() == "&&":
            yield from right

    def _call(self, source: Source, node: SgNode, depth: int) -> Iterator[str]:
        function, given = node.field("function"), javascript.arguments(node)
        name = javascript.last_name(function)
        holder = function.field("object") if function is not None and function.kind() == "member_expression" else None
        if name == "replace" and holder is not None and len(given) > 1:
            yield from self._replaced(source, holder, given, depth)
        elif (
            name in {"trim", "toString", "join", "slice", "replace", "concat", "toLowerCase", "replaceAll"}
            and holder is not None
        ):
            yield from self.of(source, holder, depth)
        elif name in {"String", "encodeURI", "fileURLToPath", "withBase", "useBaseUrl"} and given:
            yield from self.of(source, given[0], depth)
        elif own := self._follow.functions(source, function):
            for one in own:
                for value in returned(one.node):
                    yield from self.of(one.source, value, depth)
        else:
            for term in self._follow(source, node):
                if term.node != node and term.kind not in FUNCTIONS and not term.path:
                    yield from self.of(term.source, term.node, depth)

    def _replaced(self, source: Source, holder: SgNode, given: list[SgNode], depth: int) -> Iterator[str]:
        new = self.of(source, given[1], depth)
        for text in self.of(source, holder, depth):
            old = javascript.string(given[0])
            pattern = given[0].text() if given[0].kind() == "regex" else None
            if text == "{path}" and old is not None and new:
                yield f"{{path:{old}:{new[0]}}}"
            elif old is not None and new:
                yield text.replace(old, new[0], 1)
            elif pattern in {r"/\/$/", r"/\/+$/"}:
                yield text.rstrip("/")
            else:
                yield text

    def _url(self, source: Source, given: list[SgNode], depth: int) -> Iterator[str]:
        for text in self.of(source, given[0], depth):
            if len(given) > 1 and text.startswith("/"):
                yield from (_origin(base) + text for base in self.of(source, given[1], depth) or (_UNKNOWN,))
            else:
                yield text

    def _environment(self, name: str) -> Iterator[str]:
        """A variable: its name, and the address that the example of an environment file gives it."""
        yield f"{{{name}}}"
        if self._examples is None:
            self._examples = {}
            for file in _EXAMPLES:
                files = self._follow.files
                body = javascript.text(files.tree, join(files.root, file)) if files.has(file) else None
                for line in (body or "").splitlines():
                    found = _ASSIGNED.match(line)
                    if found is not None:
                        self._examples.setdefault(found.group(1), found.group(2))
        if name in self._examples:
            yield self._examples[name]

    def _field(self, name: str) -> tuple[str, ...]:
        """A custom field of a Docusaurus site's configuration."""
        if self._fields is None:
            self._fields = {}
            for suffix in ("ts", "js", "mjs", "cjs"):
                source = self._follow.files.source(join(self._follow.files.root, f"docusaurus.config.{suffix}"))
                for node in source.root.find_all(kind="pair") if source is not None else ():
                    key, value = node.field("key"), node.field("value")
                    if source is not None and key is not None and key.text() == "customFields" and value is not None:
                        for field, inner in javascript.properties(value):
                            self._fields[field] = self.of(source, inner)
        return self._fields.get(name, (f"{{{name}}}",))

    def addresses(self, source: Source, node: SgNode | None) -> list[Address]:
        """The addresses that an expression may be, the one that needs least of the environment first."""
        if node is None:
            return []
        place = source.at(node)
        return [address(one, place) for one in self.of(source, node) if one and one != _UNKNOWN]


def address(text: str, place: Evidence) -> Address:
    """Take an address apart."""
    origin = _origin(text)
    rest = text[len(origin) :]
    parts = urlsplit(rest if rest.startswith(("/", "?", "#")) or not rest else f"/{rest}")
    path = parts.path.removesuffix(_UNKNOWN) if len(parts.path) > len(_UNKNOWN) + 1 else parts.path
    return Address(text, origin, path or "/", parts.query, place)


def _origin(text: str) -> str:
    found = re.match(r"[a-z]+://[^/?#]+|//[^/?#]+|\{[^}/:]+\}", text)
    return found.group() if found is not None and found.group() != "{path}" else ""


def nearest(found: Iterable[Address]) -> Address | None:
    """The address that is certain without the environment, else the first."""
    among = list(found)
    return next((one for one in among if "{" not in one.text), among[0] if among else None)
