"""What next.config and the middleware (``proxy`` from Next.js 16 on) say: rewrites, policies, static export, matchers."""

from __future__ import annotations

import re
from posixpath import dirname, join
from typing import TYPE_CHECKING

from chatkit_integrator.errors import OutsideRootError
from chatkit_integrator.model.profile import Middleware
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.scripts import Script, Scripts

_CONFIGS = tuple(f"next.config.{end}" for end in ("js", "mjs", "ts", "mts", "cjs"))
_MIDDLEWARES = tuple(f".{end}" for end in ("ts", "js", "tsx", "jsx", "mjs"))
_HEADER = re.compile(r"^content-security-policy$", re.IGNORECASE)
_POLICY = re.compile(r"(?<![\w-])(script-src|default-src|frame-src|child-src)(-elem)?(?![\w-])")
_HARMLESS = re.compile(r"(?<![\w-])(frame-ancestors|upgrade-insecure-requests|base-uri|form-action)(?![\w-])")
_PROXY_SINCE = 16


def config(scripts: Scripts) -> Script | None:
    """next.config, whatever its ending."""
    return next((one for name in _CONFIGS for one in (scripts.script(join(scripts.root, name)),) if one), None)


def _values(script: Script, name: str) -> Iterator[SgNode]:
    """What a property of that name is set to: in an object, as a method, by its mere name, or by assignment."""
    top = tsx.root(script.text)
    for node in top.find_all(kind="pair"):
        key, value = node.field("key"), node.field("value")
        if key is not None and value is not None and key.text().strip("'\"") == name:
            yield value
    for node in top.find_all(kind="method_definition"):
        named = node.field("name")
        if named is not None and named.text() == name:
            yield node
    yield from (node for node in top.find_all(kind="shorthand_property_identifier") if node.text() == name)
    for node in top.find_all(kind="assignment_expression"):
        left, right = node.field("left"), node.field("right")
        if left is not None and right is not None and left.kind() == "member_expression" and javascript.last_name(left) == name:
            yield right


def static_export(scripts: Scripts) -> Location | None:
    """Where ``output: "export"`` is set; behind a condition only where that is the production build."""
    script = config(scripts)
    for value in _values(script, "output") if script else ():
        found = javascript.plain(value)
        is_on = javascript.string(found) == "export"
        if found.kind() == "ternary_expression":
            condition, first = found.field("condition"), found.field("consequence")
            is_production = condition is not None and re.search(r"NODE_ENV\s*===?\s*['\"]production", condition.text())
            is_on = bool(is_production) and javascript.string(first) == "export"
        elif script is not None and found.kind() in {"identifier", "member_expression", "shorthand_property_identifier"}:
            is_on = scripts.texts(script, found) == ("export",)
        if script is not None and is_on:
            return Location(script.path, javascript.line(value))
    return None


def rewrites(scripts: Scripts) -> tuple[tuple[str, ...], Location | None]:
    """The sources of every rewrite as written: in a list, or in lists by phase, here or in a module that is imported."""
    script = config(scripts)
    found: dict[str, Location] = {}
    for value in _values(script, "rewrites") if script else ():
        if script is not None:
            _sources(scripts, script, value, found)
    return tuple(found), next(iter(found.values()), None)


def _sources(scripts: Scripts, script: Script, value: SgNode, found: dict[str, Location]) -> None:
    value = javascript.plain(value)
    if value.kind() in {"identifier", "shorthand_property_identifier"}:
        made = scripts.definition(script, value.text()) or _function(scripts, script, value.text())
        if made is None:
            return
        script, value = made
    found.update(_pairs(scripts, script, value))
    for node in value.find_all(kind="identifier") if not found else ():
        made = scripts.definition(script, node.text())
        found.update(_pairs(scripts, *made) if made else ())


def _pairs(scripts: Scripts, script: Script, value: SgNode) -> Iterator[tuple[str, Location]]:
    """Objects with a source and a destination, at ``value`` and below."""
    for node in (value, *value.find_all(kind="object")):
        source, target = (javascript.property_value(node, key) for key in ("source", "destination"))
        if source is not None and target is not None:
            for one in scripts.texts(script, source) or (source.text().strip("`"),):
                yield one, Location(script.path, javascript.line(node))


def _function(scripts: Scripts, script: Script, name: str) -> tuple[Script, SgNode] | None:
    for node in tsx.root(script.text).find_all(kind="function_declaration"):
        named = node.field("name")
        if named is not None and named.text() == name:
            return script, node
    for one in javascript.imports(script.text):
        path = scripts.locate(script.path, one.module) if name in one.names else None
        inner = scripts.script(path) if path else None
        if inner is not None:
            return _function(scripts, inner, one.names[name])
    return None


def middleware(scripts: Scripts, routes: str | None, version: str) -> tuple[Middleware | None, Location | None]:
    """The middleware beside the routes' folder, where alone Next.js looks for it, with the paths that it matches."""
    base = dirname(routes) if routes is not None else scripts.root
    major = re.search(r"\d+", version)
    names = ("middleware",) if major and int(major.group()) < _PROXY_SINCE else ("proxy", "middleware")
    for name in names:
        for end in _MIDDLEWARES:
            script = scripts.script(join(base, name + end))
            if script is not None and _exports(script):
                return Middleware(script.path, tuple(_matchers(scripts, script))), Location(script.path, 1)
    return None, None


def _exports(script: Script) -> bool:
    top = tsx.root(script.text)
    return any(
        any(node.text().startswith(start) for node in top.find_all(kind=kind))
        for kind, start in (("export_statement", "export"), ("assignment_expression", "module.exports"))
    )


def _matchers(scripts: Scripts, script: Script) -> Iterator[str]:
    """``matcher`` of ``export const config``, as written."""
    exported = javascript.constant(script.text, "config")
    found = scripts.object(script, exported) if exported is not None else None
    value = javascript.property_value(found[1], "matcher") if found else None
    if found is None or value is None:
        return
    value = javascript.plain(value)
    for one in value.children() if value.kind() == "array" else [value]:
        if one.kind() == "object":
            source = javascript.property_value(one, "source")
            yield from scripts.texts(found[0], source)
        elif one.is_named() and one.kind() != "comment":
            yield from scripts.texts(found[0], one)


def policy(scripts: Scripts, middle: Middleware | None) -> Location | None:
    """The Content-Security-Policy that the site sends: in next.config, the middleware, a ``<meta>`` or vercel.json.

    The place is the header's; where the policy itself is written in another file, it is that one, which has to be edited. A
    policy that says nothing of scripts and frames stands in nobody's way.
    """
    first = [one for one in (config(scripts), scripts.script(middle.path) if middle else None) if one]
    others = scripts.containing(b"ontent-", b"ONTENT-")
    seen: set[str] = set()
    for script in (*first, *others):
        if script.path in seen:
            continue
        seen.add(script.path)
        header = next((line for body, line, _ in javascript.strings(script.text) if _HEADER.match(body.strip())), None)
        if header is None:
            continue
        if _states(script, _POLICY):
            return Location(script.path, header)
        elsewhere = _written(scripts, script)
        if elsewhere is not None or not _states(script, _HARMLESS):
            return elsewhere or Location(script.path, header)
    return _vercel(scripts)


def _written(scripts: Scripts, script: Script) -> Location | None:
    """The imported file that holds the policy; ``None`` where nobody knows."""
    for one in javascript.imports(script.text):
        path = scripts.locate(script.path, one.module)
        inner = scripts.script(path) if path else None
        line = _states(inner, _POLICY) if inner else None
        if inner is not None and line is not None:
            return Location(inner.path, line)
    return None


def _states(script: Script, directives: re.Pattern[str]) -> int | None:
    """The line of the first string that holds one of the directives."""
    if not directives.search(script.text):
        return None
    return next((line for body, line, _ in javascript.strings(script.text) if directives.search(body)), None)


def _vercel(scripts: Scripts) -> Location | None:
    path = join(scripts.root, "vercel.json")
    try:
        body = javascript.text(scripts.tree, path)
    except OutsideRootError:
        body = None
    found = re.search(r'"Content-Security-Policy"', body, re.IGNORECASE) if body else None
    return Location(path, body.count("\n", 0, found.start()) + 1) if body and found else None
