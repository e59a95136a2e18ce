"""What a project asks of its own Python, as far as its manifests and settings say: a formatter, and how much tests cover."""

from __future__ import annotations

import re
from posixpath import join, relpath
from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import FollowUp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.profile import Backend
    from chatkit_integrator.model.tree import Tree

_SETTINGS = ("pyproject.toml", "ruff.toml", ".ruff.toml", ".pre-commit-config.yaml", "setup.cfg", "tox.ini", "pytest.ini")
_COVERAGE = (".coveragerc",)
_COMMANDS = {"ruff": "ruff check --fix --exit-zero {files} && ruff format {files}", "black": "black {files}"}
"""A finding that has no fix must not keep the formatter from what the others changed: ruff's check never fails here."""
_GATE = re.compile(r"fail[-_]under\s*=\s*(\d+)")


def follow_ups(tree: Tree, backend: Backend, package: str) -> tuple[FollowUp, ...]:
    """What is left to do for a package that was written as nobody's own."""
    return (*formatting(tree, backend, package, backend.app.path), *_coverage(tree, backend, package))


def formatting(tree: Tree, backend: Backend, *paths: str) -> Iterator[FollowUp]:
    """The command that formats what was written, where the project has one."""
    root = "" if backend.root == "." else backend.root
    texts = [text for _, text in _read(tree, backend, *_SETTINGS)]
    for tool, command in _COMMANDS.items():
        if any(re.search(rf"\b{tool}\b", text) for text in texts):
            text = f"Format what was written as the rest is, with {tool}; undo leaves files alone that were changed since."
            files = tuple(relpath(path, root or ".") for path in paths)
            yield FollowUp(text, f"cd {root} && {command}" if root else command, files)
            return


def _coverage(tree: Tree, backend: Backend, package: str) -> Iterator[FollowUp]:
    """That the project's tests would fail for want of tests of the chat."""
    for path, text in _read(tree, backend, *_SETTINGS, *_COVERAGE):
        gate = _GATE.search(text)
        if gate is not None and int(gate.group(1)):
            line = text.count("\n", 0, gate.start())
            wants = f"{path}:{line} wants tests to cover {gate.group(1)} %"
            yield FollowUp(f"{wants}: write tests for {package}, or leave it out of the count with omit.")
            return


def _read(tree: Tree, backend: Backend, *names: str) -> Iterator[tuple[str, str]]:
    """Those files that are there, beside the manifests, in the backend's folder and at the top; each begins with its name."""
    root = "" if backend.root == "." else backend.root
    places = {*backend.dependencies.manifests, *(join(folder, name) for folder in (root, "") for name in names)}
    for place in sorted(places):
        if tree.has(place):
            yield place, f"{place}\n{tree.text(place)}"
