"""The backend's new packages, with floors that are true, in every manifest that somebody installs from.

What is declared already is left alone. Lock files are the package manager's to write, which is a follow-up.
"""

from __future__ import annotations

import re
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.fastapi import floors
from chatkit_integrator.frameworks.fastapi.inspecting.manifests import declared
from chatkit_integrator.frameworks.fastapi.transforms.package import has_own_file
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.syntax import requirements, toml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.profile import Backend, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

_BRINGS_ASYNCIO = re.compile(r"(?i)(sqlalchemy\[[^\]]*asyncio|fastapi-users\[[^\]]*sqlalchemy)")
_HASHED = "--hash="
_LOCK = {
    "uv": "uv sync",
    "poetry": "poetry lock && poetry install",
    "pdm": "pdm install",
    "pipenv": "pipenv install",
    "hatch": "hatch env prune",
    "flit": "flit install",
    "setuptools": "pip install -e .",
}


def wanted(profile: Profile, backend: Backend) -> tuple[str, ...]:
    """The packages that what we write imports."""
    found = [floors.CHATKIT, floors.AGENTS, floors.SQLALCHEMY]
    database = backend.database
    if has_own_file(backend):
        found.append(floors.AIOSQLITE)
        if database is not None and database.kind == "postgresql":
            found.append(floors.ASYNCPG)
    elif database is not None and database.kind == "postgresql":
        found.append(floors.ASYNCPG)
    else:
        found.append(floors.AIOSQLITE)
    if profile.contract.identity == "guest" or backend.auth.dependency is None:
        found.append(floors.PYJWT)
    return tuple(found)


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Add what is missing to each manifest."""
    backend = profile.backend
    if backend is None:
        return NotNeeded("there is no backend")
    packages = wanted(profile, backend)
    if backend.dependencies.path is None:
        return Refused("no manifest declares the backend's packages; install these and write them down.", "\n".join(packages))
    edits: list[Edit] = []
    complete: list[str] = []
    by_hand: list[str] = []
    left: list[FollowUp] = []
    for path in installed_from(backend.dependencies.manifests):
        missing = _missing(tree, path, packages)
        if not missing:
            complete.append(path)
        elif _HASHED in tree.text(path):
            by_hand.append(path)
            left.append(FollowUp(f"{path} lists a hash per package, so your package manager has to write it anew."))
        else:
            missing, told = _cap(tree, path, missing)
            left += told
            edited = _add(tree.text(path), path, missing)
            if edited is None:
                by_hand.append(path)
                left.append(FollowUp(f"Add the same packages to {path} by hand: {', '.join(packages)}."))
            else:
                edits.append(tree.edit(path, edited))
    if edits:
        paths = ", ".join(edit.path for edit in edits)
        return Edited(tuple(edits), f"Declare the backend's new packages in {paths}", (*left, _lock(backend)))
    if complete:
        return AlreadyThere(f"{', '.join(complete)} declares the packages")
    return Refused(f"{', '.join(by_hand)} cannot be edited with certainty; add these by hand.", "\n".join(packages))


def installed_from(manifests: Iterable[str]) -> tuple[str, ...]:
    """Manifests to write to: of a ``.in`` file and what is compiled from it, the ``.in`` file only."""
    paths = list(manifests)
    sources = {path.removesuffix(".in") for path in paths if path.endswith(".in")}
    return tuple(path for path in paths if path.removesuffix(".txt") not in sources or not path.endswith(".txt"))


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;@]", requirement.strip(), maxsplit=1)[0]).lower()


def _missing(tree: Tree, path: str, packages: Iterable[str]) -> list[str]:
    if path.endswith(("setup.py", "setup.cfg", ".yml", ".yaml")):
        text = tree.text(path).lower()
        return [one for one in packages if _name(one) not in text]
    lines = [text for _, text in declared(tree, (path,))]
    names = {_name(text) for text in lines}
    missing = [one for one in packages if _name(one) not in names]
    if any(_BRINGS_ASYNCIO.match(text) for text in lines):
        return [one for one in missing if one != floors.SQLALCHEMY]
    if "sqlalchemy" in names and "greenlet" not in names and floors.SQLALCHEMY in packages:
        missing.append(floors.GREENLET)
    return missing


def _cap(tree: Tree, path: str, missing: list[str]) -> tuple[list[str], list[FollowUp]]:
    """Keep what breaks beside the manifest's older packages below that, and say so."""
    told: list[FollowUp] = []
    for held in floors.ceilings([text for _, text in declared(tree, (path,))]):
        ceiling = held.ceiling
        why = f"{held.by} in {path} keeps {ceiling.held}, which {ceiling.package} {ceiling.breaks} breaks"
        if held.declared:
            told.append(FollowUp(f"{why}: hold {ceiling.package} below {ceiling.breaks}, or raise {held.raise_to}."))
        else:
            missing = [*missing, ceiling.requirement]
            told.append(FollowUp(f"{why}: {ceiling.requirement} is declared until you raise it to {held.raise_to}."))
    return missing, told


def _add(text: str, path: str, missing: list[str]) -> str | None:
    name = basename(path)
    if name.endswith((".txt", ".in")):
        return requirements.add(text, missing)
    if name == "pyproject.toml":
        data = toml.load(text, path)
        if "dependencies" in data.get("project", {}) or "poetry" not in data.get("tool", {}):
            return toml.add_to_array(text, path, ("project",), "dependencies", missing) if "project" in data else None
        return toml.add_to_table(text, path, ("tool", "poetry", "dependencies"), dict(map(_table_entry, missing)))
    if name == "Pipfile":
        return toml.add_to_table(text, path, ("packages",), dict(map(_table_entry, missing)))
    return None


def _table_entry(requirement: str) -> tuple[str, object]:
    found = re.fullmatch(r"([\w-]+)(?:\[([\w,]+)\])?(.*)", requirement)
    if found is None:
        return requirement, "*"
    name, extras, version = found.groups()
    return (name, {"extras": extras.split(","), "version": version}) if extras else (name, version)


def _lock(backend: Backend) -> FollowUp:
    manager = backend.dependencies.manager
    path = backend.dependencies.path or ""
    folder = dirname(path)
    command = _LOCK.get(manager, f"pip install -r {basename(path)}" if path.endswith(".txt") else f"pip install -r {path}")
    if path.endswith(".in"):
        command = f"pip-compile {basename(path)} && pip install -r {basename(path).removesuffix('.in')}.txt"
    return FollowUp(
        f"Install the backend's new packages with {manager}, which writes its lock file.",
        f"cd {folder} && {command}" if folder else command,
    )


TRANSFORM = Transform(
    id="fastapi.dependencies",
    summary="Declare the backend's new packages",
    checks=("CK29",),
    plan=plan,
    needs=("identity",),
)
