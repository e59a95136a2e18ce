"""package.json files of a repository: what they declare, which workspace they belong to, and who installs them.

Lenient where a file is only looked at; ``read`` is for the one that matters, and says what is wrong with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from posixpath import dirname, join
from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.errors import OutsideRootError, UnreadableError
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading.javascript import text
from chatkit_integrator.syntax import jsonc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chatkit_integrator.model.tree import Tree

LOCKS: Mapping[str, str] = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
_SAMPLE = re.compile(
    r"(^|/)(examples?|docs|documentation|templates?|samples?|fixtures|tests?|__tests__|e2e|\.claude|skills|specs|bench\w*)(/|$)"
)
_SECTIONS = ("peerDependencies", "optionalDependencies", "devDependencies", "dependencies")
_INSTALLS = re.compile(r"\b(pnpm|yarn|bun|npm)(?:\s+(?:install|ci|i|run|add|--frozen-lockfile|--immutable)\b)")


@dataclass(frozen=True)
class Manifest:
    """One package.json."""

    path: str
    text: str
    data: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """Its folder; empty at the root of the repository."""
        return dirname(self.path)

    @property
    def name(self) -> str:
        """The package's own name; empty without one."""
        return str(self.data.get("name") or "")

    @cached_property
    def declared(self) -> Mapping[str, str]:
        """Every package that it names, whatever for, with the version as written."""
        return {name: version for section in _SECTIONS for name, version in self.section(section).items()}

    def section(self, name: str) -> Mapping[str, str]:
        """One section: ``dependencies``, ``devDependencies`` …."""
        found = self.data.get(name)
        return {str(key): str(value) for key, value in cast("dict[str, Any]", found if isinstance(found, dict) else {}).items()}

    def line(self, key: str) -> int:
        """The line that a key stands on; 1 where it does not."""
        at = self.text.find(f'"{key}"')
        return self.text.count("\n", 0, at) + 1 if at >= 0 else 1


def read(tree: Tree, path: str) -> Manifest:
    """Read a package.json; raises where it is not there, not UTF-8 or no JSON."""
    body = tree.text(path)
    return Manifest(path, body, jsonc.load(body, path))


def look(tree: Tree, path: str) -> Manifest | None:
    """Read a package.json; ``None`` where that cannot be done."""
    try:
        return read(tree, path)
    except (FileNotFoundError, UnreadableError, OutsideRootError):
        return None


def is_sample(folder: str) -> bool:
    """Whether a folder is called what samples, documentation and tests are called."""
    return bool(_SAMPLE.search(folder))


def exists(tree: Tree, path: str) -> bool:
    """Whether there is a file of that path which belongs to the repository."""
    try:
        return tree.has(path)
    except OutsideRootError:
        return False


def ancestors(folder: str) -> Iterator[str]:
    """A folder and every one above it, up to the root of the repository (empty)."""
    while folder:
        yield folder
        folder = dirname(folder)
    yield ""


def workspace_root(tree: Tree, folder: str) -> str:
    """The folder of the workspace that ``folder`` belongs to; ``folder`` itself where it belongs to none."""
    for above in ancestors(folder):
        if above == folder:
            continue
        inside = folder.removeprefix(f"{above}/") if above else folder
        if _includes(_members(tree, above), inside):
            return above
    return folder


def _members(tree: Tree, folder: str) -> Sequence[str]:
    """The patterns of a workspace's members."""
    listed = text(tree, join(folder, "pnpm-workspace.yaml"))
    if listed is not None:
        return _yaml_list(listed)
    manifest = look(tree, join(folder, "package.json"))
    found: Any = manifest.data.get("workspaces") if manifest else None
    if isinstance(found, dict):
        found = cast("dict[str, Any]", found).get("packages")
    return [str(one) for one in cast("list[Any]", found)] if isinstance(found, list) else ()


def _yaml_list(body: str) -> list[str]:
    """The items under ``packages:``, in block or flow style; no more of YAML is needed here."""
    flow = re.search(r"^packages:[ \t]*\[([^\]]*)\]", body, re.MULTILINE)
    if flow is not None:
        return [one.strip().strip("'\"") for one in flow.group(1).split(",") if one.strip()]
    found: list[str] = []
    inside = False
    for written in body.splitlines():
        line = re.sub(r"(^|\s)#.*$", "", written).rstrip()
        if inside and line.lstrip().startswith("-"):
            found.append(line.lstrip()[1:].strip().strip("'\""))
        elif line:
            inside = line == "packages:"
    return found


def _includes(patterns: Sequence[str], inside: str) -> bool:
    included = False
    for pattern in patterns:
        wanted = pattern.lstrip("!").removeprefix("./").rstrip("/")
        if _matches(wanted.split("/"), inside.split("/")):
            included = not pattern.startswith("!")
    return included


def _matches(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(pattern[1:], parts[taken:]) for taken in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(pattern[1:], parts[1:])


def members(tree: Tree, manifest: Manifest) -> tuple[str, ...]:
    """Folders of the workspace's packages that a package is made of, its own left out."""
    root = workspace_root(tree, manifest.folder)
    if root == manifest.folder and not _members(tree, root):
        return ()
    known = {one.name: one for path in tree.named("package.json") if "node_modules/" not in path for one in _named(tree, path)}
    found: dict[str, None] = {}
    waiting = [manifest]
    while waiting:
        for name in waiting.pop().declared:
            one = known.get(name)
            if one is not None and one.folder != manifest.folder and one.folder not in found:
                found[one.folder] = None
                waiting.append(one)
    return tuple(found)


def _named(tree: Tree, path: str) -> Iterator[Manifest]:
    manifest = look(tree, path)
    if manifest is not None and manifest.name:
        yield manifest


@dataclass(frozen=True, slots=True)
class Installer:
    """Who installs a package. ``among`` has several names where nothing but a guess decides; ``name`` is then the best one."""

    name: str | None
    workspace_root: str
    lockfiles: tuple[str, ...]
    evidence: tuple[Location, ...]
    among: tuple[str, ...] = ()


def installer(tree: Tree, manifest: Manifest) -> Installer:
    """Find the package manager: declared in ``packageManager``, else by the lock files of the workspace or the folder."""
    folder = manifest.folder
    root = workspace_root(tree, folder)
    found = {
        above: [path for name in LOCKS for path in (join(above, name),) if exists(tree, path)] for above in ancestors(folder)
    }
    locks = tuple(path for above in dict.fromkeys((folder, root, *found)) for path in found[above])
    for above in ancestors(folder):
        one = manifest if above == folder else look(tree, join(above, "package.json"))
        declared = re.match(r"(npm|pnpm|yarn|bun)\b", str(one.data.get("packageManager") or "")) if one else None
        if one is not None and declared is not None:
            return Installer(declared.group(1), root, locks, (Location(one.path, one.line("packageManager")),))
    deciding = found[root] or found[folder] or next((paths for paths in found.values() if paths), list[str]())
    names = tuple(dict.fromkeys(LOCKS[path.rpartition("/")[2]] for path in deciding))
    evidence = tuple(Location(path, 1) for path in deciding)
    if len(names) > 1:
        return Installer(_best(tree, manifest, deciding, names), root, locks, evidence, names)
    if names:
        return Installer(names[0], root, locks, evidence)
    for above in dict.fromkeys((root, folder)):
        for name, manager in (("pnpm-workspace.yaml", "pnpm"), (".yarnrc.yml", "yarn"), ("bunfig.toml", "bun")):
            if exists(tree, join(above, name)):
                return Installer(manager, root, locks, (Location(join(above, name), 1),))
    return Installer(None, root, locks, ())


def _best(tree: Tree, manifest: Manifest, locks: Sequence[str], names: Sequence[str]) -> str:
    """The manager whose lock file knows every package that is declared, and whose commands are written down."""
    wanted = [name for section in ("dependencies", "devDependencies") for name in manifest.section(section)]
    missing = dict.fromkeys(names, 0)
    for path in locks:
        content = tree.read(path)
        if content is not None and not path.endswith(".lockb"):
            missing[LOCKS[path.rpartition("/")[2]]] += sum(name.encode() not in content.data for name in wanted)
    written = [manifest.text, *(_instructions(tree, manifest.folder))]
    used = {name: sum(found == name for body in written for found in _INSTALLS.findall(body)) for name in names}
    order = list(dict.fromkeys(LOCKS.values()))
    return min(names, key=lambda name: (missing[name], -used[name], order.index(name)))


def _instructions(tree: Tree, folder: str) -> Iterator[str]:
    for above in ancestors(folder):
        for name in ("Dockerfile", "Makefile", "README.md", "vercel.json"):
            body = text(tree, join(above, name))
            if body is not None:
                yield body
    for path in tree.under(".github/workflows", ".yml", ".yaml"):
        yield text(tree, path) or ""


def is_typescript(tree: Tree, manifest: Manifest) -> bool:
    """Whether a package is written in TypeScript: it has a tsconfig.json or depends on typescript."""
    return "typescript" in manifest.declared or exists(tree, join(manifest.folder, "tsconfig.json"))
