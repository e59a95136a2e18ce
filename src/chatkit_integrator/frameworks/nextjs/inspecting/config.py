"""What next.config and the middleware (``proxy`` from Next.js 16 on) say: rewrites, policies, static export, matchers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import Middleware
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import jslook as javascript
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from chatkit_integrator.model.tree import Tree

_CONFIGS = tuple(f"next.config.{end}" for end in ("ts", "mjs", "js", "cjs", "mts"))
_POLICY = re.compile(r"(?<![\w-])(script-src|default-src)(?![\w-])")


def config_path(tree: Tree, root: str) -> str | None:
    """The path of next.config."""
    prefix = "" if root in {"", "."} else f"{root}/"
    return next((prefix + name for name in _CONFIGS if tree.has(prefix + name)), None)


def static_export(tree: Tree, root: str) -> Location | None:
    """Where ``output: "export"`` is set."""
    path = config_path(tree, root)
    body = javascript.text(tree, path) if path else None
    if path is None or body is None:
        return None
    for node in tsx.root(body).find_all(kind="pair"):
        key, value = node.field("key"), node.field("value")
        if key is not None and key.text().strip("'\"") == "output" and javascript.string(value) == "export":
            return Location(path, node.range().start.line + 1)
    return None


def rewrites(tree: Tree, root: str) -> tuple[tuple[str, ...], Location | None]:
    """The sources of every rewrite, as written."""
    path = config_path(tree, root)
    body = javascript.text(tree, path) if path else None
    if path is None or body is None or "rewrites" not in body:
        return (), None
    found: list[str] = []
    line = 1
    for node in tsx.root(body).find_all(kind="object"):
        source, target = javascript.property_value(node, "source"), javascript.property_value(node, "destination")
        text = javascript.string(source, body)
        if text is not None and target is not None and text not in found:
            found.append(text)
            line = node.range().start.line + 1
    return tuple(found), Location(path, line) if found else None


def middleware(tree: Tree, root: str, app_dir: str | None) -> tuple[Middleware | None, Location | None]:
    """The middleware beside the app, with the paths that it matches."""
    base = app_dir.rsplit("/", 1)[0] if app_dir and "/" in app_dir else ""
    prefix = "" if root in {"", "."} else f"{root}/"
    for folder in dict.fromkeys((f"{base}/" if base else "", prefix, f"{prefix}src/")):
        for name in ("proxy", "middleware"):
            for end in ("ts", "js", "tsx", "mjs"):
                path = f"{folder}{name}.{end}"
                body = javascript.text(tree, path) if tree.has(path) else None
                if body is not None and re.search(r"\bexport\b", body):
                    return Middleware(path, _matchers(body)), Location(path, 1)
    return None, None


def _matchers(body: str) -> tuple[str, ...]:
    for node in tsx.root(body).find_all(kind="pair"):
        key, value = node.field("key"), node.field("value")
        if key is not None and value is not None and key.text().strip("'\"") == "matcher":
            if value.kind() == "array":
                texts = [javascript.string(one, body) for one in value.children()]
                return tuple(text for text in texts if text is not None)
            text = javascript.string(value, body)
            return (text,) if text is not None else ()
    return ()


def policy(tree: Tree, root: str, app_dir: str | None) -> Location | None:
    """Where a Content-Security-Policy with a directive for scripts is written."""
    found, _ = middleware(tree, root, app_dir)
    for path in (config_path(tree, root), found.path if found else None):
        body = javascript.text(tree, path) if path else None
        if path is None or body is None or "content-security-policy" not in body.lower():
            continue
        for text, line, _ in javascript.strings(body):
            if _POLICY.search(text):
                return Location(path, line)
        return Location(path, 1)
    return None
