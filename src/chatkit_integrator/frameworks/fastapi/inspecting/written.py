"""The chat's own package that is written already: no part of what the project is, and it answers what it was written from."""

from __future__ import annotations

import ast
from posixpath import dirname
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.fastapi.importing import PACKAGE
from chatkit_integrator.reading.python import bound_names, dotted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.profile import Identity
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.python import Definition, PythonModules

_OURS = b"current_user_id"
_SIGNED: Mapping[bytes, Identity] = {
    b"CHATKIT_GUEST_SECRET": "guest",
    b"CHATKIT_JWKS_URL": "jwks",
    b"CHATKIT_PROXY_SECRET": "signed",
}


def package_beside(tree: Tree, app: str) -> str | None:
    """The folder of the package beside the module that makes the app; ``None`` where there is none, or it is not ours."""
    folder = f"{dirname(app)}/{PACKAGE}".lstrip("/")
    parts = [tree.read(f"{folder}/{name}.py") for name in ("identity", "router")]
    is_ours = any(one is not None and _OURS in one.data for one in parts)
    return folder if is_ours and tree.has(f"{folder}/__init__.py") else None


def settled(modules: PythonModules, folder: str) -> Mapping[str, str]:
    """What a package that is there settles; an identity that somebody has made their own is the project's own sign-in."""
    dependency = _from_the_project(modules, f"{folder}/identity.py", "get_current_user")
    agent = next(
        (found for name in ("agent", "make_agent") if (found := _from_the_project(modules, f"{folder}/agent.py", name))), None
    )
    identity = modules.tree.read(f"{folder}/identity.py")
    signed = (kind for mark, kind in _SIGNED.items() if identity is not None and mark in identity.data)
    return {
        "identity": next(signed, "bearer"),
        "attachments": "on" if modules.tree.has(f"{folder}/attachments.py") else "off",
        "auth.dependency": f"{dependency.path}:{dependency.name}" if dependency else "",
        "agent": f"{agent.path}:{agent.name}" if agent else "none",
        "agent.context": "",
    }


def _from_the_project(modules: PythonModules, path: str, name: str) -> Definition | None:
    """What of the project a module of the package calls by ``name``, wherever in it that is imported."""
    module = modules.module(path)
    nodes = list(ast.walk(module.tree)) if module else []
    renamed = {one: dotted(node.value) for node in nodes if isinstance(node, ast.Assign) for one in bound_names(node)}
    head, _, rest = (renamed.get(name) or name).partition(".")
    for node in (one for one in nodes if isinstance(one, ast.ImportFrom)):
        for alias in node.names:
            target = modules.locate(path, node.module, node.level) if (alias.asname or alias.name) == head else None
            if target is not None:
                return modules.resolve(target, f"{alias.name}.{rest}" if rest else alias.name)
    return None
