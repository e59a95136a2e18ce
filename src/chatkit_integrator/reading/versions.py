"""Which versions a backend runs with, and whether a pair of them is known not to work: the lock file says, else the manifest.

What is known is in ``floors``; nothing is asked of a network.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from posixpath import dirname, join
from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.errors import NotUtf8Error
from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading import floors, manifests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.tree import Tree

CHATKIT = "openai-chatkit"
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
_OWN = "the chat's own code"
_LOCKED = re.compile(r'^\[\[package\]\]\s*^name = "(?P<name>[^"]+)"\s*^version = "(?P<version>[^"]+)"', re.MULTILINE)
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*===?\s*(?P<version>[\w.+!-]+)$")


@dataclass(frozen=True)
class Broken:
    """A pair that is known not to work, and the lines that ask for it."""

    why: str
    places: tuple[Evidence, ...]


@dataclass(frozen=True)
class Versions:
    """``chatkit`` is where ChatKit's server is asked for, ``agents`` where the Agents SDK is."""

    chatkit: Evidence | None = None
    locked: bool = False
    broken: tuple[Broken, ...] = ()
    agents: Evidence | None = None
    agents_from_019: bool = False


def read(tree: Tree, path: str) -> Versions:
    """Read the versions that the module at ``path`` runs with."""
    folder = manifests.folder_of(tree, path)
    if folder is None:
        return Versions()
    known, _ = manifests.read(tree, folder)
    declared = manifests.declared(tree, known.manifests)
    lock = next((one for one in _locks(tree, folder) if CHATKIT in _text(tree, one)), None)
    versions = _locked(tree, lock) if lock is not None else {}
    versions = versions or {name: (version, place) for name, version, place in _pinned(tree, declared)}
    asked = next((_line(tree, manifest, CHATKIT) for manifest, text in declared if _name(text) == CHATKIT), None)
    place = versions[CHATKIT][1] if CHATKIT in versions else asked
    broken = [*_locked_pairs(versions), *(_declared(tree, declared, versions) if lock is None else ())]
    newer, agents = _agents(tree, declared, versions)
    return Versions(place, lock is not None, tuple(broken), agents, newer)


def _locks(tree: Tree, folder: str) -> Iterator[str]:
    while True:
        for name in _LOCKS:
            if tree.has(join(folder, name)):
                yield join(folder, name)
        if not folder:
            return
        folder = dirname(folder)


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.text(path)
    except (NotUtf8Error, FileNotFoundError):
        return ""


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _locked(tree: Tree, path: str) -> dict[str, tuple[str, Evidence]]:
    text = _text(tree, path)
    found: dict[str, tuple[str, Evidence]] = {}
    try:
        if path.endswith("Pipfile.lock"):
            data = cast("dict[str, Any]", json.loads(text)).get("default", {})
            named = [(name, str(one.get("version", "")).lstrip("=")) for name, one in data.items()]
        else:
            named = [(one["name"], one["version"]) for one in _LOCKED.finditer(text)]
    except (ValueError, AttributeError):
        return {}
    for name, version in named:
        found[_name(name)] = (version, Evidence(path, 1, name))
    for name in (*(one for pair in floors.PAIRS for one in (pair[0][0], pair[1][0])), CHATKIT):
        if name in found:
            found[name] = (found[name][0], _line(tree, path, name))
    return found


def _pinned(tree: Tree, declared: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str, Evidence]]:
    for manifest, text in declared:
        found = _PINNED.match(text)
        if found is not None:
            yield _name(found["name"]), found["version"], _line(tree, manifest, found["name"])


def _line(tree: Tree, path: str, word: str) -> Evidence:
    """The line that asks for a package, or locks it; comments and what others need do not count."""
    lines = _text(tree, path).splitlines()
    wanted = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.IGNORECASE)
    for number, line in enumerate(lines, 1):
        if word[:6] in line and wanted.search(line.replace("_", "-")) and not line.lstrip().startswith(("#", "{")):
            return Evidence(path, number, line.strip()[:200])
    return Evidence(path, 1, lines[0].strip()[:200] if lines else "")


def _locked_pairs(versions: Mapping[str, tuple[str, Evidence]]) -> Iterator[Broken]:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - not needed to start a server

    parsed: dict[str, Version] = {}
    for name, (version, _) in versions.items():
        try:
            parsed[name] = Version(version)
        except InvalidVersion:
            continue
    if CHATKIT in parsed and parsed[CHATKIT] < Version("0.0.2"):
        yield Broken(f"{CHATKIT} {parsed[CHATKIT]} is an empty package", (versions[CHATKIT][1],))
    for breaks, below in floors.PAIRS:
        (new, from_), (old, first, until) = breaks, below
        if new in parsed and old in parsed and parsed[new] >= Version(from_) and Version(first) <= parsed[old] < Version(until):
            why = f"{old} {parsed[old]} does not work with {new} {parsed[new]}"
            yield Broken(why, (versions[old][1], versions[new][1]))


def _declared(
    tree: Tree, declared: tuple[tuple[str, str], ...], versions: Mapping[str, tuple[str, Evidence]]
) -> Iterator[Broken]:
    for one in floors.conflicts(declared):
        if one.by != _OWN:
            place = _line(tree, one.manifest, _name(one.requirement))
            yield Broken(f"{one.requirement} cannot be met together with {one.by} ({one.needs})", (place,))
    for held in floors.ceilings(text for _, text in declared):
        if held.ceiling.package not in versions:
            manifest = next(path for path, text in declared if text == held.by)
            why = f"{held.by} holds {held.ceiling.held}, and {held.ceiling.package} {held.ceiling.breaks} or newer breaks it"
            yield Broken(why, (_line(tree, manifest, _name(held.by)),))


def _agents(
    tree: Tree, declared: tuple[tuple[str, str], ...], versions: Mapping[str, tuple[str, Evidence]]
) -> tuple[bool, Evidence | None]:
    """Whether the Agents SDK is, or will be, one from 0.19 on, and where that is said."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - not needed to start a server

    if "openai-agents" in versions:
        version, place = versions["openai-agents"]
        try:
            return Version(version) >= Version("0.19"), place
        except InvalidVersion:
            return False, place
    for name in ("openai-agents", CHATKIT):
        for manifest, text in declared:
            if _name(text) == name:
                held = floors.held_below([text], "openai-agents", "0.19")
                return held is None, _line(tree, manifest, name)
    return False, None
