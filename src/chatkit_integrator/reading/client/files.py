"""The sources of a site: what is where, what an import means, what a module gives away, and who imports it.

Only what is asked for is parsed: who imports whom is found by a look at the bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from chatkit_integrator.errors import OutsideRootError
from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.scripts import Scripts
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ast_grep_py import SgNode

    from chatkit_integrator.model.tree import Tree

PAGES = (".md", ".mdx")
DOCUMENT = ".html"
_SUFFIXES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_COMPILED = re.compile(r"\.[cm]?jsx?$")
_ENDS = ("", *_SUFFIXES, *(f"/index{suffix}" for suffix in _SUFFIXES))
_NO_DOCUMENT = re.compile(r"(^|/)(node_modules|dist|build|out|coverage|docs|specs|skills|history|\.[^/]+)/")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_INLINE = re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_NAMED = re.compile(rb"""(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*(?:/\*.*?\*/\s*)?['"]([^'"\n]+)['"]""")


@dataclass(frozen=True, slots=True)
class Export:
    """What a module gives away under a name: a node of its own, or a name of another module."""

    node: SgNode
    module: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """A local name of an imported thing; ``name`` is what it is called there, ``*`` for the whole module."""

    module: str
    name: str
    node: SgNode


@dataclass(eq=False, slots=True)
class Source:
    """One module, parsed. ``shown`` is its file as it is; ``text`` is the code in it, which is all of most files."""

    path: str
    text: str
    root: SgNode
    shown: str
    scopes: dict[SgNode, dict[str, object]] = field(default_factory=dict["SgNode", "dict[str, object]"])
    _exports: dict[str, Export] | None = None
    _imports: dict[str, Import] | None = None
    stars: list[str] = field(default_factory=list[str])
    _names: dict[str, list[SgNode]] | None = None

    def at(self, node: SgNode) -> Evidence:
        """The line of a node as evidence."""
        return self.line(node.range().start.line + 1)

    def line(self, number: int) -> Evidence:
        """A line as evidence."""
        lines = self.shown.splitlines()
        return Evidence(self.path, number, (lines[number - 1].strip() if 0 < number <= len(lines) else "")[:200])

    @property
    def imports(self) -> Mapping[str, Import]:
        """The names that import statements bind."""
        if self._imports is None:
            self._imports = dict(_imports(self.root))
        return self._imports

    @property
    def exports(self) -> Mapping[str, Export]:
        """What the module gives away by name; ``stars`` are the modules all of whose names it passes on."""
        if self._exports is None:
            self._exports = {}
            for name, export in _exports(self.root):
                if name == "*" and export.module is not None:
                    self.stars.append(export.module)
                else:
                    self._exports.setdefault(name, export)
        return self._exports

    def named(self, name: str) -> list[SgNode]:
        """Every place that an identifier of that name stands."""
        if self._names is None:
            self._names = {}
            for kind in ("identifier", "shorthand_property_identifier"):
                for node in self.root.find_all(kind=kind):
                    self._names.setdefault(node.text(), []).append(node)
        return self._names.get(name, [])


class Files:
    """The live sources below one folder, the root of a site's package, and what its imports mean.

    ``others`` are packages of the same repository that the site is made of: their names and folders.
    """

    def __init__(self, tree: Tree, root: str, others: Mapping[str, str] | None = None) -> None:
        self.tree = tree
        self.root = root
        self._others: Mapping[str, str] = others or {}
        self._all = frozenset(tree.paths)
        self._sources: dict[str, Source | None] = {}
        self._located: dict[str, str | None] = {}

    def has(self, path: str) -> bool:
        """Whether there is a file, below the site's root."""
        return join(self.root, path) in self._all

    def source(self, path: str) -> Source | None:
        """A module, parsed; ``None`` where there is none that can be read."""
        if path not in self._sources:
            text = javascript.text(self.tree, path)
            code = _scripts_alone(text) if text is not None and path.endswith(DOCUMENT) else text
            self._sources[path] = Source(path, code, tsx.root(code), text) if text is not None and code is not None else None
        return self._sources[path]

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every live source of the site, and the pages that may hold components."""
        folders = (self.root, *self._others.values())
        inside = [one for folder in folders for one in self.tree.under(folder, *_SUFFIXES) if javascript.is_live(one, folder)]
        inside += [one for one in self.tree.under(self.root, DOCUMENT) if not _NO_DOCUMENT.search(one)]
        return tuple(dict.fromkeys((*inside, *self.tree.under(self.root, *PAGES))))

    @property
    def has_document(self) -> bool:
        """Whether the site has HTML documents and no package of its own."""
        return not self.has("package.json") and any(one.endswith(DOCUMENT) for one in self.paths)

    def containing(self, *marks: bytes) -> Iterator[str]:
        """Live sources whose bytes hold any of ``marks``."""
        for path, body in self._bytes.items():
            if not path.endswith(PAGES) and any(mark in body for mark in marks):
                yield path

    @cached_property
    def _bytes(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for path in self.paths:
            try:
                content = self.tree.read(path)
            except OutsideRootError:
                continue
            if content is not None:
                found[path] = content.data
        return found

    @cached_property
    def _importers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path, body in self._bytes.items():
            if path.endswith(PAGES) and b"import " not in body:
                continue
            for module in dict.fromkeys(_NAMED.findall(body)):
                target = self.locate(path, module.decode("utf-8", "replace"))
                if target is not None:
                    found.setdefault(target, []).append(path)
        return found

    def importers(self, path: str) -> list[str]:
        """The files whose bytes import a module."""
        return self._importers.get(path, [])

    @cached_property
    def _aliases(self) -> list[tuple[str, str]]:
        found = list(Scripts(self.tree, self.root).aliases.items())
        usual = [("@site/*", self.root), ("@theme/*", join(self.root, "src/theme"))]
        usual += [(f"{mark}/*", join(self.root, folder)) for mark in ("@", "~") for folder in ("src", "", "app")]
        return [*found, *((alias, f"{folder}/*".lstrip("/")) for alias, folder in usual)]

    def locate(self, importer: str, module: str) -> str | None:
        """The file of the repository that an import means: relative, or through an alias."""
        if not module.startswith("."):
            if module not in self._located:
                found = (self._file(target) for target in self._targets(module))
                self._located[module] = next((one for one in found if one is not None), None)
            return self._located[module]
        return self._file(normpath(join(dirname(importer), module)))

    def _targets(self, module: str) -> Iterator[str]:
        for alias, target in self._aliases:
            if alias == module:
                yield target
            elif alias.endswith("*") and module.startswith(alias[:-1]):
                yield normpath(target.removesuffix("*") + module[len(alias) - 1 :])
        for name, folder in self._others.items():
            if module == name or module.startswith(f"{name}/"):
                inside = module[len(name) + 1 :]
                yield from (normpath(join(folder, start, inside)) for start in ("src", "", "lib", "src/components"))
        if not module.startswith("@"):
            yield from (normpath(join(self.root, folder, module)) for folder in ("", "src"))

    def _file(self, stem: str) -> str | None:
        stems = dict.fromkeys((stem, _COMPILED.sub("", stem)))
        for end in _ENDS:
            for path in (one + end for one in stems):
                if path in self._all and path.endswith(_SUFFIXES):
                    return path
        return None


def documents(tree: Tree, root: str, *marks: bytes) -> Iterator[str]:
    """HTML documents whose bytes hold any of ``marks``."""
    for path in tree.under(root, DOCUMENT):
        content = tree.read(path) if not _NO_DOCUMENT.search(path) else None
        if content is not None and any(mark in content.data for mark in marks):
            yield path


def _scripts_alone(text: str) -> str:
    """The scripts that an HTML document holds, on the lines where they stand, and nothing else of it."""
    shown = _COMMENT.sub(lambda one: _blank(one.group()), text)
    kept, end = "", 0
    for one in _INLINE.finditer(shown):
        kept += _blank(shown[end : one.start(1)]) + one.group(1)
        end = one.end(1)
    return kept + _blank(shown[end:])


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _imports(root: SgNode) -> Iterator[tuple[str, Import]]:
    for node in root.children():
        source = node.field("source") if node.kind() == "import_statement" else None
        if source is None:
            continue
        module = source.text()[1:-1]
        for one in node.find_all(kind="import_specifier"):
            name, alias = one.field("name"), one.field("alias")
            if name is not None:
                yield (alias or name).text(), Import(module, name.text(), node)
        for one in node.find_all(kind="namespace_import"):
            yield one.text().rpartition(" ")[2], Import(module, "*", node)
        for clause in node.find_all(kind="import_clause"):
            for one in clause.children():
                if one.kind() == "identifier":
                    yield one.text(), Import(module, "default", node)


def _exports(root: SgNode) -> Iterator[tuple[str, Export]]:
    for node in root.children():
        if node.kind() == "export_statement":
            yield from _exported(node)
        elif node.kind() == "expression_statement":
            yield from _common(node)


def _exported(node: SgNode) -> Iterator[tuple[str, Export]]:
    source, declared = node.field("source"), node.field("declaration")
    module = source.text()[1:-1] if source is not None else None
    if any(one.kind() == "default" for one in node.children()):
        value = declared or node.field("value")
        if value is not None:
            yield "default", Export(value)
        return
    if declared is not None:
        for one in (declared, *declared.find_all(kind="variable_declarator")):
            name = one.field("name")
            if name is not None and (one.kind() != "variable_declarator" or one.parent() == declared):
                yield name.text(), Export(one)
    for one in node.find_all(kind="export_specifier"):
        name, alias = one.field("name"), one.field("alias")
        if name is not None:
            yield (alias or name).text(), Export(name, module, name.text())
    if module is not None and any(one.kind() == "*" for one in node.children()):
        yield "*", Export(node, module, "*")


def _common(node: SgNode) -> Iterator[tuple[str, Export]]:
    """``module.exports = …`` and ``exports.name = …``."""
    given = node.child(0)
    left, right = (given.field("left"), given.field("right")) if given is not None else (None, None)
    if given is None or given.kind() != "assignment_expression" or left is None or right is None:
        return
    if left.text() == "module.exports":
        yield "default", Export(right)
        for name, value in javascript.properties(right) if right.kind() == "object" else ():
            yield name, Export(value)
    elif left.text().startswith(("exports.", "module.exports.")):
        yield left.text().rpartition(".")[2], Export(right)
