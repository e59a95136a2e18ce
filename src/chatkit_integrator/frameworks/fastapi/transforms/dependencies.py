"""The backend's new packages, with floors that are true, in every manifest that somebody installs from.

What is declared already is left alone. Lock files are the package manager's to write, which is a follow-up.
"""

from __future__ import annotations

import re
from posixpath import basename, dirname, join, normpath, split
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.fastapi.transforms.package import has_own_file, signed_by_the_site
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.reading import floors
from chatkit_integrator.reading.manifests import declared
from chatkit_integrator.syntax import requirements, toml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.model.edit import Edit
    from chatkit_integrator.model.profile import Backend, Dependencies, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

_BRINGS_ASYNCIO = re.compile(r"(?i)(sqlalchemy\[[^\]]*asyncio|fastapi-users\[[^\]]*sqlalchemy)")
_REQUIREMENTS = re.compile(r"require\w*[\w./-]*\.(txt|in)")
_HASHED = "--hash="
_LOCKING = ("uv", "poetry", "pdm", "pipenv")
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
    chatkit = floors.WITH_FILES if profile.contract.attachments else floors.CHATKIT
    found = [chatkit, floors.AGENTS, floors.SQLALCHEMY]
    database = backend.database
    if has_own_file(backend):
        found.append(floors.AIOSQLITE)
        if database is not None and database.kind == "postgresql":
            found.append(floors.ASYNCPG)
    elif database is not None and database.kind == "postgresql":
        found.append(floors.ASYNCPG)
    else:
        found.append(floors.AIOSQLITE)
    identity = signed_by_the_site(profile, backend)
    if identity is not None:
        found.append(floors.PYJWT)
    if identity == "jwks":
        found += [floors.CRYPTOGRAPHY, floors.HTTPX]
    if profile.contract.attachments:
        found.append(floors.MULTIPART)
    if backend.env_file is not None and not backend.env_file.is_loaded:
        found.append(floors.DOTENV)
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
    for path in installed_from(tree, backend.dependencies):
        missing = _missing(tree, path, packages)
        if not missing:
            complete.append(path)
        elif _HASHED in tree.text(path):
            by_hand.append(f"{path} lists a hash per package, so your package manager has to write it anew")
        else:
            capped, told = _cap(tree, path, missing)
            left += told
            edited = _add(tree.text(path), path, capped)
            if edited is None:
                by_hand.append(f"{path} cannot be edited with certainty: add {', '.join(missing)} to it by hand")
            else:
                edits.append(tree.edit(path, edited))
    left += [FollowUp(f"{reason}.") for reason in by_hand]
    if floors.admits_older(backend.requires_python, floors.OLDEST_PYTHON):
        left.append(
            FollowUp(
                f"The chat runs on Python {floors.OLDEST_PYTHON} or newer; {backend.dependencies.path} admits older ones "
                f"({backend.requires_python})."
            )
        )
    if edits:
        paths = ", ".join(edit.path for edit in edits)
        return Edited(tuple(edits), f"Declare the backend's new packages in {paths}", (*left, _lock(backend)))
    if complete:
        return AlreadyThere(f"{', '.join(complete)} declares the packages")
    return Refused(f"{'; '.join(by_hand)}.", "\n".join(packages))


def installed_from(tree: Tree, dependencies: Dependencies) -> tuple[str, ...]:
    """Manifests to write to: those that declare packages, and the deciding one.

    Of a ``.in`` file and what is compiled from it, it is the ``.in`` file only; of a requirements file and one that it takes in
    by ``-r``, the one that is taken in.
    """
    paths = dependencies.manifests
    sources = {path.removesuffix(".in") for path in paths if path.endswith(".in")}
    found = [path for path in paths if path.removesuffix(".txt") not in sources or not path.endswith(".txt")]
    found = [path for path in found if not set(_taken_in(tree, path)).intersection(found)] or found
    return tuple(path for path in found if path == dependencies.path or _declares(tree, path)) or tuple(found[:1])


def _taken_in(tree: Tree, path: str) -> tuple[str, ...]:
    """The requirements files that one takes in by ``-r``, and those that they take in."""
    found: dict[str, None] = {}
    waiting = [path]
    while waiting:
        one = waiting.pop()
        names = requirements.taken_in(tree.text(one)) if one.endswith((".txt", ".in")) else ()
        for other in (normpath(join(dirname(one), name)) for name in names):
            if other not in {path, *found} and not other.startswith("..") and tree.has(other):
                found[other] = None
                waiting.append(other)
    return tuple(found)


def _declares(tree: Tree, path: str) -> bool:
    """Whether a file declares packages itself: one that only sets up tools does not, nor one that reads a requirements file."""
    if path.endswith(("setup.py", "setup.cfg")):
        text = tree.text(path)
        return "install_requires" in text and _REQUIREMENTS.search(text) is None
    return path.endswith((".yml", ".yaml")) or bool(declared(tree, (path,)))


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;@]", requirement.strip(), maxsplit=1)[0]).lower()


def _missing(tree: Tree, path: str, packages: Iterable[str]) -> list[str]:
    if path.endswith(("setup.py", "setup.cfg", ".yml", ".yaml")):
        text = tree.text(path).lower()
        return [one for one in packages if _name(one) not in text]
    lines = [text for _, text in declared(tree, (path, *_taken_in(tree, path)))]
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
        project, poetry = data.get("project"), data.get("tool", {}).get("poetry", {})
        if "dependencies" in poetry and "dependencies" not in (project or {}):
            return toml.add_to_table(text, path, ("tool", "poetry", "dependencies"), dict(map(_table_entry, missing)))
        if project is None or "dependencies" in project.get("dynamic", ()):
            return None
        return toml.add_to_array(text, path, ("project",), "dependencies", missing)
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
    folder, name = split(backend.dependencies.path or "")
    command = _LOCK.get(manager, f"pip install -r {name}" if name.endswith(".txt") else "pip install -e .")
    if name.endswith(".in"):
        command = f"pip-compile {name} && pip install -r {name.removesuffix('.in')}.txt"
    locks = (
        f"{manager}, which writes its lock file" if manager in _LOCKING else "pip" if command.startswith("pip ") else manager
    )
    return FollowUp(f"Install the backend's new packages with {locks}.", f"cd {folder} && {command}" if folder else command)


TRANSFORM = Transform(
    id="fastapi.dependencies",
    summary="Declare the backend's new packages",
    checks=("CK29",),
    plan=plan,
    needs=("identity",),
)
