"""The live JavaScript and TypeScript sources of one site, and names followed from one to another.

A cheap look at the bytes comes before parsing; constants, imports, defaults and conditions are followed, nothing is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.errors import OutsideRootError, SyntaxRefusedError
from chatkit_integrator.reading import javascript, packages
from chatkit_integrator.syntax import jsonc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ast_grep_py import SgNode

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.packages import Manifest

_DEPTH = 6
_ENDS = ("", *javascript.SUFFIXES, *(f"/index{suffix}" for suffix in javascript.SUFFIXES))


@dataclass(frozen=True, slots=True)
class Script:
    """One source: where it is, and its text."""

    path: str
    text: str


class Scripts:
    """The live sources below ``root``, and below ``others``: packages of the same workspace that the site is made of.

    ``without`` are folders below the root that are programs of their own. ``declared`` are the packages that the site's
    manifest names, with their versions.
    """

    def __init__(
        self,
        tree: Tree,
        root: str,
        others: Iterable[str] = (),
        without: Iterable[str] = (),
        declared: Mapping[str, str] | None = None,
    ) -> None:
        self.tree = tree
        self.root = "" if root in {"", "."} else root
        self.declared: Mapping[str, str] = declared or {}
        self._folders = (self.root, *others)
        self._without = tuple(f"{one}/" for one in without)
        self._paths: tuple[str, ...] | None = None
        self._aliases: dict[str, str] | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of every live source."""
        if self._paths is None:
            self._paths = tuple(
                dict.fromkeys(
                    path
                    for folder in self._folders
                    for path in self.tree.under(folder, *javascript.SUFFIXES)
                    if javascript.is_live(path, folder) and not path.startswith(self._without)
                )
            )
        return self._paths

    def script(self, path: str) -> Script | None:
        """One source; ``None`` where there is none, or it is not UTF-8."""
        body = javascript.text(self.tree, path)
        return Script(path, body) if body is not None else None

    def containing(self, *marks: bytes, also: re.Pattern[bytes] | None = None) -> Iterator[Script]:
        """Sources whose bytes hold any of ``marks``, and ``also`` something that fits."""
        for path in self.paths:
            try:
                content = self.tree.read(path)
            except OutsideRootError:
                continue
            if content is None or not any(mark in content.data for mark in marks):
                continue
            if also is None or also.search(content.data):
                script = self.script(path)
                if script is not None:
                    yield script

    @property
    def aliases(self) -> Mapping[str, str]:
        """The path aliases of tsconfig.json or jsconfig.json, to the repository's own paths: ``@/*`` to ``web/src/*``."""
        if self._aliases is None:
            self._aliases = _aliases(self.tree, self.root)
        return self._aliases

    def locate(self, importer: str, module: str) -> str | None:
        """The file of the repository that an import means: relative, or through an alias."""
        for stem in self._stems(importer, module):
            without = re.sub(r"\.[cm]?jsx?$", "", stem)
            for end in _ENDS:
                for path in dict.fromkeys((stem + end, without + end)):
                    if (
                        path.endswith(javascript.SUFFIXES)
                        and not path.startswith("../")
                        and javascript.text(self.tree, path) is not None
                    ):
                        return path
        return None

    def package(self, module: str) -> str | None:
        """The folder of the workspace's package that an import means."""
        for folder in self._folders[1:]:
            manifest = packages.look(self.tree, join(folder, "package.json"))
            if manifest is not None and manifest.name and f"{module}/".startswith(f"{manifest.name}/"):
                return folder
        return None

    def _stems(self, importer: str, module: str) -> Iterator[str]:
        if module.startswith("."):
            yield normpath(join(dirname(importer), module))
            return
        for alias, target in self.aliases.items():
            if alias == module:
                yield target
            elif alias.endswith("*") and module.startswith(alias[:-1]):
                yield normpath(target.removesuffix("*") + module[len(alias) - 1 :])

    def definition(self, script: Script, name: str, depth: int = _DEPTH) -> tuple[Script, SgNode] | None:
        """Follow a name, through imports, to the expression it is set to."""
        value = javascript.constant(script.text, name)
        if value is not None:
            return script, value
        for one in javascript.imports(script.text) if depth > 0 else ():
            if name in one.names and one.names[name] not in {"*", "default"}:
                path = self.locate(script.path, one.module)
                inner = self.script(path) if path else None
                return self.definition(inner, one.names[name], depth - 1) if inner else None
        return None

    def object(self, script: Script, node: SgNode, depth: int = _DEPTH) -> tuple[Script, SgNode] | None:
        """The object literal that an expression is, or names."""
        node = javascript.plain(node)
        if node.kind() == "object":
            return script, node
        found = self._follow(script, node, depth)
        return self.object(*found, depth - 1) if found is not None and depth > 0 else None

    def texts(self, script: Script, node: SgNode | None, depth: int = _DEPTH) -> tuple[str, ...]:
        """Every string that an expression may be, as far as constants, imports, defaults and conditions tell."""
        if node is None or depth <= 0:
            return ()
        node = javascript.plain(node)
        found: tuple[str, ...] = ()
        match node.kind():
            case "string":
                found = (node.text()[1:-1],)
            case "template_string":
                parts = [one for one in node.children() if one.kind() != "`"]
                found = _joined([self._part(script, one, depth) for one in parts])
            case "ternary_expression":
                ends = (node.field("consequence"), node.field("alternative"))
                found = tuple(one for end in ends for one in self.texts(script, end, depth - 1))
            case "binary_expression":
                operator = node.field("operator")
                sides = [self.texts(script, node.field(side), depth - 1) for side in ("left", "right")]
                found = _joined(sides) if operator is not None and operator.text() == "+" else (*sides[0], *sides[1])
            case _:
                followed = self._follow(script, node, depth)
                found = self.texts(*followed, depth - 1) if followed is not None else ()
        return tuple(dict.fromkeys(found))

    def _part(self, script: Script, node: SgNode, depth: int) -> tuple[str, ...]:
        if node.kind() != "template_substitution":
            return (node.text(),)
        inner = next((one for one in node.children() if one.is_named()), None)
        return self.texts(script, inner, depth - 1)

    def _follow(self, script: Script, node: SgNode, depth: int) -> tuple[Script, SgNode] | None:
        if node.kind() in {"identifier", "shorthand_property_identifier"}:
            return self.definition(script, node.text(), depth)
        inner = node.field("object") if node.kind() == "member_expression" else None
        if inner is None or depth <= 0:
            return None
        holder = self.object(script, inner, depth - 1)
        value = javascript.property_value(holder[1], javascript.last_name(node)) if holder else None
        return (holder[0], value) if holder and value is not None else None


def _joined(parts: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple("".join(one) for one in product(*parts))


def _aliases(tree: Tree, root: str) -> dict[str, str]:
    for name in ("tsconfig.json", "jsconfig.json"):
        path = join(root, name)
        body = javascript.text(tree, path)
        if body is None:
            continue
        found = _paths(tree, path, body, _DEPTH)
        return found or {}
    return {}


def _paths(tree: Tree, path: str, body: str, depth: int) -> dict[str, str]:
    """The ``paths`` of a configuration, or of the one that it extends."""
    try:
        declared = jsonc.load(body, path)
    except SyntaxRefusedError:
        return {}
    options = cast("dict[str, Any]", declared.get("compilerOptions") or {})
    paths = cast("dict[str, list[str]] | None", options.get("paths"))
    if paths is not None:
        base = join(dirname(path), str(options.get("baseUrl", ".")))
        return {alias: normpath(join(base, targets[0])) for alias, targets in paths.items() if targets}
    extended = declared.get("extends")
    if isinstance(extended, str) and extended.startswith(".") and depth > 0:
        outer = normpath(join(dirname(path), extended))
        for place in (outer, f"{outer}.json"):
            inner = javascript.text(tree, place)
            if inner is not None:
                return _paths(tree, place, inner, depth - 1)
    return {}


def scripts_of(tree: Tree, manifest: Manifest) -> Scripts:
    """The sources of a site: its own, those of the workspace's packages that it is made of, no programs of their own."""
    inside = f"{manifest.folder}/" if manifest.folder else ""
    made_of = packages.members(tree, manifest)
    nested = [dirname(path) for path in tree.named("package.json") if path != manifest.path and path.startswith(inside)]
    return Scripts(tree, manifest.folder, made_of, [one for one in nested if one not in made_of], manifest.declared)
