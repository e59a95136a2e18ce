"""The middleware of a Next.js site: whether it sends anonymous visitors of a page away."""

from __future__ import annotations

import re
from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Files, Source
    from chatkit_integrator.reading.client.follow import Follow

_CHECKS = re.compile(r"cookies|getToken|auth\b|auth\(|getSession|session|clerkMiddleware|withAuth|token", re.IGNORECASE)
_REFUSES = re.compile(r"\bredirect\(|\.redirect\(|\.protect\(|redirectToSignIn|rewrite\(|status:\s*401")
_PUBLIC = re.compile(r"public|open|guest|auth_?(routes|pages|paths)|login|exclude", re.IGNORECASE)
_GUARDED = re.compile(r"protect|private|guard|secure|require|auth(?!_?(routes|pages|paths))", re.IGNORECASE)


def guarding(files: Files, follow: Follow, route: str | None) -> Evidence | None:
    """The line of the middleware that keeps anonymous visitors from a route; ``None`` where none is certain to."""
    if route is None:
        return None
    for name in ("middleware", "proxy"):
        for folder in ("", "src"):
            for suffix in ("ts", "js", "mjs"):
                path = join(folder, f"{name}.{suffix}")
                source = files.source(join(files.root, path)) if files.has(path) else None
                if source is not None:
                    return _guards(source, follow, route)
    return None


def _guards(source: Source, follow: Follow, route: str) -> Evidence | None:
    matchers = _matchers(source, follow)
    if matchers is not None and not any(matches(one, route) for one in matchers):
        return None
    passed_on = next((one for one in source.imports.values() if one.module.startswith("next-auth")), None)
    given = source.exports.get("default")
    as_is = given is not None and given.module is not None and "auth" in given.module
    if as_is and given is not None:
        return source.at(given.node)
    code = _without_comments(source)
    if not (_CHECKS.search(code) and _REFUSES.search(code)) and passed_on is None:
        return None
    refusing = next((number for number, line in enumerate(code.splitlines(), 1) if _REFUSES.search(line)), 1)
    listed = _lists(source)
    guarded = [one for name, routes in listed if _GUARDED.search(name) and not _PUBLIC.search(name) for one in routes]
    public = [one for name, routes in listed if _PUBLIC.search(name) for one in routes]
    if guarded:
        return source.line(refusing) if any(_below(one, route) for one in guarded) else None
    if public:
        return None if any(_below(one, route) for one in public) else source.line(refusing)
    named = [text for text, _, _ in javascript.strings(source.text) if re.fullmatch(r"/[a-z0-9_/-]+", text)]
    if matchers is not None and any(_narrow(one) and matches(one, route) for one in matchers):
        return source.line(refusing)
    return source.line(refusing) if any(_below(one, route) for one in named if one != "/") else None


def _without_comments(source: Source) -> str:
    """The text with spaces where its comments are."""
    text = source.text
    for node in source.root.find_all(kind="comment"):
        place = node.range()
        blank = "".join("\n" if one == "\n" else " " for one in text[place.start.index : place.end.index])
        text = text[: place.start.index] + blank + text[place.end.index :]
    return text


def _matchers(source: Source, follow: Follow) -> list[str] | None:
    export = source.exports.get("config")
    value = export.node.field("value") if export is not None else None
    for term in follow.objects(source, value):
        for matcher in follow(term.source, javascript.property_value(term.node, "matcher")):
            inside = javascript.items(matcher.node) if matcher.kind == "array" else [matcher.node]
            return [text for one in inside if (text := javascript.string(one)) is not None]
    return None


def _lists(source: Source) -> list[tuple[str, list[str]]]:
    """Lists of addresses with the names that they have: ``const publicRoutes = ['/login']``, ``createRouteMatcher([…])``."""
    found: list[tuple[str, list[str]]] = []
    for node in source.root.find_all(kind="variable_declarator"):
        name, value = node.field("name"), node.field("value")
        array = value.find(kind="array") if value is not None else None
        if name is None or array is None or (value is not None and value.kind() in {"arrow_function", "object"}):
            continue
        routes = [
            text for one in javascript.items(array) if (text := javascript.string(one)) is not None and text.startswith("/")
        ]
        if routes:
            found.append((name.text(), routes))
    return found


def _narrow(matcher: str) -> bool:
    return not matcher.startswith(("/(", "/:path*", "/((?!"))


def _below(pattern: str, route: str) -> bool:
    plain = re.sub(r"\(\.\*\)|/?:\w+\*?|\*", "", pattern).rstrip("/") or "/"
    return route == plain or (plain != "/" and route.startswith(f"{plain}/"))


def matches(matcher: str, route: str) -> bool:
    """Whether a matcher of Next.js covers a route."""
    pattern = re.sub(r"/:\w+\*", r"(?:/.*)?", matcher)
    pattern = re.sub(r"/:\w+\+", r"/.+", pattern)
    pattern = re.sub(r":\w+", r"[^/]+", pattern)
    try:
        return re.fullmatch(pattern, route) is not None
    except re.error:
        return False
