"""Who installs a backend's packages, and every file that declares them."""

from __future__ import annotations

import re
import tomllib
from posixpath import dirname, join
from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.model.profile import Dependencies
from chatkit_integrator.syntax.requirements import declared as declared_lines

if TYPE_CHECKING:
    from chatkit_integrator.model.tree import Tree

_REQUIREMENTS = re.compile(r"^(requirements|reqs)([-_.]?(base|prod|production|main|common))?\.(txt|in)$")
_NAMES = ("pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "environment.yml", "environment.yaml")
_LOCKS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm", "Pipfile.lock": "pipenv"}


def folder_of(tree: Tree, path: str) -> str | None:
    """The nearest folder, from that of ``path`` upwards, that declares Python packages."""
    folder: str = dirname(path)
    while True:
        if _in(tree, folder):
            return folder
        if not folder:
            return None
        folder = dirname(folder)


def _in(tree: Tree, folder: str) -> list[str]:
    prefix = f"{folder}/" if folder else ""
    names = [path.removeprefix(prefix) for path in _siblings(tree, prefix)]
    found = [name for name in _NAMES if name in names]
    found += sorted(name for name in names if _REQUIREMENTS.match(name))
    found += sorted(f"requirements/{name}" for name in ("base.txt", "prod.txt", "base.in") if f"requirements/{name}" in names)
    return [prefix + name for name in found if name != "setup.cfg" or _has_install_requires(tree, prefix + name)]


def _siblings(tree: Tree, prefix: str) -> list[str]:
    candidates = [prefix + name for name in _NAMES]
    candidates += [
        path
        for path in tree.named(*_requirement_names(tree))
        if path.startswith(prefix) and path.removeprefix(prefix).count("/") <= 1
    ]
    return [path for path in candidates if tree.has(path)]


def _requirement_names(tree: Tree) -> tuple[str, ...]:
    del tree
    stems = ("requirements", "reqs")
    tails = ("", *(f"{glue}{kind}" for glue in "-_." for kind in ("base", "prod", "production", "main", "common")))
    names = [f"{stem}{tail}.{end}" for stem in stems for tail in tails for end in ("txt", "in")]
    return (*names, "base.txt", "prod.txt", "base.in")


def _has_install_requires(tree: Tree, path: str) -> bool:
    return "install_requires" in tree.text(path)


def read(tree: Tree, folder: str) -> tuple[Dependencies, str | None]:
    """The manifests of a folder, the deciding one first, and the Python that they ask for."""
    found = [path for path in _in(tree, folder) if not path.endswith("setup.cfg") or tree.has(path)]
    manager = _manager(tree, folder, found)
    order = {"pip": "requirements", "pipenv": "Pipfile", "setuptools": "setup", "conda": "environment"}
    first = order.get(manager, "pyproject.toml")
    found.sort(
        key=lambda path: (not path.removeprefix(f"{folder}/" if folder else "").startswith(first), path.endswith(".txt"))
    )
    return Dependencies(manager, found[0] if found else None, tuple(found)), _requires_python(tree, found)  # type: ignore[arg-type]


def _manager(tree: Tree, folder: str, found: list[str]) -> str:
    """Who installs: what the lock file, the tool tables, the build backend, or the kind of manifest says, in that order."""
    prefix = f"{folder}/" if folder else ""
    pyproject = _toml(tree, f"{prefix}pyproject.toml")
    if "project" in pyproject or "poetry" in pyproject.get("tool", {}):
        said = _project_manager(tree, folder, pyproject, found)
        if said is not None:
            return said
    for mark, manager in (
        ("Pipfile", "pipenv"),
        ("requirements", "pip"),
        ("reqs", "pip"),
        ("setup.", "setuptools"),
        ("environment.y", "conda"),
    ):
        if any(mark in path.removeprefix(prefix) for path in found):
            return manager
    return "none"


def _project_manager(tree: Tree, folder: str, pyproject: dict[str, Any], found: list[str]) -> str | None:
    prefix = f"{folder}/" if folder else ""
    tool: dict[str, Any] = pyproject.get("tool", {})
    locks = [manager for lock, manager in _LOCKS.items() if manager != "pipenv" and tree.has(prefix + lock)]
    tables = [
        name for name in ("poetry", "pdm", "uv", "hatch", "flit") if name in tool and (name != "uv" or "project" in pyproject)
    ]
    if locks or tables:
        return (locks or tables)[0]
    if not pyproject.get("project", {}).get("dependencies") and any("requirements" in path for path in found):
        return None
    backend = str(pyproject.get("build-system", {}).get("build-backend", ""))
    said = next((name for name in ("flit", "pdm", "poetry", "uv") if backend.startswith(name)), None)
    if said is not None:
        return said
    while folder:
        folder = dirname(folder)
        if tree.has(join(folder, "uv.lock")):
            return "uv"
    fallback = {"": "uv", "hatchling.build": "hatch", "setuptools.build_meta": "setuptools"}
    return fallback.get(backend, "pip")


def _toml(tree: Tree, path: str) -> dict[str, Any]:
    if not tree.has(path):
        return {}
    try:
        return tomllib.loads(tree.text(path).removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        return {}


def _requires_python(tree: Tree, found: list[str]) -> str | None:
    for path in found:
        if path.endswith("pyproject.toml"):
            data = _toml(tree, path)
            asked = data.get("project", {}).get("requires-python")
            if asked:
                return str(asked)
            asked = data.get("tool", {}).get("poetry", {}).get("dependencies", {}).get("python")
            if asked:
                return _poetry("", asked) or None
    return None


def declared(tree: Tree, manifests: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Every requirement that the manifests declare, as (manifest, PEP 508 text); poetry's forms are translated."""
    found: list[tuple[str, str]] = []
    for path in manifests:
        if path.endswith((".txt", ".in")):
            found += [(path, line) for line in declared_lines(tree.text(path))]
        elif path.endswith("pyproject.toml"):
            data = _toml(tree, path)
            found += [(path, str(one)) for one in data.get("project", {}).get("dependencies", [])]
            poetry = data.get("tool", {}).get("poetry", {}).get("dependencies", {})
            found += [(path, _poetry(str(name), value)) for name, value in poetry.items() if name != "python"]
        elif path.endswith("Pipfile"):
            packages = _toml(tree, path).get("packages", {})
            found += [(path, _poetry(name, value)) for name, value in packages.items()]
    return tuple(found)


def _poetry(name: str, value: Any) -> str:  # noqa: ANN401 - TOML gives anything
    if isinstance(value, list):  # by platform or Python: which one counts here is not known
        return name
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        extras = cast("list[str]", table.get("extras", []))
        name = f"{name}[{','.join(extras)}]" if extras else name
        value = table.get("version", "*")
    text = str(value).strip()
    if text in {"*", ""}:
        return name
    parts = [_caret(part.strip()) for part in text.split(",")]
    return f"{name}{','.join(parts)}"


def _caret(part: str) -> str:
    found = re.match(r"^([\^~])\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?", part)
    if not found:
        return part if part[:1] in "<>=!~" else f"=={part}"
    sign, major, minor, patch = found.group(1), *(int(one) if one else None for one in found.groups()[1:])
    floor = ".".join(str(one) for one in (major, minor, patch) if one is not None)
    if sign == "~":
        top = f"{major}.{(minor or 0) + 1}" if minor is not None else str((major or 0) + 1)
    elif major:
        top = str(major + 1)
    elif minor:
        top = f"0.{minor + 1}"
    else:
        top = f"0.0.{(patch or 0) + 1}" if patch is not None else "0.1" if minor is not None else "1"
    return f">={floor},<{top}"
