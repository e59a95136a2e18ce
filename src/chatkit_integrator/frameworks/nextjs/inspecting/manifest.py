"""package.json, lock files and workspaces: what the site is made of and who installs it."""

from __future__ import annotations

import re
from posixpath import dirname, join
from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.syntax import jsonc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.tree import Tree

LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "yarn.lock": "yarn",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
_SECTIONS = ("dependencies", "devDependencies", "peerDependencies")


def read(tree: Tree, path: str) -> dict[str, Any]:
    """A package.json; empty where there is none."""
    return jsonc.load(tree.text(path), path) if tree.has(path) else {}


def packages(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Every package that a manifest declares, with its range."""
    found: dict[str, str] = {}
    for section in reversed(_SECTIONS):
        entries = manifest.get(section)
        if isinstance(entries, dict):
            found.update({str(name): str(value) for name, value in cast("dict[str, object]", entries).items()})
    return found


def manager(tree: Tree, root: str) -> tuple[str | None, str, tuple[str, ...]]:
    """Who installs, in which folder, and every lock file there: at the site's own folder or at its workspace's root."""
    folder = "" if root in {"", "."} else root
    first = folder
    while True:
        prefix = f"{folder}/" if folder else ""
        locks = tuple(prefix + name for name in LOCKS if tree.has(prefix + name))
        declared = _declared(tree, prefix + "package.json")
        if locks or declared:
            return declared or _preferred(locks), folder or ".", locks
        if not folder:
            return None, first or ".", ()
        folder = dirname(folder)


def _declared(tree: Tree, path: str) -> str | None:
    if not tree.has(path):
        return None
    try:
        field = str(read(tree, path).get("packageManager", ""))
    except SyntaxRefusedError:
        return None
    found = re.match(r"(npm|pnpm|yarn|bun)@", field)
    return found.group(1) if found else None


def _preferred(locks: tuple[str, ...]) -> str:
    names = [path.rsplit("/", 1)[-1] for path in locks]
    return next(LOCKS[name] for name in LOCKS if name in names)


def aliases(tree: Tree, root: str) -> dict[str, str]:
    """The path aliases of tsconfig.json or jsconfig.json."""
    for name in ("tsconfig.json", "jsconfig.json"):
        path = join(root, name) if root not in {"", "."} else name
        if tree.has(path):
            try:
                paths = jsonc.load(tree.text(path), path).get("compilerOptions", {}).get("paths", {})
            except SyntaxRefusedError:
                return {}
            return {str(key): str(value[0]) for key, value in paths.items() if value}
    return {}
