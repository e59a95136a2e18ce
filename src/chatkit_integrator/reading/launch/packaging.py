"""What a backend wants installed: the lock that says it exactly, else the manifest that says it loosely."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from posixpath import dirname, join
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.tree import Tree

Kind: TypeAlias = Literal["uv.lock", "poetry.lock", "Pipfile.lock", "requirements", "pyproject", "none"]
_PIN = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*===?\s*[\w.!+]+", re.MULTILINE)
_IMAGE = re.compile(r"^FROM\s+\S*python:(\d+\.\d+)", re.MULTILINE | re.IGNORECASE)
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Packaging:
    """``path`` is the file that says what to install; ``pins`` its packages as requirements where the file is no manifest.

    ``loose`` names packages that are not held to a version: an installation of today may be another than the author's.
    """

    kind: Kind
    path: str
    pins: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    python: str | None = None


def read_packaging(tree: Tree, home: str) -> Packaging:
    """The most exact file in the backend's folder; a lock of a workspace may lie further up."""
    python = _python(tree, home)
    folder = home
    while True:
        place = join(folder, "uv.lock") if folder else "uv.lock"
        if tree.has(place):
            return Packaging("uv.lock", place, python=python)
        if not folder:
            break
        folder = dirname(folder)
    found = _own(tree, home)
    return Packaging(found.kind, found.path, found.pins, found.loose, python)


def _own(tree: Tree, home: str) -> Packaging:
    def place(name: str) -> str:
        return join(home, name) if home else name

    if tree.has(place("poetry.lock")):
        return Packaging("poetry.lock", place("poetry.lock"), tuple(_poetry(tree.text(place("poetry.lock")))))
    if tree.has(place("Pipfile.lock")):
        return Packaging("Pipfile.lock", place("Pipfile.lock"), tuple(_pipfile(tree.text(place("Pipfile.lock")))))
    for name in ("requirements.lock", "requirements.txt"):
        if tree.has(place(name)):
            text = tree.text(place(name))
            lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith(("#", "-"))]
            loose = [found.group(1) for line in lines if not _PIN.match(line) and (found := _REQUIREMENT.match(line))]
            return Packaging("requirements", place(name), loose=tuple(loose))
    if tree.has(place("pyproject.toml")):
        project = cast("dict[str, list[object]]", _toml(tree, place("pyproject.toml")).get("project") or {})
        wanted = [str(one) for one in project.get("dependencies", [])]
        loose = [found.group(1) for one in wanted if not _PIN.match(one) and (found := _REQUIREMENT.match(one))]
        return Packaging("pyproject", place("pyproject.toml"), loose=tuple(loose))
    return Packaging("none", "")


def _toml(tree: Tree, path: str) -> dict[str, object]:
    try:
        return tomllib.loads(tree.text(path))
    except tomllib.TOMLDecodeError:
        return {}


def _python(tree: Tree, home: str) -> str | None:
    """The version that the backend asks for: the file that pins one, the manifest's range, else a container's."""
    for name in (".python-version", "runtime.txt"):
        place = join(home, name) if home else name
        if tree.has(place) and (found := re.search(r"\d+\.\d+", tree.text(place))):
            return found.group(0)
    manifest = join(home, "pyproject.toml") if home else "pyproject.toml"
    project = cast("dict[str, object]", (_toml(tree, manifest) if tree.has(manifest) else {}).get("project") or {})
    wanted = project.get("requires-python")
    if wanted:
        return str(wanted)
    container = join(home, "Dockerfile") if home else "Dockerfile"
    found = _IMAGE.search(tree.text(container)) if tree.has(container) else None
    return found.group(1) if found else None


def _poetry(text: str) -> Iterator[str]:
    for one in tomllib.loads(text).get("package", []):
        if "dev" not in one.get("groups", ["main"]) or "main" in one.get("groups", ["main"]):
            yield f"{one['name']}=={one['version']}"


def _pipfile(text: str) -> Iterator[str]:
    for name, one in json.loads(text).get("default", {}).items():
        yield f"{name}{one.get('version', '')}"
