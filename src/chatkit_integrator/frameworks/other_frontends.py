"""Frontends that are recognised and not integrated yet: Vite, Create React App, Docusaurus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.errors import NothingSupportedError, SyntaxRefusedError
from chatkit_integrator.model.profile import Frontend
from chatkit_integrator.model.unit import Candidate, Framework, Inspected, Location
from chatkit_integrator.syntax import jsonc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.tree import Tree

_KINDS = (("docusaurus", "@docusaurus/core"), ("cra", "react-scripts"), ("vite", "vite"))
_LOCKS = (
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
    ("package-lock.json", "npm"),
)


def _packages(tree: Tree, path: str) -> dict[str, object]:
    try:
        data = jsonc.load(tree.text(path), path)
    except SyntaxRefusedError:
        return {}
    return {**(data.get("devDependencies") or {}), **(data.get("dependencies") or {})}


def candidates(tree: Tree) -> tuple[Candidate, ...]:
    """Folders whose package.json depends on one of the frameworks."""
    found: list[Candidate] = []
    for path in tree.named("package.json"):
        packages = _packages(tree, path) if "node_modules/" not in path else {}
        kind = next((name for name, package in _KINDS if package in packages), None)
        if kind is not None and (kind != "vite" or "react" in packages):
            found.append(Candidate(path.rpartition("/")[0] or ".", kind, Location(path, 1)))
    return tuple(found)


def inspect(tree: Tree, root: str, answers: Mapping[str, str]) -> Inspected:
    """Say which framework it is, in which language, and who installs it."""
    del answers
    prefix = "" if root in {"", "."} else f"{root}/"
    path = prefix + "package.json"
    packages = _packages(tree, path) if tree.has(path) else {}
    kind = next((name for name, package in _KINDS if package in packages), None)
    if kind is None:
        raise NothingSupportedError(f"{path} depends on no frontend that is known; name another folder with --frontend.")
    folders = dict.fromkeys((prefix, ""))
    locks = [(folder + name, manager) for folder in folders for name, manager in _LOCKS if tree.has(folder + name)]
    profile = Frontend(
        root=root,
        framework=kind,
        router=None,
        language="ts" if "typescript" in packages or tree.has(prefix + "tsconfig.json") else "js",
        layout=None,
        layouts=(),
        app_dir=None,
        manifest=path,
        package_manager=locks[0][1] if locks else None,
        workspace_root=root,
        lockfiles=tuple(lock for lock, _ in locks),
        versions={name: str(packages[name]) for name in ("react", "typescript", "vite") if name in packages},
    )
    return Inspected(profile, (), {"framework": (Location(path, 1),)})


FRAMEWORKS = (Framework("other", "frontend", candidates, inspect, ()),)
