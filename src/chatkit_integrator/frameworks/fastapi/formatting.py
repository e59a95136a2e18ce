"""What a project formats its Python with, as far as its manifests and hooks name it."""

from __future__ import annotations

import re
from posixpath import join, relpath
from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import FollowUp

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Backend
    from chatkit_integrator.model.tree import Tree

_NAMED_IN = ("pyproject.toml", "ruff.toml", ".ruff.toml", ".pre-commit-config.yaml")
_COMMANDS = {"ruff": "ruff check --fix {0} && ruff format {0}", "black": "black {0}"}


def format_with(tree: Tree, backend: Backend, *paths: str) -> tuple[FollowUp, ...]:
    """The command that formats what was written, where the project has one."""
    root = "" if backend.root == "." else backend.root
    places = {*backend.dependencies.manifests, *(join(folder, name) for folder in (root, "") for name in _NAMED_IN)}
    texts = [f"{place}\n{tree.text(place)}" for place in sorted(places) if tree.has(place)]
    for tool, command in _COMMANDS.items():
        if any(re.search(rf"\b{tool}\b", text) for text in texts):
            run = command.format(" ".join(relpath(path, root or ".") for path in paths))
            text = f"Format what was written as the rest is, with {tool}; undo leaves files alone that were changed since."
            return (FollowUp(text, f"cd {root} && {run}" if root else run),)
    return ()
