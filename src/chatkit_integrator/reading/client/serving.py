"""Where an address of the site itself leads: a route handler, a rewrite, a development server's proxy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.code import returned
from chatkit_integrator.reading.client.texts import address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.entries import Site
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow, Term
    from chatkit_integrator.reading.client.texts import Texts

_ROUTE = re.compile(r"^(?:src/)?app/(?P<route>(?:.+/)?)route\.(?:ts|js|tsx|jsx|mjs)$")
_API = re.compile(r"^(?:src/)?pages/(?P<route>api/.+?)\.(?:ts|js|tsx|jsx)$")
_CONFIGS = ("next.config", "vite.config")
_SUFFIXES = ("ts", "js", "mjs", "cjs", "mts")


@dataclass(frozen=True, slots=True)
class Route:
    """A route handler of the site that answers an address; ``caught`` is what a catch-all segment takes of it."""

    source: Source
    caught: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """An address that the site's server hands on without code: a rewrite, or a development server's proxy."""

    place: Evidence
    path: str
    development: bool


def route(site: Site, path: str) -> Route | None:
    """The route handler that answers POST at a path, the most exact one."""
    wanted = [one for one in path.split("/") if one]
    found: list[tuple[int, Route]] = []
    for file in site.files.paths if site.is_next else ():
        inside = site.inside(file)
        match = _ROUTE.match(inside) or _API.match(inside)
        if match is None:
            continue
        parts = [one for one in match["route"].strip("/").split("/") if one and not re.match(r"^\(.*\)$|^@", one)]
        if parts[-1:] == ["index"]:
            parts = parts[:-1]
        if any(one.startswith("_") for one in parts):
            continue
        caught = _caught(parts, wanted)
        source = site.files.source(file) if caught is not None else None
        if source is not None and caught is not None:
            found.append((sum(one.startswith("[") for one in parts), Route(source, caught)))
    return min(found, key=lambda one: one[0])[1] if found else None


def _caught(parts: list[str], wanted: list[str]) -> str | None:
    """What dynamic segments take of an address; ``None`` where the route does not answer it."""
    taken: list[str] = []
    for index, part in enumerate(parts):
        if part.startswith(("[...", "[[...")):
            rest = wanted[index:]
            return "/".join(rest) if rest or part.startswith("[[") else None
        if index >= len(wanted):
            return None
        if part.startswith("["):
            taken.append(wanted[index])
        elif part != wanted[index]:
            return None
    return "/".join(taken) if len(parts) == len(wanted) else None


def rewritten(site: Site, follow: Follow, texts: Texts, path: str) -> Rewritten | None:
    """Where the configuration sends an address."""
    for stem in _CONFIGS:
        for suffix in _SUFFIXES:
            name = f"{stem}.{suffix}"
            source = site.files.source(join(site.files.root, name)) if site.files.has(name) else None
            if source is None:
                continue
            found = (
                _rewrites(source, follow, texts, path) if stem == "next.config" else _development(source, follow, texts, path)
            )
            if found is not None:
                return found
    return _of_package(site, path)


def _rewrites(source: Source, follow: Follow, texts: Texts, path: str) -> Rewritten | None:
    for where, rule in _rules(source, follow):
        given = texts.of(where, javascript.property_value(rule, "source"))
        target = javascript.property_value(rule, "destination")
        for pattern in given:
            caught = _matched(pattern, path)
            for text in texts.of(where, target) if caught is not None else ():
                filled = text
                for key, value in (caught or {}).items():
                    filled = re.sub(rf":{key}[*+]?", value, filled)
                return Rewritten(where.at(target or rule), address(filled, where.at(rule)).path, development=False)
    return None


def _rules(source: Source, follow: Follow) -> Iterator[tuple[Source, SgNode]]:
    """The objects with a source and a destination that ``rewrites`` gives."""
    for kind in ("pair", "method_definition"):
        for node in source.root.find_all(kind=kind):
            key = node.field("key") or node.field("name")
            if key is None or key.text() != "rewrites":
                continue
            functions = (
                [node] if kind == "method_definition" else [one.node for one in follow.functions(source, node.field("value"))]
            )
            for function in functions:
                for value in returned(function):
                    for term in follow(source, value):
                        yield from _listed(term, follow)


def _listed(term: Term, follow: Follow) -> Iterator[tuple[Source, SgNode]]:
    if term.kind == "array":
        for one in javascript.items(term.node):
            inner = one.child(1) if one.kind() == "spread_element" else one
            for item in follow(term.source, inner):
                yield from _listed(item, follow)
    elif term.kind == "object" and javascript.property_value(term.node, "source") is not None:
        yield term.source, term.node
    elif term.kind == "object":
        for name, value in javascript.properties(term.node):
            if name in {"beforeFiles", "afterFiles", "fallback"}:
                for inner in follow(term.source, value):
                    yield from _listed(inner, follow)


def _matched(pattern: str, path: str) -> dict[str, str] | None:
    names = re.findall(r":(\w+)", pattern)
    expression = re.sub(r"/:(\w+)\([^)]*\)", r"/(?P<\1>.+)", pattern)
    expression = re.sub(r"/:(\w+)\*", r"(?:/(?P<\1>.*))?", expression)
    expression = re.sub(r"/:(\w+)\+", r"/(?P<\1>.+)", expression)
    expression = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", expression) if "(?P" not in expression else expression
    try:
        found = re.fullmatch(expression, path)
    except re.error:
        return None
    return {name: found.groupdict().get(name) or "" for name in names} if found is not None else None


def _development(source: Source, follow: Follow, texts: Texts, path: str) -> Rewritten | None:
    for pair in source.root.find_all(kind="pair"):
        key, value = pair.field("key"), pair.field("value")
        if key is None or value is None or key.text() != "proxy":
            continue
        for term in follow.objects(source, value):
            for prefix, target in javascript.properties(term.node):
                if not (path.startswith(prefix) or (prefix.startswith("^") and re.match(prefix, path))):
                    continue
                new = path
                for rewrite in follow.properties(term.source, target, "rewrite"):
                    given = [
                        one
                        for one in rewrite.node.find_all(kind="call_expression")
                        if javascript.last_name(one.field("function")) == "replace"
                    ]
                    arguments = javascript.arguments(given[0]) if given else []
                    if len(arguments) > 1:
                        new = _replaced(path, arguments[0].text(), javascript.string(arguments[1]) or "")
                return Rewritten(term.source.at(target), new, development=True)
    del texts
    return None


def _replaced(path: str, pattern: str, new: str) -> str:
    expression = pattern.strip("/").replace("\\/", "/") if pattern.startswith("/") else re.escape(pattern.strip("'\"`"))
    try:
        return re.sub(expression, new, path, count=1) or "/"
    except re.error:
        return path


def _of_package(site: Site, path: str) -> Rewritten | None:
    """The ``proxy`` of a package.json of Create React App."""
    name = join(site.files.root, "package.json")
    text = javascript.text(site.files.tree, name) or ""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r'\s*"proxy"\s*:\s*"https?://', line) and site.name == "cra":
            from chatkit_integrator.model.verdict import Evidence  # noqa: PLC0415 - used at run time here alone

            return Rewritten(Evidence(name, number, line.strip()[:200]), path, development=True)
    return None
